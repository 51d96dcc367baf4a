import type {
  CoarseSpec,
  CodecSpec,
  FactorySpec,
  HnswSpec,
  SpectralHashSpec,
  TransformSpec,
  TwoLayerSpec,
} from '@lutra/core';
import { int, oneOf, optional, refuse } from './format-fields.js';
import {
  additiveFastScanText,
  additiveText,
  edenText,
  pqFastScanText,
  pqText,
  raBitQFastScanText,
  raBitQText,
  sqText,
} from './format-quantizer.js';
import { DEFAULT_LEVELS } from './parse-graph.js';
import { DEFAULT_PERIOD, parsePeriod } from './parse-ivf.js';
import { INT32_MAX } from './syntax-fault.js';

/** The text of one transform, without its comma. */
export function transformText(t: TransformSpec): string {
  switch (t.kind) {
    case 'Pca':
      return `PCA${t.whiten ? 'W' : ''}${t.rotate ? 'R' : ''}${int(t.dOut, 'dOut')}`;
    case 'L2Norm':
      return 'L2norm';
    case 'RandomRotation':
      return `RR${optional(t.dOut, 'dOut')}`;
    case 'HadamardRotation':
      return `HR${optional(t.seed, 'seed')}`;
    case 'Itq':
      return `ITQ${optional(t.dOut, 'dOut')}`;
    case 'Opq':
      return `OPQ${int(t.M, 'M')}${optional(t.dOut, 'dOut', '_')}`;
    case 'Pad':
      return `Pad${int(t.dOut, 'dOut')}`;
    default:
      return refuse('kind', (t as { kind?: unknown })?.kind, 'a transform');
  }
}

/** The text of a number of lists; one beyond 32 bits needs a `k` or `M`. */
export function nlistText(nlist: number): string {
  if (nlist <= INT32_MAX) return int(nlist, 'nlist');
  for (const [unit, letter] of [
    [1024, 'k'],
    [1024 * 1024, 'M'],
  ] as const) {
    if (nlist % unit === 0 && nlist / unit <= INT32_MAX) return `${nlist / unit}${letter}`;
  }
  return refuse('nlist', nlist, `up to ${INT32_MAX}, or that many times 1024 or 1048576`);
}

/** What follows `IVFn` of a coarse quantizer that needs no parentheses. */
export function coarseText(coarse: Exclude<CoarseSpec, { kind: 'MultiIndex' | 'Index' }>): string {
  switch (coarse.kind) {
    case 'Flat':
      return '';
    case 'Hnsw':
      return `_HNSW${int(coarse.M, 'M')}`;
    case 'Nsg':
      return `_NSG${int(coarse.R, 'R')}`;
    default:
      return refuse('coarse', (coarse as { kind?: unknown })?.kind, 'Flat, Hnsw, Nsg, Index or MultiIndex');
  }
}

/** The text of an IVF's codec. */
export function codecText(codec: CodecSpec): string {
  switch (codec.kind) {
    case 'Flat':
    case 'FlatDedup':
      return codec.kind;
    case 'FlatPanorama':
      return `FlatPanorama${levelsText(codec.levels)}${optional(codec.batch, 'batch', '_')}`;
    case 'PqR':
      return `PQ${int(codec.M, 'M')}+${int(codec.refineM, 'refineM')}`;
    case 'SpectralHash':
      return spectralHashText(codec);
    default:
      return quantizerText(codec) ?? refuse('kind', (codec as { kind?: unknown })?.kind, 'a codec');
  }
}

const levelsText = (levels: number): string => (levels === DEFAULT_LEVELS ? '' : int(levels, 'levels'));

