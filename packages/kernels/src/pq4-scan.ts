/**
 * FastScan: distances of 4-bit codes by 8-bit look-up tables, codes in faiss's packed blocks (checked against faiss
 * 1.15.1, faiss/impl/pq4_fast_scan.cpp). André et al. 2015, "Cache locality is not enough: high-performance nearest
 * neighbor search with product quantization fast scan"; selection of the best is left to the caller. Scalar reference.
 */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/**
 * @see Kernels.pq4Scan
 *
 * A block of `bbs` vectors holds, for each pair s of sub-quantizers and each group of 32 vectors, 32 bytes: 16 for
 * sub-quantizer 2s, then 16 for 2s + 1. Byte j has vector `perm[j]` of the group in its low nibble and vector
 * `perm[j] + 16` in its high one, perm = 0 8 1 9 2 10 … 7 15.
 */
export function pq4Scan(
  memory: LinearMemory,
  codes: Ptr,
  nblocks: number,
  bbs: number,
  M2: number,
  lut: Ptr,
  bias: number,
  out: Ptr,
): void {
  const { u8, u16 } = memory.whole;
  const groups = bbs / 32;
  for (let block = 0; block < nblocks; block++) {
    for (let group = 0; group < groups; group++) {
      const bytes = codes + (block * bbs * M2) / 2 + group * 32;
      const vectors = (out >>> 1) + block * bbs + group * 32;
      for (let j = 0; j < 16; j++) {
        const v = (j >>> 1) + (j & 1) * 8;
        let low = bias;
        let high = bias;
        for (let m = 0; m < M2; m++) {
          const byte = u8[bytes + (m >>> 1) * bbs + (m & 1) * 16 + j]!;
          low += u8[lut + m * 16 + (byte & 15)]!;
          high += u8[lut + m * 16 + (byte >>> 4)]!;
        }
        u16[vectors + v] = low;
        u16[vectors + v + 16] = high;
      }
    }
  }
}
