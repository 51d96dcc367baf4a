import type {
  AdditiveFastScanSpec,
  AdditiveNorm,
  AdditiveQuantizerSpec,
  EdenSpec,
  PqFastScanSpec,
  PqSpec,
  RaBitQFastScanSpec,
  RaBitQSpec,
} from '@lutra/core';
import { LutraError } from '@lutra/core';
import { DEFAULT_BBS } from './parse-quantizer.js';

/** Options of a product quantizer. */
export interface PqOptions {
  /** Bits of each part's code; 8, or 4 with `fastScan`, which has no other width. */
  readonly bits?: number;
  /** 4-bit codes in blocks, searched through tables that stay in registers: `x4fs`. */
  readonly fastScan?: boolean;
  /** FastScan block size, a multiple of 32; 32. */
  readonly bbs?: number;
  /** False for `np`: leave the centroids in the order of k-means. True. Not with `fastScan`. */
  readonly polysemous?: boolean;
}

/** Options of a product quantizer in an IVF. */
export interface IvfPqOptions extends PqOptions {
  /** Encode what is left of a vector after its centroid: `x4fsr`. Without `fastScan` faiss always does. */
  readonly residual?: boolean;
}

/** Options of an additive quantizer. */
export interface AdditiveOptions {
  /** How the norm of a code is kept; `default` is no suffix. */
  readonly norm?: AdditiveNorm;
}

/** Options of an additive FastScan quantizer. */
export interface AdditiveFastScanOptions extends AdditiveOptions {
  /** Block size, a multiple of 32; 32. */
  readonly bbs?: number;
  /** In an IVF: encode the residual. */
  readonly residual?: boolean;
}

/** Codebooks of an additive quantizer: how many, of how many bits. */
export type CodebookRun = readonly [count: number, nbits: number];

function contradiction(what: string, value: unknown, expected: string): never {
  throw new LutraError('ARGUMENT', `factory: ${what}`, { argument: 'options', value, expected });
}

/** `PQ…` of options; `residual` is undefined outside an IVF. */
export function pqSpec(M: number, o: IvfPqOptions, inIvf: boolean): PqSpec | PqFastScanSpec {
  if (!inIvf && o.residual !== undefined) contradiction('residual needs an IVF', o, 'residual left out');
  if (o.fastScan === true) {
    if (o.bits !== undefined && o.bits !== 4) {
      contradiction(`fastScan has 4 bits, got ${o.bits}`, o, 'bits 4 or left out');
    }
    if (o.polysemous !== undefined) {
      contradiction('fastScan has no polysemous training', o, 'polysemous left out');
    }
    const bbs = o.bbs ?? DEFAULT_BBS;
    return { kind: 'PqFastScan', M, bbs, ...(inIvf && { residual: o.residual ?? false }) };
  }
  if (o.bbs !== undefined) contradiction('bbs is an option of fastScan', o, 'fastScan: true');
  if (o.residual !== undefined) contradiction('residual is an option of fastScan', o, 'fastScan: true');
  return { kind: 'Pq', M, nbits: o.bits ?? 8, polysemous: o.polysemous ?? true };
}

/** `RQ…` and the like of options. */
export function additiveSpec(
  quantizer: AdditiveQuantizerSpec['quantizer'],
  nsplits: number,
  parts: readonly CodebookRun[],
  o: AdditiveOptions,
): AdditiveQuantizerSpec {
  return { kind: 'AdditiveQuantizer', quantizer, nsplits, parts, norm: o.norm ?? 'default' };
}

/** `RQmx4fs` and the like of options. */
export function additiveFastScanSpec(
  quantizer: AdditiveFastScanSpec['quantizer'],
  nsplits: number,
  M: number,
  o: AdditiveFastScanOptions,
  inIvf: boolean,
): AdditiveFastScanSpec & { residual: boolean } {
  if (!inIvf && o.residual !== undefined) contradiction('residual needs an IVF', o, 'residual left out');
  const bbs = o.bbs ?? DEFAULT_BBS;
  const residual = (inIvf ? { residual: o.residual ?? false } : {}) as { residual: boolean };
  return { kind: 'AdditiveFastScan', quantizer, nsplits, M, bbs, norm: o.norm ?? 'default', ...residual };
}

/** Options of RaBitQ. */
export interface RaBitQOptions {
  /** 1 … 9; 1. */
  readonly bits?: number;
  /** The blocked form, `RaBitQfs`. */
  readonly fastScan?: boolean;
  /** FastScan block size, a multiple of 32; 32. */
  readonly bbs?: number;
}

/** `RaBitQ…` of options. */
export function raBitQSpec(o: RaBitQOptions): RaBitQSpec | RaBitQFastScanSpec {
  const nbits = o.bits ?? 1;
  if (o.fastScan === true) return { kind: 'RaBitQFastScan', nbits, bbs: o.bbs ?? DEFAULT_BBS };
  if (o.bbs !== undefined) contradiction('bbs is an option of fastScan', o, 'fastScan: true');
  return { kind: 'RaBitQ', nbits };
}

/** Options of EDEN. */
export interface EdenOptions {
  /** 1 … 8; 1. */
  readonly bits?: number;
  /** The scale that minimises the error instead of the unbiased one. */
  readonly biased?: boolean;
}

/** `EDEN…` of options. */
export function edenSpec(o: EdenOptions): EdenSpec {
  return { kind: 'Eden', nbits: o.bits ?? 1, biased: o.biased ?? false };
}