/** The text of what can stand alone as well as in an IVF. */
function quantizerText(spec: CodecSpec | FactorySpec): string | undefined {
  switch (spec.kind) {
    case 'ScalarQuantizer':
      return sqText(spec);
    case 'Pq':
      return pqText(spec);
    case 'PqFastScan':
      return pqFastScanText(spec);
    case 'AdditiveQuantizer':
      return additiveText(spec);
    case 'AdditiveFastScan':
      return additiveFastScanText(spec);
    case 'RaBitQ':
      return raBitQText(spec);
    case 'RaBitQFastScan':
      return raBitQFastScanText(spec);
    case 'Eden':
      return edenText(spec);
    default:
      return undefined;
  }
}

const HASH_TRANSFORMS = { Itq: 'ITQ', Pca: 'PCA', PcaRotated: 'PCAR' } as const;
const THRESHOLDS = { global: '', centroid: 'c', median: 'm' } as const;

function spectralHashText(spec: SpectralHashSpec): string {
  const transform = oneOf(spec.transform, ['Itq', 'Pca', 'PcaRotated'], 'transform');
  const threshold = oneOf(spec.threshold, ['global', 'centroid', 'median'], 'threshold');
  const head = HASH_TRANSFORMS[transform] + optional(spec.nbits, 'nbits');
  const period = spec.period === DEFAULT_PERIOD ? '' : periodText(spec.period);
  return `${head},SH${period}${THRESHOLDS[threshold]}`;
}

/** faiss's alphabet of a period has no plus sign. */
function periodText(period: number): string {
  const text = Object.is(period, -0) ? '-0' : String(period).replace('+', '');
  const read = typeof period === 'number' && Number.isFinite(period) ? parsePeriod(text) : undefined;
  if (!Object.is(read, period)) refuse('period', period, 'a number in the range of float32');
  return text;
}

/** The text of an index that holds no other, or undefined for one that does. */
export function leafText(spec: FactorySpec): string | undefined {
  switch (spec.kind) {
    case 'Flat':
      return 'Flat';
    case 'FlatPanorama': {
      const metric = oneOf(spec.metric, ['l2', 'ip'], 'metric').toUpperCase();
      return `Flat${metric}Panorama${int(spec.levels, 'levels')}${optional(spec.batch, 'batch', '_')}`;
    }
    case 'Lsh':
      return `LSH${optional(spec.nbits, 'nbits')}${spec.rotate ? 'r' : ''}${spec.trainThresholds ? 't' : ''}`;
    case 'Lattice':
      return `ZnLattice${int(spec.nsq, 'nsq')}x${int(spec.r2, 'r2')}_${int(spec.scaleNbits, 'scaleNbits')}`;
    case 'TwoLayer': {
      const nbits = spec.nbits === 8 ? '' : `x${int(spec.nbits, 'nbits')}`;
      return `Residual${layerText(spec.coarse)},PQ${int(spec.M, 'M')}${nbits}`;
    }
    case 'Hnsw':
      return withStorage(`HNSW${int(spec.M, 'M')}`, storageText(spec.storage));
    case 'Nsg':
      return withStorage(`NSG${int(spec.R, 'R')}`, storageText(spec.storage));
    default:
      return quantizerText(spec);
  }
}

function layerText(coarse: TwoLayerSpec['coarse']): string {
  return coarse.kind === 'Flat'
    ? int(coarse.nlist, 'nlist')
    : `${int(coarse.M, 'M')}x${int(coarse.nbits, 'nbits')}`;
}

const withStorage = (graph: string, storage: string): string =>
  storage === '' ? graph : `${graph},${storage}`;

function storageText(storage: HnswSpec['storage']): string {
  switch (storage.kind) {
    case 'Flat':
      return '';
    case 'FlatPanorama':
      return `FlatPanorama${levelsText(storage.levels)}`;
    case 'Pq':
      return pqText(storage);
    case 'ScalarQuantizer':
      return sqText(storage);
    case 'TwoLayer':
      return `${layerText(storage.coarse)}+PQ${optional(storage.M, 'M')}`;
    default:
      return refuse(
        'storage',
        (storage as { kind?: unknown })?.kind,
        'Flat, FlatPanorama, Pq, ScalarQuantizer or TwoLayer',
      );
  }
}
