/** Sums of rows by a number that each row has: the update step of k-means. Scalar reference, bit for bit. */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/** @see Kernels.sumByIdx */
export function sumByIdx(
  memory: LinearMemory,
  x: Ptr,
  nx: number,
  d: number,
  idx: Ptr,
  sums: Ptr,
  counts: Ptr,
): void {
  const { f32, u32 } = memory.whole;
  for (let i = 0; i < nx; i++) {
    const to = u32[(idx >>> 2) + i]!;
    const sum = (sums >>> 2) + to * d;
    const row = (x >>> 2) + i * d;
    for (let j = 0; j < d; j++) f32[sum + j]! += f32[row + j]!;
    f32[(counts >>> 2) + to]! += 1;
  }
}
