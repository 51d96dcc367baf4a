/**
 * The nearest of a few short centroids for each sub-vector: how a product quantizer encodes. Scalar reference, with
 * the float32 rounding of the WASM form, so that both levels give the same codes.
 */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/** @see Kernels.assignSub */
export function assignSub(
  memory: LinearMemory,
  x: Ptr,
  nx: number,
  xStride: number,
  centroidsT: Ptr,
  ksub: number,
  dsub: number,
  outIdx: Ptr,
  outDis: Ptr,
): void {
  const { f32, u32 } = memory.whole;
  const centroids = centroidsT >>> 2;
  for (let q = 0; q < nx; q++) {
    const row = (x >>> 2) + q * xStride;
    let best = Infinity;
    let bestIndex = 0;
    for (let c = 0; c < ksub; c++) {
      let sum = 0;
      for (let j = 0; j < dsub; j++) {
        const t = Math.fround(f32[row + j]! - f32[centroids + j * ksub + c]!);
        sum = Math.fround(sum + Math.fround(t * t));
      }
      if (sum < best) {
        best = sum;
        bestIndex = c;
      }
    }
    u32[(outIdx >>> 2) + q] = bestIndex;
    f32[(outDis >>> 2) + q] = best;
  }
}
