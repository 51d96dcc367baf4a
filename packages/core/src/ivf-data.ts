import type { IndexData, IndexHeader, IvfFields, IvfPqData, ProductQuantizerData } from './data.js';
import type { AdditiveFastScanFields } from './quantized-data.js';
import type {
  AdditiveQuantizerFields,
  EdenQuantizerData,
  RaBitQuantizerData,
  ScalarQuantizerFields,
} from './quantizer-data.js';
import type { TransformData } from './transform-data.js';

/** IndexIVFFlatDedup. */
export interface IvfFlatDedupData extends IndexHeader, IvfFields {
  readonly kind: 'IvfFlatDedup';
  /** `(n, 2)`: the id in the lists, the id of a vector equal to it. */
  readonly instances: BigInt64Array;
}

/** IndexIVFScalarQuantizer. */
export interface IvfScalarQuantizerData extends IndexHeader, IvfFields {
  readonly kind: 'IvfScalarQuantizer';
  readonly sq: ScalarQuantizerFields;
  readonly codeSize: number;
  readonly byResidual: boolean;
}

/** IndexIVFPQR: an IVFPQ with a second product quantizer that re-ranks. */
export interface IvfPqrData extends Omit<IvfPqData, 'kind'> {
  readonly kind: 'IvfPqr';
  readonly refinePq: ProductQuantizerData;
  /** `(ntotal, refine code size)` bytes, by id. */
  readonly refineCodes: Uint8Array;
  readonly kFactor: number;
}

/** IndexIVF{Residual, LocalSearch, ProductResidual, ProductLocalSearch}Quantizer. */
export interface IvfAdditiveQuantizerData extends IndexHeader, IvfFields {
  readonly kind: 'IvfAdditiveQuantizer';
  readonly codeSize: number;
  readonly aq: AdditiveQuantizerFields;
  readonly byResidual: boolean;
  readonly usePrecomputedTable: number;
}

/** IndexIVF{Residual, …}QuantizerFastScan; its lists are in blocks. */
export interface IvfAdditiveFastScanData extends IndexHeader, IvfFields, AdditiveFastScanFields {
  readonly kind: 'IvfAdditiveFastScan';
  readonly byResidual: boolean;
  readonly qbs2: number;
}

/** IndexIVFSpectralHash. */
export interface IvfSpectralHashData extends IndexHeader, IvfFields {
  readonly kind: 'IvfSpectralHash';
  readonly transform: TransformData;
  readonly nbit: number;
  readonly period: number;
  readonly thresholdType: 'global' | 'centroid' | 'centroid_half' | 'median';
  readonly trained: Float32Array;
}

/** IndexIVFIndependentQuantizer: an IVF behind a quantizer of the vectors before their transform. */
export interface IvfIndependentQuantizerData extends IndexHeader {
  readonly kind: 'IvfIndependentQuantizer';
  readonly quantizer: IndexData;
  readonly transform: TransformData | null;
  readonly base: IndexData;
  /** Only beside an IvfPq, else 0. */
  readonly usePrecomputedTable: number;
}

/** IndexIVFFlatPanorama. */
export interface IvfFlatPanoramaData extends IndexHeader, IvfFields {
  readonly kind: 'IvfFlatPanorama';
  readonly nLevels: number;
  readonly batchSize: number;
}

/** IndexIVFRaBitQ. */
export interface IvfRaBitQData extends IndexHeader, IvfFields {
  readonly kind: 'IvfRaBitQ';
  readonly rabitq: RaBitQuantizerData;
  readonly codeSize: number;
  readonly byResidual: boolean;
  readonly qb: number;
}

/** IndexIVFRaBitQFastScan; its lists are in blocks. */
export interface IvfRaBitQFastScanData extends IndexHeader, IvfFields {
  readonly kind: 'IvfRaBitQFastScan';
  readonly rabitq: RaBitQuantizerData;
  readonly byResidual: boolean;
  readonly codeSize: number;
  readonly bbs: number;
  readonly qbs2: number;
  readonly M2: number;
  readonly implem: number;
  readonly qb: number;
  readonly centered: boolean;
}

/** IndexIVFEDEN. */
export interface IvfEdenData extends IndexHeader, IvfFields {
  readonly kind: 'IvfEden';
  readonly eden: EdenQuantizerData;
  readonly codeSize: number;
  readonly byResidual: boolean;
}
