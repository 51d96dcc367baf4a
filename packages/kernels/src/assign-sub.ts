/**
 * The nearest of a few short centroids for each sub-vector: how a product quantizer encodes. Scalar reference, with
 * the float32 rounding of the WASM form, so that both levels give the same codes.
 */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/**
 * The nearest of `ksub` centroids to the `dsub` floats at element `row`; the centroids, transposed, are at element
 * `centroids`. A NaN is never nearest; index 0 and infinity where nothing is.
 */
export function nearestSub(
  f32: Float32Array,
  row: number,
  centroids: number,
  ksub: number,
  dsub: number,
): { index: number; distance: number } {
  let distance = Infinity;
  let index = 0;
  for (let c = 0; c < ksub; c++) {
    let sum = 0;
    for (let j = 0; j < dsub; j++) {
      const t = Math.fround(f32[row + j]! - f32[centroids + j * ksub + c]!);
      sum = Math.fround(sum + Math.fround(t * t));
    }
    if (sum < distance) {
      distance = sum;
      index = c;
    }
  }
  return { index, distance };
}

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
  for (let q = 0; q < nx; q++) {
    const { index, distance } = nearestSub(f32, (x >>> 2) + q * xStride, centroidsT >>> 2, ksub, dsub);
    u32[(outIdx >>> 2) + q] = index;
    f32[(outDis >>> 2) + q] = distance;
  }
}
