import type { Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { RowView } from '../clustering/row-view.js';
import type { CoarseQuantizer } from '../nodes/coarse-quantizer.js';
import type { Task } from '../task.js';
import type { TopK } from '../top-k.js';

/**
 * How vectors become codes of one size, and what codes say to a query: what a flat index of codes and an IVF of them have
 * in common. One at work on one query at a time.
 */
export interface VectorCodec {
  readonly d: number;
  readonly metric: Metric;
  /** Bytes a code. */
  readonly codeSize: number;
  readonly isTrained: boolean;
  /** Learns from `points`, or from what is left of them around the centroids of an IVF. */
  train(points: RowView, task: Task, coarse?: CoarseQuantizer): Promise<void>;
  /** Codes of x, `(n, d)`; in an IVF `centroidOf(i)` is the centroid that row i goes to, `assign[i]` its list. */
  encode(
    x: Float32Array,
    n: number,
    centroidOf?: (row: number) => Float32Array,
    assign?: Uint32Array,
  ): Uint8Array;
  /** Writes the vector of the code at byte `at`, `(d)`, into `out`; in an IVF `centroid` is its list's. */
  decode(codes: Uint8Array, at: number, out: Float32Array, centroid?: Float32Array): void;
  /** Makes ready for one query, `(d)`, which is not changed before the next. */
  begin(x: Float32Array): void;
  /** Makes ready for the codes of one list, with its centroid, coarse distance and number; of a flat index without. */
  enter(centroid?: Float32Array, distance?: number, list?: number): void;
  /** Distances (or products) of the `n` codes at `codes`, f32, to `out`. */
  scan(codes: Ptr, n: number, out: Ptr): void;
  /**
   * {@link scan} in the knowledge of what was `best` so far (and is kept up to date): codes that a quick look rules out are
   * left as bad as missing results.
   */
  sift?(codes: Ptr, n: number, out: Ptr, best: TopK): void;
  /**
   * Offers the codes of whole lists to a reservoir for the k best, in one call and with what {@link sift} would leave out left
   * out, for the query of {@link begin}. visits u32 `(count, 4)` in kernel memory: codes, centroid (f32 `(d)`), n, position
   * of the first; a flat index has one list, around {@link center}.
   */
  select?(visits: Ptr, count: number, k: number, reservoir: Ptr): void;
  /** What the codes of a flat index are around, in kernel memory; where there is {@link select}. */
  centerAt?(): Ptr;
}
