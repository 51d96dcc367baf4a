import type { ProductQuantizerData, Progress, TransformData } from '@lutra/core';
import type { Matmul } from '../linalg/index.js';

/** A map of vectors in front of an index. `x` is never kept and never modified. */
export interface VectorTransform {
  readonly dIn: number;
  readonly dOut: number;
  readonly isTrained: boolean;
  /** Whether {@link train} does anything; false for fixed maps and for matrices read from a file. */
  readonly trains: boolean;
  /**
   * Learns from `x`, `(n, dIn)` row-major; replaces earlier training, and leaves the transform untrained if it fails.
   * @throws LutraError `ARGUMENT` for too few rows or for NaN and infinities, `SHAPE`, `ABORTED`; `STATE` where the
   *   transform is untrained and cannot be trained
   */
  train(x: Float32Array, n: number, context: TrainContext): Promise<void>;
  /**
   * `x`, `(n, dIn)` row-major, mapped to a new `(n, dOut)` array.
   * @throws LutraError `STATE` before training, `SHAPE`
   */
  apply(x: Float32Array, n: number): Float32Array;
  /**
   * `y`, `(n, dOut)` row-major, mapped back to a new `(n, dIn)` array: the inverse where there is one, else the nearest
   * that the map can give back.
   * @throws LutraError `STATE` before training, `SHAPE`, `UNSUPPORTED` if the transform has no way back
   */
  reverse(y: Float32Array, n: number): Float32Array;
  /** The state; arrays are views that hold until the next training. */
  toData(): TransformData;
}

/** What a training is given besides the rows. */
export interface TrainContext {
  /** 1234 draws the very numbers that faiss draws; another seed moves each of faiss's fixed seeds by `seed - 1234`. */
  readonly seed: number;
  /** Only OPQ needs it. */
  readonly pq?: PqTools;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** The product quantizer that OPQ fits its rotation to. */
export interface PqTools {
  /**
   * k-means in each of the `M` column groups of `x`, `(n, d)`.
   * @returns `(M, 2 ** nbits, d / M)`
   */
  train(x: Float32Array, n: number, options: PqTrainOptions): Promise<Float32Array> | Float32Array;
  /** The nearest centroids of each row of `x`, `(n, d)`. @returns `(n, ceil(M · nbits / 8))` bytes */
  encode(pq: ProductQuantizerData, x: Float32Array, n: number): Promise<Uint8Array> | Uint8Array;
  /** The centroids that codes stand for. @returns `(n, d)` */
  decode(pq: ProductQuantizerData, codes: Uint8Array, n: number): Promise<Float32Array> | Float32Array;
}

/** How {@link PqTools.train} is to run. */
export interface PqTrainOptions {
  readonly d: number;
  readonly M: number;
  readonly nbits: number;
  /** k-means iterations. */
  readonly niter: number;
  readonly seed: number;
  /** More rows than this times `2 ** nbits` are subsampled. */
  readonly maxPointsPerCentroid: number;
  /** `(M, 2 ** nbits, d / M)` to start from, instead of random rows. */
  readonly initialCentroids?: Float32Array;
  readonly signal?: AbortSignal;
}

/** What a transform computes with. */
export interface TransformOptions {
  /** A faster matrix product than the plain one; float32 accumulation will do. */
  readonly matmul?: Matmul;
}
