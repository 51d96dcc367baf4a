/**
 * Tables of float distances rounded to bytes for FastScan, in float32 and in faiss's order, so that the bytes come out the
 * same. Scalar reference, bit for bit what the WASM form gives.
 *
 * `entry = floor((T - min_m) · a + 0.5)`, distance `= b + sum / a`, b the sum of the minima.
 * @see faiss/utils/quantize_lut.cpp
 */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

const { fround } = Math;
const KSUB = 16;

/** @see Kernels.lutRanges */
export function lutRanges(
  memory: LinearMemory,
  lut: Ptr,
  M: number,
  offset: number,
  total: number,
  mins: Ptr,
  out: Ptr,
): void {
  const { f32 } = memory.whole;
  let largest = 0;
  let sum = fround(offset);
  let spans = fround(total);
  for (let m = 0; m < M; m++) {
    const table = f32.subarray((lut >>> 2) + m * KSUB, (lut >>> 2) + (m + 1) * KSUB);
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (const v of table) {
      if (v < min) min = v;
      if (v > max) max = v;
    }
    const span = fround(max - min);
    f32[(mins >>> 2) + m] = min;
    if (span > largest) largest = span;
    spans = fround(spans + span);
    sum = fround(sum + min);
  }
  f32.set([sum, largest, spans], out >>> 2);
}

/** @see Kernels.roundLut */
export function roundLut(
  memory: LinearMemory,
  lut: Ptr,
  M: number,
  M2: number,
  mins: Ptr,
  scale: number,
  out: Ptr,
): void {
  const { f32, u8 } = memory.whole;
  const a = fround(scale);
  for (let m = 0; m < M; m++) {
    const min = f32[(mins >>> 2) + m]!;
    for (let c = 0; c < KSUB; c++) {
      const v = f32[(lut >>> 2) + m * KSUB + c]!;
      u8[out + m * KSUB + c] = Math.min(255, Math.floor(fround(fround(fround(v - min) * a) + 0.5)));
    }
  }
  u8.fill(0, out + M * KSUB, out + M2 * KSUB);
}
