/** Bits that differ between bit strings. Scalar reference. */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/** @see Kernels.hammingNy */
export function hammingNy(memory: LinearMemory, x: Ptr, codes: Ptr, size: number, n: number, out: Ptr): void {
  const { u8, f32 } = memory.whole;
  for (let i = 0; i < n; i++) {
    let count = 0;
    for (let p = 0; p < size; p++) {
      for (let bits = u8[x + p]! ^ u8[codes + i * size + p]!; bits !== 0; bits &= bits - 1) count++;
    }
    f32[(out >>> 2) + i] = count;
  }
}
