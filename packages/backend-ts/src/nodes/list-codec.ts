import type { IndexData, IndexHeader, IvfFields } from '@lutra/core';
import type { RowView } from '../clustering/row-view.js';
import type { Lists } from '../invlists/lists.js';
import type { NodeParameters, Vectors } from '../node.js';
import type { ProbeTable } from '../probe-table.js';
import type { Selection } from '../selection.js';
import type { Task } from '../task.js';

/** The lists that a query visits, in order of the coarse distance. Slots past `count` are unused. */
export interface Probes {
  readonly count: number;
  /** List numbers. */
  readonly lists: Float64Array;
  /** Coarse distance (or product) of each. */
  readonly distances: Float32Array;
}

/** What an IVF keeps of each vector, and how a query reads it. One at work on one query at a time. */
export interface ListCodec<V extends Vectors = Float32Array> {
  readonly lists: Lists;
  readonly isTrained: boolean;
  /** Learns from `points`; the coarse quantizer has its centroids by now. */
  train(points: RowView<V>, task: Task): Promise<void>;
  /** Codes of x, `(n, d)`, where row i goes to list `assign[i]`; absent where rows are their own codes. */
  encode?(x: V, assign: Uint32Array): Uint8Array;
  /** Positions follow the numbers of the lists rather than their distance, as faiss's FastScan visits them; ties depend on it. */
  readonly visitsByNumber?: boolean;
  /** Whether what is found depends on which lists have been read before: then one thread reads them all. */
  readonly readsInOrder?: boolean;
  /** What a byte of codes takes in a search, roughly; a nanosecond unless told. */
  nanosAByte?(parameters: NodeParameters): number;
  /** The largest key that {@link select} offers, where keys are integers; unless told they are float distances. */
  readonly keys?: number;
  /** Offers every entry of the probed lists of each query of x, `(nq, d)`, to that query's reservoir. */
  select(x: V, probes: ProbeTable<V>, selection: Selection): void;
  /** The distance that an integer key of query q of the last {@link select} stands for. */
  distance?(q: number, key: number): number;
  /** Makes ready for {@link scan}s of one query, `(d)`. */
  begin(x: V, probes: Probes): void;
  /** Values of all entries of probe `rank`, smaller or larger better as the metric is; a view until the next call. */
  scan(rank: number): Float32Array | Uint16Array;
  /** The distance that a value of {@link scan} stands for, where it is not the distance. */
  convert?(): (value: number) => number;
  /** Writes the vector of an entry, `(d)`, into `out`. */
  decode(list: number, offset: number, out: V): void;
  /** Checks that `data` was trained alike, lists and quantizer aside. */
  assertMergeable(data: IndexData): void;
  toData(header: IndexHeader, fields: Omit<IvfFields, 'invlists'>): IndexData;
}
