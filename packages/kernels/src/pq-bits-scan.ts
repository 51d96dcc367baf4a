/** Distances of product-quantizer codes of any width by look-up table. Scalar reference, rounded as `pq8Scan`. */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/** The `nbits` ≤ 24 bits from bit `at` of the string at byte `from` on. */
function indexAt(u8: Uint8Array, from: number, at: number, nbits: number): number {
  let value = 0;
  for (let got = 0; got < nbits; ) {
    const bit = at + got;
    const take = Math.min(8 - (bit & 7), nbits - got);
    value |= ((u8[from + (bit >>> 3)]! >>> (bit & 7)) & ((1 << take) - 1)) << got;
    got += take;
  }
  return value;
}

/** @see Kernels.pqBitsScan */
export function pqBitsScan(
  memory: LinearMemory,
  codes: Ptr,
  n: number,
  M: number,
  nbits: number,
  codeSize: number,
  lut: Ptr,
  base: number,
  out: Ptr,
): void {
  const { u8, f32 } = memory.whole;
  const ksub = 2 ** nbits;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let m = 0; m < M; m++) {
      sum = Math.fround(
        sum + f32[(lut >>> 2) + m * ksub + indexAt(u8, codes + i * codeSize, m * nbits, nbits)]!,
      );
    }
    f32[(out >>> 2) + i] = Math.fround(base) + sum;
  }
}
