/** Bits that differ between bit strings. Scalar reference. */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/** @see Kernels.hammingNy */
export function hammingNy(memory: LinearMemory, x: Ptr, codes: Ptr, size: number, n: number, out: Ptr): void {
  const { u8, f32 } = memory.whole;
  for (let i = 0; i < n; i++) f32[(out >>> 2) + i] = bits(u8, x, codes + i * size, size);
}

/** @see Kernels.hammingByIdx */
export function hammingByIdx(
  memory: LinearMemory,
  x: Ptr,
  codes: Ptr,
  size: number,
  ids: Ptr,
  n: number,
  out: Ptr,
): void {
  const { u8, u32, f32 } = memory.whole;
  for (let i = 0; i < n; i++) {
    f32[(out >>> 2) + i] = bits(u8, x, codes + u32[(ids >>> 2) + i]! * size, size);
  }
}

function bits(u8: Uint8Array, x: Ptr, code: Ptr, size: number): number {
  let count = 0;
  for (let p = 0; p < size; p++) {
    for (let b = u8[x + p]! ^ u8[code + p]!; b !== 0; b &= b - 1) count++;
  }
  return count;
}
