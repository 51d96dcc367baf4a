import { gatherRows, type RowView } from '../clustering/row-view.js';
import type { Task } from '../task.js';

const BLOCK_ROWS = 1024;

/** The mean of `points`, `(d)`, summed in float32 in their order, as faiss sums it. */
export async function meanRow(points: RowView, task: Task): Promise<Float32Array> {
  const { n, d } = points;
  const sum = new Float32Array(d);
  const block = new Float32Array(Math.min(n, BLOCK_ROWS) * d);
  for (let start = 0; start < n; start += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, n - start);
    gatherRows(points, start, count, block.subarray(0, count * d));
    for (let i = 0; i < count; i++) for (let j = 0; j < d; j++) sum[j]! += block[i * d + j]!;
    await task.breathe();
  }
  return n === 0 ? sum : sum.map((v) => v / n);
}
