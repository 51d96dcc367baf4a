import type { FactorySpec, TransformSpec } from '@lutra/core';
import type { CheckedFactory } from '@lutra/factory';

/** What the contract promises of an index of one spec, whoever builds it. */
export interface Traits {
  /** Training learns something; without it the index is trained from the start. */
  readonly trains: boolean;
  readonly minTrainRows: number;
  /** Training iterates over matrices: seconds where the others take milliseconds. */
  readonly trainsLong: boolean;
  /** The caller's ids are kept; the others count from 0 and renumber after a removal. */
  readonly keepsIds: boolean;
  /** Search parameters that the index stores. */
  readonly parameters: readonly ('nprobe' | 'kFactor' | 'efSearch')[];
  /** Inverted lists; 0 without an IVF. */
  readonly nlist: number;
  /**
   * With every list visited and every candidate refined, results are those of an exact search: over the vectors as they
   * are given, or scaled to length 1. Undefined for what compresses, projects or walks a graph.
   */
  readonly exact: 'given' | 'normalised' | undefined;
  /** Distances are those to what `reconstruct` gives, so one checks the other. */
  readonly distancesToReconstruction: boolean;
  /** Vectors come back by `reconstruct` as they went in. */
  readonly reconstructsExactly: boolean;
  /** Distances estimate the metric of the vectors as given. */
  readonly estimates: boolean;
}

/** The {@link Traits} of `checked`. */
export function traitsOf(checked: CheckedFactory): Traits {
  const { spec, minTrainRows, tokens } = checked;
  const kinds = tokens.map(({ kind }) => kind);
  const transforms = transformsOf(spec);
  const isometric = transforms.every(keepsDistances);
  const exact = exactness(spec);
  return {
    // a random rotation is drawn by training, though it looks at no row
    trains: tokens.some((token) => token.trains) || transforms.some((t) => t.kind === 'RandomRotation'),
    minTrainRows,
    trainsLong: kinds.some((kind) => ['Opq', 'Itq', 'AdditiveQuantizer', 'AdditiveFastScan'].includes(kind)),
    keepsIds: keepsIds(spec),
    parameters: parametersOf(spec),
    nlist: nlistOf(spec),
    exact,
    distancesToReconstruction: isometric && !kinds.some((kind) => ROUGH.includes(kind)),
    reconstructsExactly: exact === 'given',
    estimates: exact === 'given' || (isometric && !kinds.some((kind) => NO_ESTIMATE.includes(kind))),
  };
}

/** Distances of these are not those to a reconstruction: rounded tables, Hamming distances, bits. */
const ROUGH: readonly string[] = [
  'PqFastScan',
  'AdditiveFastScan',
  'RaBitQ',
  'RaBitQFastScan',
  'Lsh',
  'SpectralHash',
  'Eden',
  'AdditiveQuantizer',
  'Lattice',
  'TwoLayer',
  'RefinePanorama',
  'RowwiseMinMax',
  'RowwiseMinMaxFp16',
];
/**
 * Those of a bit a dimension are half off over few dimensions, and what is found is what looked nearer than it is; additive
 * FastScan leaves out the query's norm.
 */
const NO_ESTIMATE: readonly string[] = [
  'Lsh',
  'SpectralHash',
  'Lattice',
  'TwoLayer',
  'RaBitQ',
  'RaBitQFastScan',
  'AdditiveQuantizer',
  'AdditiveFastScan',
];

function transformsOf(spec: FactorySpec): readonly TransformSpec[] {
  switch (spec.kind) {
    case 'PreTransform':
      return [...spec.transforms, ...transformsOf(spec.base)];
    case 'IdMap':
    case 'IdMap2':
      return transformsOf(spec.base);
    // a refinement compares the vectors as given
    case 'RefineFlat':
      return [];
    case 'Refine':
    case 'RefinePanorama':
      return transformsOf(spec.refine);
    default:
      return [];
  }
}

/** Whether distances are the same before and after: rotations that drop nothing, and zeros behind. */
function keepsDistances(transform: TransformSpec): boolean {
  switch (transform.kind) {
    case 'HadamardRotation':
    case 'Pad':
      return true;
    case 'RandomRotation':
    case 'Opq':
      return transform.dOut === undefined;
    default:
      return false;
  }
}

function exactness(spec: FactorySpec): Traits['exact'] {
  switch (spec.kind) {
    case 'Flat':
    case 'FlatPanorama':
      return 'given';
    case 'IdMap':
    case 'IdMap2':
      return exactness(spec.base);
    case 'Ivf':
      return spec.codec.kind.startsWith('Flat') ? 'given' : undefined;
    case 'RefineFlat':
      return visitsAll(spec.base) ? 'given' : undefined;
    case 'Refine':
      return visitsAll(spec.base) ? exactness(spec.refine) : undefined;
    case 'PreTransform': {
      const base = exactness(spec.base);
      if (base === undefined || spec.transforms.every(keepsDistances)) return base;
      const rest = spec.transforms.filter((t) => t.kind !== 'L2Norm');
      return rest.every(keepsDistances) ? 'normalised' : undefined;
    }
    default:
      return undefined;
  }
}

/** Whether a search can be told to look at every vector. */
function visitsAll(spec: FactorySpec): boolean {
  switch (spec.kind) {
    case 'Hnsw':
    case 'Nsg':
      return false;
    case 'IdMap':
    case 'IdMap2':
    case 'PreTransform':
      return visitsAll(spec.base);
    default:
      return true;
  }
}

function keepsIds(spec: FactorySpec): boolean {
  switch (spec.kind) {
    case 'IdMap':
    case 'IdMap2':
      return true;
    case 'Ivf':
      // its second codes lie by id
      return spec.codec.kind !== 'PqR';
    case 'PreTransform':
      return keepsIds(spec.base);
    default:
      return false;
  }
}

function parametersOf(spec: FactorySpec): Traits['parameters'] {
  switch (spec.kind) {
    case 'IdMap':
    case 'IdMap2':
    case 'PreTransform':
      return parametersOf(spec.base);
    case 'RefineFlat':
    case 'Refine':
    case 'RefinePanorama':
      return [...parametersOf(spec.base), 'kFactor'];
    case 'Ivf':
      return [
        'nprobe',
        ...(spec.coarse.kind === 'Hnsw' ? (['efSearch'] as const) : []),
        ...(spec.codec.kind === 'PqR' ? (['kFactor'] as const) : []),
      ];
    case 'Hnsw':
      return ['efSearch'];
    default:
      return [];
  }
}

function nlistOf(spec: FactorySpec): number {
  switch (spec.kind) {
    case 'IdMap':
    case 'IdMap2':
    case 'PreTransform':
    case 'RefineFlat':
    case 'Refine':
    case 'RefinePanorama':
      return nlistOf(spec.base);
    case 'Ivf':
      return spec.coarse.kind === 'MultiIndex' ? 2 ** (2 * spec.coarse.nbits) : spec.nlist;
    default:
      return 0;
  }
}
