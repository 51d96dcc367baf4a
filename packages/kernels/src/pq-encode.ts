/** Codes of a product quantizer. Scalar reference, with the rounding of `assignSub`, so that all levels give the same. */
import { nearestSub } from './assign-sub.js';
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/** @see Kernels.pqEncode4 */
export function pqEncode4(
  memory: LinearMemory,
  x: Ptr,
  nx: number,
  centroidsT: Ptr,
  M: number,
  dsub: number,
  codes: Ptr,
): void {
  const { f32, u8 } = memory.whole;
  const codeSize = Math.ceil(M / 2);
  for (let q = 0; q < nx; q++) {
    for (let m = 0; m < M; m++) {
      const slice = (x >>> 2) + (q * M + m) * dsub;
      const index = nearestSub(f32, slice, (centroidsT >>> 2) + m * dsub * 16, 16, dsub).index;
      const at = codes + q * codeSize + (m >>> 1);
      u8[at] = m % 2 === 0 ? index : u8[at]! | (index << 4);
    }
  }
}

/** @see Kernels.pqEncode8 */
export function pqEncode8(
  memory: LinearMemory,
  x: Ptr,
  nx: number,
  centroidsT: Ptr,
  M: number,
  dsub: number,
  codes: Ptr,
): void {
  const { f32, u8 } = memory.whole;
  for (let q = 0; q < nx; q++) {
    for (let m = 0; m < M; m++) {
      const slice = (x >>> 2) + (q * M + m) * dsub;
      u8[codes + q * M + m] = nearestSub(f32, slice, (centroidsT >>> 2) + m * dsub * 256, 256, dsub).index;
    }
  }
}
