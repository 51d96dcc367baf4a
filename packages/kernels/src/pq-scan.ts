/**
 * Distances of product-quantizer codes by look-up table, codes as faiss stores them. Scalar reference, with the
 * float32 rounding of the WASM form: a sum in order of m, then `base`.
 */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/** @see Kernels.pq8Scan */
export function pq8Scan(
  memory: LinearMemory,
  codes: Ptr,
  n: number,
  M: number,
  lut: Ptr,
  base: number,
  out: Ptr,
): void {
  const { u8, f32 } = memory.whole;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let m = 0; m < M; m++) {
      sum = Math.fround(sum + f32[(lut >>> 2) + m * 256 + u8[codes + i * M + m]!]!);
    }
    f32[(out >>> 2) + i] = Math.fround(base) + sum;
  }
}

/** @see Kernels.pq4CodesScan */
export function pq4CodesScan(
  memory: LinearMemory,
  codes: Ptr,
  n: number,
  M: number,
  codeSize: number,
  lut: Ptr,
  base: number,
  out: Ptr,
): void {
  const { u8, f32 } = memory.whole;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let m = 0; m < M; m++) {
      const byte = u8[codes + i * codeSize + (m >>> 1)]!;
      const index = (m & 1) === 0 ? byte & 15 : byte >>> 4;
      sum = Math.fround(sum + f32[(lut >>> 2) + m * 16 + index]!);
    }
    f32[(out >>> 2) + i] = Math.fround(base) + sum;
  }
}
