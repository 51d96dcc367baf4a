import type { BinarySearchParameters, Metric, SearchParameters } from '@lutra/core';
import type { KernelHandle, Ptr } from '@lutra/kernels';
import type { KmeansOptions } from '../clustering/kmeans.js';
import type { RowView } from '../clustering/row-view.js';
import type { Kept, Share } from '../division.js';
import type { BoundsState } from '../engine.js';
import type { ParameterName, Prepared } from '../node.js';
import type { PackedIndex } from './pack-index.js';

/** What a call asks of all its jobs; `undefined` members as in {@link SearchParameters}. */
export type SearchCall = Pick<SearchParameters & BinarySearchParameters, ParameterName | 'filter'> & {
  readonly k: number;
};

/** One piece of work. */
export type Job =
  | {
      readonly kind: 'load';
      readonly index: PackedIndex;
      /** By the place of the rows. */
      readonly bounds: ReadonlyMap<Ptr, BoundsState>;
    }
  | { readonly kind: 'search'; readonly call: number; readonly x: MovableRows }
  /** A share of one search, of queries that are all there is to the call. */
  | { readonly kind: 'part'; readonly call: number; readonly x: MovableRows; readonly share: Share }
  /** The part of an addition that changes nothing, of x, `(n, d)`, which comes back with the result; or list numbers alone. */
  | { readonly kind: 'prepare'; readonly x: MovableRows; readonly assign: Uint32Array | undefined }
  | { readonly kind: 'assign'; readonly x: MovableRows }
  /** The nearest of the shared centroids, `(k, d)`, for `count` shared points; `pass` says when centroids have changed. */
  | {
      readonly kind: 'nearest';
      readonly points: Float32Array;
      readonly centroids: Float32Array;
      readonly pass: number;
      readonly d: number;
      readonly metric: Metric;
      readonly start: number;
      readonly count: number;
    }
  /** A whole k-means over a view of shared rows. */
  | {
      readonly kind: 'kmeans';
      readonly points: RowView;
      readonly options: Omit<KmeansOptions, 'onIteration'>;
    };

/** Rows in memory of their own, which goes with the message. */
export type MovableRows = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** To a worker. It works on jobs in order; a job that finds the arena full waits for a region and starts anew. */
export type Request =
  /** Comes first. */
  | { readonly kind: 'attach'; readonly handle: KernelHandle }
  | { readonly kind: 'job'; readonly id: number; readonly job: Job }
  | { readonly kind: 'open'; readonly call: number; readonly search: SearchCall }
  | { readonly kind: 'close'; readonly call: number }
  | { readonly kind: 'region'; readonly ptr: Ptr; readonly bytes: number }
  /** There is no region for the job: it is given up. */
  | { readonly kind: 'drop'; readonly id: number };

/** From a worker. */
export type Reply =
  | { readonly kind: 'done'; readonly id: number; readonly result: JobResult }
  | { readonly kind: 'failed'; readonly id: number; readonly error: PlainError }
  | { readonly kind: 'lack'; readonly id: number; readonly bytes: number };

/** What a job found. */
export interface JobResult {
  /** `(nq, k)` of a search. */
  readonly distances?: Float32Array<ArrayBuffer>;
  readonly labels?: Float64Array<ArrayBuffer>;
  /** Of `part`, a member a query. */
  readonly kept?: readonly Kept[];
  /** Of `nearest`, `(count)`. */
  readonly indices?: Uint32Array<ArrayBuffer>;
  readonly nearest?: Float32Array<ArrayBuffer>;
  /** Of `kmeans`, `(k, d)`. */
  readonly centroids?: Float32Array<ArrayBuffer>;
  /** The rows of a `prepare` or `assign`, and what is known of them. */
  readonly x?: MovableRows;
  readonly prepared?: Prepared;
}

/** An error as a message can carry it. */
export interface PlainError {
  /** Of a `LutraError`. */
  readonly code?: string;
  readonly message: string;
  readonly details?: unknown;
  readonly stack?: string | undefined;
}
