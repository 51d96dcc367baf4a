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
  ranges(memory, tableAt(memory, lut, M), M, fround(offset), fround(total), mins, out);
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
  round(memory, tableAt(memory, lut, M), M, M2, mins, scale, out);
}

/** @see Kernels.residualRanges */
export function residualRanges(
  memory: LinearMemory,
  parts: Ptr,
  n: number,
  products: Ptr,
  M: number,
  offsets: Ptr,
  origin: number,
  mins: Ptr,
  out: Ptr,
): void {
  const { f32, u32 } = memory.whole;
  for (let j = 0; j < n; j++) {
    const table = residualTable(memory, u32[(parts >>> 2) + j]!, products, M);
    const offset = f32[(offsets >>> 2) + j]!;
    ranges(memory, table, M, offset, fround(offset - fround(origin)), mins + 4 * j * M, out + 12 * j);
  }
}

/** @see Kernels.roundResiduals */
export function roundResiduals(
  memory: LinearMemory,
  parts: Ptr,
  n: number,
  products: Ptr,
  M: number,
  M2: number,
  mins: Ptr,
  scale: number,
  out: Ptr,
): void {
  for (let j = 0; j < n; j++) {
    const table = residualTable(memory, memory.whole.u32[(parts >>> 2) + j]!, products, M);
    round(memory, table, M, M2, mins + 4 * j * M, scale, out + j * M2 * KSUB);
  }
}

function tableAt(memory: LinearMemory, lut: Ptr, M: number): Float32Array {
  return memory.whole.f32.subarray(lut >>> 2, (lut >>> 2) + M * KSUB);
}

function residualTable(memory: LinearMemory, part: Ptr, products: Ptr, M: number): Float32Array {
  const x = tableAt(memory, products, M);
  return tableAt(memory, part, M).map((v, i) => v - x[i]!);
}

function ranges(
  memory: LinearMemory,
  lut: Float32Array,
  M: number,
  offset: number,
  total: number,
  mins: Ptr,
  out: Ptr,
): void {
  const { f32 } = memory.whole;
  let largest = 0;
  let sum = offset;
  let spans = total;
  for (let m = 0; m < M; m++) {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (const v of lut.subarray(m * KSUB, (m + 1) * KSUB)) {
      if (v < min) min = v;
      if (v > max) max = v;
    }
    // a zero of either sign is +0
    min += 0;
    const span = fround(max - min);
    f32[(mins >>> 2) + m] = min;
    if (span > largest) largest = span;
    spans = fround(spans + span);
    sum = fround(sum + min);
  }
  f32.set([sum, largest, spans], out >>> 2);
}

function round(
  memory: LinearMemory,
  lut: Float32Array,
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
    for (let i = m * KSUB; i < (m + 1) * KSUB; i++) {
      u8[out + i] = Math.min(255, Math.floor(fround(fround(fround(lut[i]! - min) * a) + 0.5)));
    }
  }
  u8.fill(0, out + M * KSUB, out + M2 * KSUB);
}
