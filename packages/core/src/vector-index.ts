import type { IndexData } from './data.js';
import type { Metric } from './metric.js';
import type { Rows } from './rows.js';
import type { IdSelector } from './selector.js';
import type { FactorySpec } from './spec.js';

/**
 * A nearest-neighbour index, whoever serves it.
 *
 * Calls that change an index (`train add removeIds mergeFrom reset setParameters`) must not overlap with each other or
 * with a search; overlapping is a `STATE` error. Searches may overlap. After `dispose` every call is a `STATE` error.
 */
export interface VectorIndex {
  /** Dimension of the vectors given to it. */
  readonly d: number;
  readonly metric: Metric;
  /** Vectors stored. */
  readonly ntotal: number;
  readonly isTrained: boolean;
  /** The parsed factory string; `formatFactory(index.spec)` gives the string back. */
  readonly spec: FactorySpec;
  /** Name of the backend that serves this index. */
  readonly backend: string;
  /** Backends that were asked before it, and why they did not take it. Empty when it was made directly. */
  readonly refusals: readonly BackendRefusal[];
  /** The search parameters that the index stores (and its file keeps): used where a call gives none. */
  readonly parameters: StoredParameters;

  /**
   * Learns centroids, codebooks and matrices from `x`, row-major `(n, d)`. Replaces earlier training.
   * @throws LutraError `ARGUMENT` for fewer rows than centroids or for NaN and infinities, `SHAPE`, `STATE` when vectors
   *   are stored, `ABORTED` (the index is then untrained)
   */
  train(x: Rows, options?: TrainOptions): Promise<void>;
  /**
   * Stores `x`, row-major `(n, d)`, under the ids given or the next ones from `ntotal`.
   * @throws LutraError `STATE` before training, `SHAPE`, `ARGUMENT` for ids that the index cannot keep or for NaN and
   *   infinities, `ABORTED`. After a failure the blocks added before it stay: `ntotal` says how many rows that is.
   */
  add(x: Rows, options?: AddOptions): Promise<void>;
  /**
   * The k nearest stored vectors of each query of `x`, `(nq, d)` row-major; `x` is not kept and not modified.
   * @throws LutraError `STATE` before training, `SHAPE`, `ARGUMENT` for a parameter that the index does not have
   */
  search(x: Float32Array, k: number, parameters?: SearchParameters): Promise<SearchResult>;
  /** {@link search} without a promise; only in-process backends have it. */
  searchSync?(x: Float32Array, k: number, parameters?: SearchParameters): SearchResult;
  /** All stored vectors nearer than `radius` (l2: squared distance `< radius`; ip: `> radius`), in no order within a query. */
  rangeSearch(x: Float32Array, radius: number, parameters?: SearchParameters): Promise<RangeSearchResult>;
  /**
   * The stored vectors of `ids` as the index remembers them, `(ids.length, d)`.
   * @throws LutraError `ARGUMENT` for an id that is not stored
   */
  reconstruct(ids: ArrayLike<number>): Promise<Float32Array>;
  /**
   * Removes the vectors selected and returns how many they were. As in faiss, indexes that count from 0 (Flat, PQ)
   * renumber what follows; an IVF or IDMap keeps its ids.
   */
  removeIds(selector: IdSelector): Promise<number>;
  /**
   * Moves all vectors of `other`, which must be trained alike, into this index; `other` is empty afterwards.
   * @param options.addId - added to the ids that move, unless told `ntotal` for an index that counts from 0, else 0
   */
  mergeFrom(other: VectorIndex, options?: { addId?: number }): Promise<void>;
  /** Forgets the vectors, keeps the training. */
  reset(): void;
  /**
   * Stores search parameters in the index, where its file keeps them.
   * @throws LutraError `ARGUMENT` for one that the index does not have or a value out of range
   */
  setParameters(parameters: StoredParameters): void;
  /** The whole state as plain data; arrays may be views that hold until the next change. */
  toData(): IndexData;
  /** Frees memory; idempotent. */
  dispose(): void;
}

/** How far a long call has come. `total` is undefined for a stream of unknown length. */
export interface Progress {
  /** What is being done, in a word or two: `k-means`, `pq`, `add`. */
  readonly stage: string;
  readonly done: number;
  readonly total: number | undefined;
}

export interface TrainOptions {
  /** Seed of every random choice; faiss's 1234 unless told. */
  seed?: number;
  threads?: number;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

export interface AddOptions {
  /** One safe integer ≥ 0 a row, for indexes that keep ids. */
  ids?: ArrayLike<number>;
  threads?: number;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/** Search parameters that live in the index and its file. */
export interface StoredParameters {
  /** Inverted lists visited, ≥ 1; more than nlist means all. */
  readonly nprobe?: number;
  /** Refinement looks at `trunc(k · kFactor)` candidates; 1 to 1000. */
  readonly kFactor?: number;
  /** Candidates an HNSW search keeps. */
  readonly efSearch?: number;
}

/** Parameters of one call; never shared state. One that the index does not have is an `ARGUMENT` error. */
export interface SearchParameters extends StoredParameters {
  /**
   * Choose the candidates of `IVF…,RFlat` by sketches of the stored vectors instead of by the codes in the lists: more of the nearest
   * among as many candidates, for less time, and other labels than faiss's. They are made as searches come by, some 16 to 76 bytes
   * a vector, and not stored. Only some backends have them, for indexes that refine what is in inverted lists.
   */
  readonly sketches?: boolean;
  /** Look only at these ids. */
  readonly filter?: IdSelector;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** `(nq, k)` row-major, nearest first. Missing results: label -1 with FLT_MAX (`-FLT_MAX` for a similarity). */
export interface SearchResult {
  /** Squared for l2; descending for ip. */
  readonly distances: Float32Array;
  /** Safe integers, -1 for missing. */
  readonly labels: Float64Array;
  readonly nq: number;
  readonly k: number;
}

/** Results of query `i` are `[lims[i], lims[i + 1])` of `distances` and `labels`. */
export interface RangeSearchResult {
  /** `(nq + 1)`, ascending, from 0. */
  readonly lims: Float64Array;
  readonly distances: Float32Array;
  readonly labels: Float64Array;
}

/** Why a backend did not take an index. */
export interface BackendRefusal {
  readonly backend: string;
  readonly reason: string;
}
