/**
 * The nearest row of a matrix for each row of another, most pairs ruled out by bounds. What it finds is by definition
 * what `assign` finds, so the reference is `assign`; a table holds nothing here.
 */
import { assignIp, assignL2 } from './assign.js';
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/** Rows of a table. */
function padded(ny: number): number {
  return Math.ceil(ny / 32) * 32;
}

/** @see Kernels.boundTableBytes */
export function boundTableBytes(ny: number, m: number): number {
  return 64 + padded(ny) * (4 + 2 * m);
}

/** @see Kernels.scratchBounded */
export function scratchBounded(ny: number): number {
  return 4096 + 22 * padded(ny);
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
