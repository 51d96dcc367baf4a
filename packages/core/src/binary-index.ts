import type { BinaryIndexData } from './binary-data.js';
import type { BinarySpec } from './binary-spec.js';
import type { RowSource } from './rows.js';
import type { IdSelector } from './selector.js';
import type { AddOptions, BackendRefusal, TrainOptions } from './vector-index.js';

/** The distance of a missing result of a binary index: the largest int32. */
export const MISSING_HAMMING = 2147483647;

/**
 * Vectors of bits given to an index, row-major `(n, d / 8)` bytes: one array, a re-readable source whose shape is
 * `[n, d / 8]`, or a stream of blocks of whole rows. Bit j of a vector is bit `j % 8`, lowest first, of byte `j >> 3`.
 */
export type BinaryRows = Uint8Array | RowSource<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * A nearest-neighbour index of vectors of bits under the Hamming distance, the number of bits that differ: the counterpart
 * of `VectorIndex`, with the same rules of what may overlap and the same errors.
 */
export interface BinaryIndex {
  /** Bits of a vector, a multiple of 8. */
  readonly d: number;
  /** Bytes of a vector, `d / 8`. */
  readonly codeSize: number;
  /** Vectors stored. */
  readonly ntotal: number;
  readonly isTrained: boolean;
  /** The parsed string; `formatBinaryFactory(index.spec)` gives it back. */
  readonly spec: BinarySpec;
  /** Name of the backend that serves this index. */
  readonly backend: string;
  /** Backends that were asked before it, and why they did not take it. */
  readonly refusals: readonly BackendRefusal[];
  /** The search parameters that the index stores (and its file keeps): used where a call gives none. */
  readonly parameters: BinaryParameters;

  /**
   * Learns the centroids of an IVF from `x`, `(n, d / 8)`; nothing for an index that does not train. Replaces earlier
   * training.
   * @throws LutraError `ARGUMENT` for fewer rows than centroids, `SHAPE`, `STATE` when vectors are stored, `ABORTED` (the
   *   index is then untrained)
   */
  train(x: BinaryRows, options?: TrainOptions): Promise<void>;
  /**
   * Stores `x`, `(n, d / 8)`, under the ids given or the next ones from `ntotal`.
   * @throws LutraError `STATE` before training, `SHAPE`, `ARGUMENT` for ids that the index cannot keep, `ABORTED`. After a
   *   failure the blocks added before it stay: `ntotal` says how many rows that is.
   */
  add(x: BinaryRows, options?: AddOptions): Promise<void>;
  /**
   * The k nearest stored vectors of each query of `x`, `(nq, d / 8)`; `x` is not kept and not modified.
   * @throws LutraError `STATE` before training, `SHAPE`, `ARGUMENT` for a parameter that the index does not have
   */
  search(x: Uint8Array, k: number, parameters?: BinarySearchParameters): Promise<BinarySearchResult>;
  /** {@link search} without a promise; only in-process backends have it. */
  searchSync?(x: Uint8Array, k: number, parameters?: BinarySearchParameters): BinarySearchResult;
  /** All stored vectors that differ in fewer than `radius` bits, in no order within a query. */
  rangeSearch(
    x: Uint8Array,
    radius: number,
    parameters?: BinarySearchParameters,
  ): Promise<BinaryRangeSearchResult>;
  /**
   * The stored vectors of `ids`, `(ids.length, d / 8)`.
   * @throws LutraError `ARGUMENT` for an id that is not stored
   */
  reconstruct(ids: ArrayLike<number>): Promise<Uint8Array>;
  /**
   * Removes the vectors selected and returns how many they were. Indexes that count from 0 (BFlat, BHashnxb) renumber what
   * follows; an IVF, a BHashb or an IDMap keeps its ids.
   * @throws LutraError `UNSUPPORTED` for a graph
   */
  removeIds(selector: IdSelector): Promise<number>;
  /**
   * Moves all vectors of `other`, which must be trained alike, into this index; `other` is empty afterwards.
   * @param options.addId - added to the ids that move, unless told `ntotal` for an index that counts from 0, else 0
   * @throws LutraError `ARGUMENT` for an index of another kind or training, `UNSUPPORTED` for a graph
   */
  mergeFrom(other: BinaryIndex, options?: { addId?: number }): Promise<void>;
  /** Forgets the vectors, keeps the training. */
  reset(): void;
  /**
   * Stores search parameters in the index, where its file keeps them.
   * @throws LutraError `ARGUMENT` for one that the index does not have or a value out of range
   */
  setParameters(parameters: BinaryParameters): void;
  /** The whole state as plain data; arrays may be views that hold until the next change. */
  toData(): BinaryIndexData;
  /** Frees memory; idempotent. */
  dispose(): void;
}

/** Search parameters that live in a binary index and its file. */
export interface BinaryParameters {
  /** Inverted lists visited, ≥ 1; more than nlist means all. */
  readonly nprobe?: number;
  /** Candidates an HNSW search keeps. */
  readonly efSearch?: number;
  /** Entries of a hash table are visited that differ from the query's in up to this many bits, ≥ 0. */
  readonly nflip?: number;
}

/** Parameters of one call; never shared state. One that the index does not have is an `ARGUMENT` error. */
export interface BinarySearchParameters extends BinaryParameters {
  /** Look only at these ids. */
  readonly filter?: IdSelector;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** `(nq, k)` row-major, nearest first. Missing results: label -1 with distance 2147483647. */
export interface BinarySearchResult {
  /** Bits that differ. */
  readonly distances: Int32Array;
  /** Safe integers, -1 for missing. */
  readonly labels: Float64Array;
  readonly nq: number;
  readonly k: number;
}

/** Results of query `i` are `[lims[i], lims[i + 1])` of `distances` and `labels`. */
export interface BinaryRangeSearchResult {
  /** `(nq + 1)`, ascending, from 0. */
  readonly lims: Float64Array;
  readonly distances: Int32Array;
  readonly labels: Float64Array;
}
