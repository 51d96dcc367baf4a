import type { IndexData, Metric } from '@lutra/core';
import type { RowView } from '../clustering/row-view.js';
import type { NodeParameters, ParameterName, ResultTable, Vectors } from '../node.js';
import type { Task } from '../task.js';

/** What an IVF wants of the index of its centroids. */
export interface ListChooser<V extends Vectors = Float32Array> {
  /** The index itself. */
  readonly node: { reset(): void; toData(): IndexData };
  readonly d: number;
  readonly metric: Metric;
  /** The centroids that it holds. */
  readonly ntotal: number;
  /** Learns `nlist` centroids from `points`. */
  train(points: RowView<V>, nlist: number, task: Task): Promise<void>;
  /** The list of each row of x, `(n, d)`, into `out`. */
  assign(x: V, n: number, out: Uint32Array): void;
  /** The `nprobe` lists for each query of x, `(nq, d)`, into `out`: their numbers, -1 for none, and distances. */
  probe(x: V, nq: number, nprobe: number, parameters: NodeParameters, out: ResultTable): void;
  /** The parameters that reach the choice from outside. */
  parameters(): Partial<Record<ParameterName, number>>;
  setParameter(name: ParameterName, value: number): void;
  /** @throws LutraError `ARGUMENT` unless `data` is of the same class and has the same centroids */
  assertSame(data: IndexData): void;
}
