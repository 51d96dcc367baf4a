import type {
  AdditiveFastScanSpec,
  AdditiveNorm,
  AdditiveQuantizerSpec,
  EdenSpec,
  PqFastScanSpec,
  PqSpec,
  RaBitQFastScanSpec,
  RaBitQSpec,
  ScalarQuantizerSpec,
} from '@lutra/core';
import { int, oneOf } from './format-fields.js';
import { DEFAULT_BBS, NORMS, SQ_TYPES } from './parse-quantizer.js';

export const sqText = (spec: ScalarQuantizerSpec): string => `SQ${oneOf(spec.qtype, SQ_TYPES, 'qtype')}`;

export function pqText(spec: PqSpec): string {
  const nbits = spec.nbits === 8 ? '' : `x${int(spec.nbits, 'nbits')}`;
  return `PQ${int(spec.M, 'M')}${nbits}${spec.polysemous ? '' : 'np'}`;
}

const bbsText = (bbs: number): string => (bbs === DEFAULT_BBS ? '' : `_${int(bbs, 'bbs')}`);
const residualText = (residual: boolean | undefined): string => (residual === true ? 'r' : '');

export function pqFastScanText(spec: PqFastScanSpec & { readonly residual?: boolean }): string {
  return `PQ${int(spec.M, 'M')}x4fs${residualText(spec.residual)}${bbsText(spec.bbs)}`;
}

const normText = (norm: AdditiveNorm): string =>
  norm === 'default' ? '' : `_N${oneOf(norm, NORMS, 'norm')}`;

const QUANTIZERS = ['RQ', 'RCQ', 'LSQ', 'LSCQ', 'PRQ', 'PLSQ'] as const;

function additiveHead(spec: AdditiveQuantizerSpec | AdditiveFastScanSpec): string {
  const quantizer = oneOf(spec.quantizer, QUANTIZERS, 'quantizer');
  return quantizer === 'PRQ' || quantizer === 'PLSQ'
    ? `${quantizer}${int(spec.nsplits, 'nsplits')}x`
    : quantizer;
}

export function additiveText(spec: AdditiveQuantizerSpec): string {
  const parts = spec.parts.map(([count, nbits]) => `${int(count, 'parts')}x${int(nbits, 'parts')}`);
  return additiveHead(spec) + parts.join('_') + normText(spec.norm);
}

export function additiveFastScanText(spec: AdditiveFastScanSpec & { readonly residual?: boolean }): string {
  const tail = residualText(spec.residual) + bbsText(spec.bbs) + normText(spec.norm);
  return `${additiveHead(spec)}${int(spec.M, 'M')}x4fs${tail}`;
}

const bitsText = (nbits: number): string => (nbits === 1 ? '' : int(nbits, 'nbits'));

export const raBitQText = (spec: RaBitQSpec): string => `RaBitQ${bitsText(spec.nbits)}`;

export const raBitQFastScanText = (spec: RaBitQFastScanSpec): string =>
  `RaBitQfs${bitsText(spec.nbits)}${bbsText(spec.bbs)}`;

export const edenText = (spec: EdenSpec): string =>
  `EDEN${bitsText(spec.nbits)}${spec.biased ? 'BIASED' : ''}`;
