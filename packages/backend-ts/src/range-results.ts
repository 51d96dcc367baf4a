import { cut, type IndexNode, type NodeParameters, type Vectors, widthOf } from './node.js';
import type { Task } from './task.js';

/** What a range search found; results of query `i` are `[lims[i], lims[i + 1])`. */
export interface RangeHits {
  readonly lims: Float64Array;
  readonly distances: readonly number[];
  readonly labels: Float64Array;
}

/** Runs a range search query by query and gathers what it finds. */
export async function rangeSearch<V extends Vectors>(
  root: IndexNode<V>,
  x: V,
  radius: number,
  parameters: NodeParameters,
  task: Task,
): Promise<RangeHits> {
  const width = widthOf(root);
  const nq = x.length / width;
  const lims = new Float64Array(nq + 1);
  const distances: number[] = [];
  const labels: number[] = [];
  for (let q = 0; q < nq; q++) {
    root.rangeSearch(cut(x, q * width, (q + 1) * width), radius, parameters, (distance, id) => {
      distances.push(distance);
      labels.push(id);
    });
    lims[q + 1] = labels.length;
    await task.breathe();
  }
  return { lims, distances, labels: Float64Array.from(labels) };
}
