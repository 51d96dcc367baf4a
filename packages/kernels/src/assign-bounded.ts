/**
 * The nearest row of a matrix for each row of another, most pairs ruled out by bounds. What it finds is by definition
 * what `assign` finds, so the reference is `assign`; a table holds nothing here.
 */
import { assignIp, assignL2 } from './assign.js';
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/** @see Kernels.boundTableBytes */
export function boundTableBytes(ny: number, m: number): number {
  const ny8 = Math.ceil(ny / 8) * 8;
  return 64 + ny8 * (4 + 2 * m);
}

/** @see Kernels.scratchBounded */
export function scratchBounded(ny: number): number {
  const ny8 = Math.ceil(ny / 8) * 8;
  return 4096 + 20 * ny8;
}

/** @see Kernels.assignBoundedL2 */
export function assignBoundedL2(
  memory: LinearMemory,
  x: Ptr,
  nx: number,
  y: Ptr,
  ny: number,
  d: number,
  yNormsSqr: Ptr,
  _basis: Ptr,
  _m: number,
  _table: Ptr,
  outIdx: Ptr,
  outDis: Ptr,
  outCount: Ptr,
  scratch: Ptr,
): void {
  assignL2(memory, x, nx, y, ny, d, yNormsSqr, outIdx, outDis, scratch);
  memory.whole.u32[outCount >>> 2]! += nx * ny;
}

/** @see Kernels.assignBoundedIp */
export function assignBoundedIp(
  memory: LinearMemory,
  x: Ptr,
  nx: number,
  y: Ptr,
  ny: number,
  d: number,
  _basis: Ptr,
  _m: number,
  _table: Ptr,
  outIdx: Ptr,
  outDis: Ptr,
  outCount: Ptr,
  scratch: Ptr,
): void {
  assignIp(memory, x, nx, y, ny, d, outIdx, outDis, scratch);
  memory.whole.u32[outCount >>> 2]! += nx * ny;
}
