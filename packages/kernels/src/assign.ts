/**
 * The nearest row of a matrix for each row of another, by inner products (the k-means assignment step). Scalar
 * reference; a NaN is never nearest, and a row with nothing but NaN gets index 0.
 */
import type { Ptr } from './contract.js';
import { innerProduct } from './distance.js';
import type { LinearMemory } from './memory/linear-memory.js';

/** Rows of x that the WASM form handles at once, each with 16 bytes of running best and 16 of its index. */
const X_BLOCK = 128;

/** @see Kernels.scratchAssign */
export function scratchAssign(nx: number, _ny: number): number {
  return 32 * Math.min(nx, X_BLOCK);
}

/** @see Kernels.assignL2 */
export function assignL2(
  memory: LinearMemory,
  x: Ptr,
  nx: number,
  y: Ptr,
  ny: number,
  d: number,
  yNormsSqr: Ptr,
  outIdx: Ptr,
  outDis: Ptr,
  _scratch: Ptr,
): void {
  const { f32, u32 } = memory.whole;
  for (let q = 0; q < nx; q++) {
    const row = (x >>> 2) + q * d;
    let best = Infinity;
    let bestIndex = 0;
    for (let i = 0; i < ny; i++) {
      const product = Math.fround(innerProduct(f32, row, (y >>> 2) + i * d, d));
      const dis = Math.fround(f32[(yNormsSqr >>> 2) + i]! - 2 * product);
      if (dis < best) {
        best = dis;
        bestIndex = i;
      }
    }
    u32[(outIdx >>> 2) + q] = bestIndex;
    f32[(outDis >>> 2) + q] = Math.max(0, innerProduct(f32, row, row, d) + best);
  }
}

/** @see Kernels.assignIp */
export function assignIp(
  memory: LinearMemory,
  x: Ptr,
  nx: number,
  y: Ptr,
  ny: number,
  d: number,
  outIdx: Ptr,
  outDis: Ptr,
  _scratch: Ptr,
): void {
  const { f32, u32 } = memory.whole;
  for (let q = 0; q < nx; q++) {
    let best = -Infinity;
    let bestIndex = 0;
    for (let i = 0; i < ny; i++) {
      const product = Math.fround(innerProduct(f32, (x >>> 2) + q * d, (y >>> 2) + i * d, d));
      if (product > best) {
        best = product;
        bestIndex = i;
      }
    }
    u32[(outIdx >>> 2) + q] = bestIndex;
    f32[(outDis >>> 2) + q] = best;
  }
}
