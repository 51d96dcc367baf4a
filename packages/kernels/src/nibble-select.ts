/**
 * Selection among rows that have a form in nibbles. Scalar reference: every row is compared, which keeps the same candidates.
 */
import { type Ptr, reservoirBytes } from './contract.js';
import { ipByIdx, l2sqrByIdx } from './distance.js';
import type { LinearMemory } from './memory/linear-memory.js';
import { selectF32 } from './reservoir.js';

/** Rows whose bounds are looked at together. */
const WINDOW = 2048;

/** @see Kernels.scratchNibbleSelect */
export function scratchNibbleSelect(k: number, d: number): number {
  return 22 * WINDOW + 5 * Math.ceil(d / 32) * 32 + reservoirBytes(k);
}

/** @see Kernels.nibbleSelect */
export function nibbleSelect(
  memory: LinearMemory,
  visits: Ptr,
  nvisits: number,
  d: number,
  ip: boolean,
): void {
  const scratch = memory.alloc(8);
  for (let i = 0; i < nvisits; i++) {
    const [, rows, n, first, x, r] = memory.u32(visits + 24 * i, 6);
    for (let j = 0; j < n!; j++) {
      memory.u32(scratch, 1)[0] = j;
      (ip ? ipByIdx : l2sqrByIdx)(memory, x!, rows!, d, scratch, 1, scratch + 4);
      selectF32(memory, scratch + 4, 1, ip, first! + j, 0, r!);
    }
  }
  memory.free(scratch);
}
