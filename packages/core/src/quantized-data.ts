import type { IndexData, IndexHeader, ProductQuantizerData } from './data.js';
import type {
  AdditiveQuantizerFields,
  EdenQuantizerData,
  RaBitQuantizerData,
  ResidualQuantizerData,
  ScalarQuantizerFields,
} from './quantizer-data.js';
import type { TransformData } from './transform-data.js';

/** IndexScalarQuantizer: `codes` is `(ntotal, sq.codeSize)` bytes. */
export interface ScalarQuantizerData extends IndexHeader {
  readonly kind: 'ScalarQuantizer';
  readonly sq: ScalarQuantizerFields;
  readonly codes: Uint8Array;
}

/** Index{Residual, LocalSearch, ProductResidual, ProductLocalSearch}Quantizer. */
export interface AdditiveQuantizerData extends IndexHeader {
  readonly kind: 'AdditiveQuantizer';
  readonly aq: AdditiveQuantizerFields;
  readonly codeSize: number;
  /** `(ntotal, codeSize)` bytes. */
  readonly codes: Uint8Array;
}

/** What the FastScan forms of additive quantizers share. */
export interface AdditiveFastScanFields {
  readonly aq: AdditiveQuantizerFields;
  readonly implem: number;
  readonly bbs: number;
  readonly qbs: number;
  /** Codebooks, and for L2 two more for the norm. */
  readonly M: number;
  readonly nbits: number;
  readonly ksub: number;
  readonly codeSize: number;
  readonly M2: number;
  readonly rescaleNorm: boolean;
  readonly normScale: number;
  readonly maxTrainPoints: number;
}

/** Index{Residual, …}QuantizerFastScan: codes in blocks of `bbs` vectors, as in PqFastScan. */
export interface AdditiveFastScanData extends IndexHeader, AdditiveFastScanFields {
  readonly kind: 'AdditiveFastScan';
  readonly ntotal2: number;
  readonly codes: Uint8Array;
}

/** ResidualCoarseQuantizer: a coarse quantizer whose `ntotal` centroids are sums of codebook rows. */
export interface ResidualCoarseQuantizerData extends IndexHeader {
  readonly kind: 'ResidualCoarseQuantizer';
  readonly rq: ResidualQuantizerData;
  readonly beamFactor: number;
}

/** MultiIndexQuantizer: a coarse quantizer whose `2^(M · nbits)` centroids are the products of sub-centroids. */
export interface MultiIndexQuantizerData extends IndexHeader {
  readonly kind: 'MultiIndexQuantizer';
  readonly pq: ProductQuantizerData;
}

/** Index2Layer: the list's number in `codeSize1` bytes, then a PQ code of the residual. */
export interface TwoLayerData extends IndexHeader {
  readonly kind: 'TwoLayer';
  readonly quantizer: IndexData;
  readonly nlist: number;
  readonly quantizerTrainsAlone: number;
  readonly pq: ProductQuantizerData;
  readonly codeSize1: number;
  readonly codeSize2: number;
  readonly codeSize: number;
  /** `(ntotal, codeSize)` bytes. */
  readonly codes: Uint8Array;
}

/** IndexLSH. */
export interface LshData extends IndexHeader {
  readonly kind: 'Lsh';
  readonly nbits: number;
  readonly rotateData: boolean;
  readonly trainThresholds: boolean;
  /** `(nbits)` once they are trained, else empty. */
  readonly thresholds: Float32Array;
  readonly codeSize: number;
  /** A RandomRotation to `nbits` dimensions; empty if the data is not rotated. */
  readonly rotation: TransformData;
  /** `(ntotal, codeSize)` bytes. */
  readonly codes: Uint8Array;
}

/** IndexLattice, a codec without stored vectors. */
export interface LatticeData extends IndexHeader {
  readonly kind: 'Lattice';
  readonly nsq: number;
  readonly scaleNbit: number;
  readonly r2: number;
  readonly trained: Float32Array;
}

/** IndexRowwiseMinMax and IndexRowwiseMinMaxFP16. */
export interface RowwiseMinMaxData extends IndexHeader {
  readonly kind: 'RowwiseMinMax' | 'RowwiseMinMaxFp16';
  readonly base: IndexData;
}

/** IndexRefinePanorama. */
export interface RefinePanoramaData extends IndexHeader {
  readonly kind: 'RefinePanorama';
  readonly base: IndexData;
  readonly refine: IndexData;
  readonly kFactor: number;
}

/** IndexFlatL2Panorama and IndexFlatIPPanorama (by `metric`). */
export interface FlatPanoramaData extends IndexHeader {
  readonly kind: 'FlatPanorama';
  readonly nLevels: number;
  readonly batchSize: number;
  /** Batches of vectors; within a batch level after level. */
  readonly codes: Uint8Array;
  /** Batches of `(nLevels + 1, batchSize)` norms of what is behind a level. */
  readonly cumSums: Float32Array;
}

/** IndexRaBitQ. */
export interface RaBitQData extends IndexHeader {
  readonly kind: 'RaBitQ';
  readonly rabitq: RaBitQuantizerData;
  /** `(ntotal, rabitq.codeSize)` bytes. */
  readonly codes: Uint8Array;
  /** `(d)`, or empty before training. */
  readonly center: Float32Array;
  /** Bits of a query's component, 0 for floats. */
  readonly qb: number;
}

/** IndexRaBitQFastScan: blocks of `bbs` packed codes, each followed by the factors of its vectors. */
export interface RaBitQFastScanData extends IndexHeader {
  readonly kind: 'RaBitQFastScan';
  readonly rabitq: RaBitQuantizerData;
  readonly center: Float32Array;
  readonly qb: number;
  readonly bbs: number;
  readonly ntotal2: number;
  readonly M2: number;
  readonly codeSize: number;
  readonly codes: Uint8Array;
}

/** IndexEDEN. */
export interface EdenData extends IndexHeader {
  readonly kind: 'Eden';
  readonly eden: EdenQuantizerData;
  /** `(ntotal, eden.codeSize)` bytes. */
  readonly codes: Uint8Array;
  readonly center: Float32Array;
}
