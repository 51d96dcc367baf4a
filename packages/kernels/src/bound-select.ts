/**
 * Selection among rows that have bounds. Scalar reference: every row is compared, which keeps the same candidates.
 */
import { type Ptr, reservoirBytes } from './contract.js';
import { ipByIdx, l2sqrByIdx } from './distance.js';
import type { LinearMemory } from './memory/linear-memory.js';
import { selectF32 } from './reservoir.js';

const BLOCK = 4096;

/** @see Kernels.scratchBoundSelect */
export function scratchBoundSelect(k: number): number {
  return 12 * BLOCK + reservoirBytes(k);
}

/** @see Kernels.boundSelect */
export function boundSelect(
  memory: LinearMemory,
  visits: Ptr,
  nvisits: number,
  x: Ptr,
  d: number,
  ip: boolean,
  r: Ptr,
): void {
  const scratch = memory.alloc(8);
  for (let i = 0; i < nvisits; i++) {
    const visit = memory.u32(visits + 20 * i, 5);
    const [rows, n, first] = [visit[2]!, visit[3]!, visit[4]!];
    for (let j = 0; j < n; j++) {
      memory.u32(scratch, 1)[0] = j;
      (ip ? ipByIdx : l2sqrByIdx)(memory, x, rows, d, scratch, 1, scratch + 4);
      selectF32(memory, scratch + 4, 1, ip, first + j, 0, r);
    }
  }
  memory.free(scratch);
}
