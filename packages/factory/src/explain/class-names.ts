import type { CodecSpec, FactorySpec, HnswSpec, Metric, TransformSpec } from '@lutra/core';

const ADDITIVE = {
  RQ: 'ResidualQuantizer',
  RCQ: 'ResidualCoarseQuantizer',
  LSQ: 'LocalSearchQuantizer',
  LSCQ: 'LocalSearchCoarseQuantizer',
  PRQ: 'ProductResidualQuantizer',
  PLSQ: 'ProductLocalSearchQuantizer',
} as const;

const STORAGE: Readonly<Record<HnswSpec['storage']['kind'], string>> = {
  Flat: 'Flat',
  FlatPanorama: 'FlatPanorama',
  Pq: 'PQ',
  ScalarQuantizer: 'SQ',
  TwoLayer: '2Level',
};

const INDEXES: Readonly<Partial<Record<FactorySpec['kind'], string>>> = {
  IdMap: 'IndexIDMap',
  IdMap2: 'IndexIDMap2',
  RefineFlat: 'IndexRefineFlat',
  RefinePanorama: 'IndexRefinePanorama',
  RowwiseMinMax: 'IndexRowwiseMinMax',
  RowwiseMinMaxFp16: 'IndexRowwiseMinMaxFP16',
  PreTransform: 'IndexPreTransform',
  TwoLayer: 'Index2Layer',
  Lsh: 'IndexLSH',
  Lattice: 'IndexLattice',
  ScalarQuantizer: 'IndexScalarQuantizer',
  Pq: 'IndexPQ',
  PqFastScan: 'IndexPQFastScan',
  RaBitQ: 'IndexRaBitQ',
  RaBitQFastScan: 'IndexRaBitQFastScan',
  Eden: 'IndexEDEN',
};

/** faiss's class of the outermost index of `spec`. */
export function classOf(spec: FactorySpec, metric: Metric): string {
  switch (spec.kind) {
    case 'Flat':
      return flatClass(metric);
    case 'FlatPanorama':
      return `IndexFlat${spec.metric.toUpperCase()}Panorama`;
    case 'Refine':
      return spec.refine.kind === 'Flat' ? 'IndexRefineFlat' : 'IndexRefine';
    case 'Ivf':
      return codecClass(spec.codec);
    case 'Hnsw':
      return `IndexHNSW${STORAGE[spec.storage.kind]}`;
    case 'Nsg':
      return `IndexNSG${STORAGE[spec.storage.kind]}`;
    case 'AdditiveQuantizer': {
      const isCoarse = spec.quantizer === 'RCQ' || spec.quantizer === 'LSCQ';
      return `${isCoarse ? '' : 'Index'}${ADDITIVE[spec.quantizer]}`;
    }
    case 'AdditiveFastScan':
      return `Index${ADDITIVE[spec.quantizer]}FastScan`;
    default:
      return INDEXES[spec.kind] ?? spec.kind;
  }
}

/** faiss's class of an exact index; l2 and ip have one of their own. */
export function flatClass(metric: Metric): string {
  return metric === 'l2' ? 'IndexFlatL2' : metric === 'ip' ? 'IndexFlatIP' : 'IndexFlat';
}

const CODECS: Readonly<Partial<Record<CodecSpec['kind'], string>>> = {
  Flat: 'Flat',
  FlatDedup: 'FlatDedup',
  FlatPanorama: 'FlatPanorama',
  ScalarQuantizer: 'ScalarQuantizer',
  Pq: 'PQ',
  PqR: 'PQR',
  PqFastScan: 'PQFastScan',
  SpectralHash: 'SpectralHash',
  RaBitQ: 'RaBitQ',
  RaBitQFastScan: 'RaBitQFastScan',
  Eden: 'EDEN',
};

function codecClass(codec: CodecSpec): string {
  if (codec.kind === 'AdditiveQuantizer') return `IndexIVF${ADDITIVE[codec.quantizer]}`;
  if (codec.kind === 'AdditiveFastScan') return `IndexIVF${ADDITIVE[codec.quantizer]}FastScan`;
  return `IndexIVF${CODECS[codec.kind]}`;
}

const TRANSFORMS: Readonly<Record<TransformSpec['kind'], string>> = {
  Pca: 'PCAMatrix',
  L2Norm: 'NormalizationTransform',
  RandomRotation: 'RandomRotationMatrix',
  HadamardRotation: 'HadamardRotation',
  Itq: 'ITQTransform',
  Opq: 'OPQMatrix',
  Pad: 'RemapDimensionsTransform',
};

/** faiss's class of a transform. */
export const transformClass = (t: TransformSpec): string => TRANSFORMS[t.kind];
