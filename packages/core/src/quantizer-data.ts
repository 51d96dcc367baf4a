import type { Metric } from './metric.js';

/** faiss's QuantizerType, without `QT_`. */
export type ScalarQuantizerKind =
  | '8bit'
  | '4bit'
  | '8bit_uniform'
  | '4bit_uniform'
  | 'fp16'
  | '8bit_direct'
  | '6bit'
  | 'bf16'
  | '8bit_direct_signed'
  | '0bit'
  | '1bit_tqmse'
  | '2bit_tqmse'
  | '3bit_tqmse'
  | '4bit_tqmse'
  | '8bit_tqmse'
  | '2bit_tq'
  | '3bit_tq'
  | '4bit_tq'
  | '5bit_tq'
  | '1bit_eden'
  | '2bit_eden'
  | '3bit_eden'
  | '4bit_eden'
  | '5bit_eden'
  | '6bit_eden'
  | '7bit_eden'
  | '8bit_eden';

/** How a scalar quantizer's range was found. */
export type RangeStatistic = 'minmax' | 'meanstd' | 'quantiles' | 'optim';

/** faiss's ScalarQuantizer. */
export interface ScalarQuantizerFields {
  readonly qtype: ScalarQuantizerKind;
  readonly rangestat: RangeStatistic;
  readonly rangestatArg: number;
  readonly d: number;
  /** Bytes a code. */
  readonly codeSize: number;
  /**
   * What training found, empty before it and for types that need none. 8, 6 and 4 bits: `vmin` and `vdiff`, `(2, d)`, or
   * 2 values if uniform; tqmse and eden: `2^b` centroids and the `2^b - 1` boundaries between them; tq: the same of
   * `b - 1` bits, the two halves of a 64-bit seed as bit patterns, and the kind of projection.
   */
  readonly trained: Float32Array;
}

/** How an additive quantizer stores the norm that an L2 distance needs. */
export type AdditiveSearchType =
  | 'decompress'
  | 'LUT_nonorm'
  | 'norm_from_LUT'
  | 'norm_float'
  | 'norm_qint8'
  | 'norm_qint4'
  | 'norm_cqint8'
  | 'norm_cqint4'
  | 'norm_lsq2x4'
  | 'norm_rq2x4';

/** What the additive quantizers of faiss share. A code is the index of a row in each codebook, then the norm, LSB first. */
export interface AdditiveFields {
  readonly d: number;
  /** Codebooks. */
  readonly M: number;
  /** `(M)` bits of the index into each codebook. */
  readonly nbits: Float64Array;
  readonly isTrained: boolean;
  /** Rows of `d` floats (`d / nsplits` for product quantizers), `2 ** nbits[m]` of them for codebook m, one after another. */
  readonly codebooks: Float32Array;
  readonly searchType: AdditiveSearchType;
  readonly normMin: number;
  readonly normMax: number;
  /** The 256 (16 for cqint4) centroids of the norm, where the search type has such; else empty. */
  readonly normCentroids: Float32Array;
  /** The two tables of 16 of lsq2x4 and rq2x4; else empty. */
  readonly normTables: Float32Array;
}

/** ResidualQuantizer. */
export interface ResidualQuantizerData extends AdditiveFields {
  readonly kind: 'RQ';
  /** faiss's train_type, a set of bits. */
  readonly trainType: number;
  readonly maxBeamSize: number;
}

/** LocalSearchQuantizer, with what its training was told. */
export interface LocalSearchQuantizerData extends AdditiveFields {
  readonly kind: 'LSQ';
  readonly K: number;
  readonly trainIters: number;
  readonly encodeIlsIters: number;
  readonly trainIlsIters: number;
  readonly icmIters: number;
  readonly p: number;
  readonly lambd: number;
  readonly chunkSize: number;
  readonly randomSeed: number;
  readonly nperts: number;
  readonly updateCodebooksWithDouble: boolean;
}

/** ProductResidualQuantizer and ProductLocalSearchQuantizer: a quantizer for each of `nsplits` parts of a vector. */
export interface ProductAdditiveQuantizerData extends AdditiveFields {
  readonly kind: 'PRQ' | 'PLSQ';
  readonly nsplits: number;
  /** `nsplits` quantizers of `d / nsplits` components: RQ for PRQ, LSQ for PLSQ. */
  readonly quantizers: readonly (ResidualQuantizerData | LocalSearchQuantizerData)[];
}

/** An additive quantizer of any kind. */
export type AdditiveQuantizerFields =
  | ResidualQuantizerData
  | LocalSearchQuantizerData
  | ProductAdditiveQuantizerData;

/** RaBitQuantizer. */
export interface RaBitQuantizerData {
  readonly d: number;
  /** Bytes a code, with its factors. */
  readonly codeSize: number;
  readonly metric: Metric;
  /** Bits a dimension, 1 to 9. */
  readonly nbBits: number;
}

/** EDENQuantizer. */
export interface EdenQuantizerData {
  readonly d: number;
  /** Bytes a code, with its factors. */
  readonly codeSize: number;
  readonly metric: Metric;
  /** Bits a dimension, 1 to 8. */
  readonly bits: number;
  readonly scaleType: 'unbiased' | 'biased';
}
