import type { RangeSearchResult } from '@lutra/core';
import type { IndexNode, NodeParameters } from './node.js';
import type { Task } from './task.js';

/** Runs a range search query by query and gathers what it finds. */
export async function rangeSearch(
  root: IndexNode,
  x: Float32Array,
  radius: number,
  parameters: NodeParameters,
  task: Task,
): Promise<RangeSearchResult> {
  const nq = x.length / root.d;
  const lims = new Float64Array(nq + 1);
  const distances: number[] = [];
  const labels: number[] = [];
  for (let q = 0; q < nq; q++) {
    root.rangeSearch(x.subarray(q * root.d, (q + 1) * root.d), radius, parameters, (distance, id) => {
      distances.push(distance);
      labels.push(id);
    });
    lims[q + 1] = labels.length;
    await task.breathe();
  }
  return { lims, distances: Float32Array.from(distances), labels: Float64Array.from(labels) };
}
