/**
 * Look-up tables of a product quantizer: one entry a sub-quantizer and centroid. Scalar reference, with the rounding
 * of the WASM form.
 */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/** @see Kernels.pqLutL2 */
export function pqLutL2(
  memory: LinearMemory,
  x: Ptr,
  centroids: Ptr,
  M: number,
  ksub: number,
  dsub: number,
  lut: Ptr,
): void {
  const { f32 } = memory.whole;
  for (let m = 0; m < M; m++) {
    for (let c = 0; c < ksub; c++) {
      const row = (centroids >>> 2) + (m * ksub + c) * dsub;
      let sum = 0;
      for (let j = 0; j < dsub; j++) {
        const t = Math.fround(f32[(x >>> 2) + m * dsub + j]! - f32[row + j]!);
        sum = Math.fround(sum + Math.fround(t * t));
      }
      f32[(lut >>> 2) + m * ksub + c] = sum;
    }
  }
}

/** @see Kernels.pqLutIp */
export function pqLutIp(
  memory: LinearMemory,
  x: Ptr,
  centroids: Ptr,
  M: number,
  ksub: number,
  dsub: number,
  lut: Ptr,
): void {
  const { f32 } = memory.whole;
  for (let m = 0; m < M; m++) {
    for (let c = 0; c < ksub; c++) {
      const row = (centroids >>> 2) + (m * ksub + c) * dsub;
      let sum = 0;
      for (let j = 0; j < dsub; j++) {
        sum = Math.fround(sum + Math.fround(f32[(x >>> 2) + m * dsub + j]! * f32[row + j]!));
      }
      f32[(lut >>> 2) + m * ksub + c] = sum;
    }
  }
}
