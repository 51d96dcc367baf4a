/**
 * FastScan with selection. Scalar reference: the sums of `pq4Scan`, each offered to the reservoir of its query.
 */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';
import { offer } from './reservoir.js';

/** Bytes of a piece of a list that is taken apart for several queries. */
const PIECE = 65536;
/** And of sums and of what four queries share. */
const SUMS = 112;

/** @see Kernels.scratchPq4Select */
export function scratchPq4Select(M2: number): number {
  return SUMS + 64 * M2 + Math.max(PIECE, 32 * M2);
}

/** @see Kernels.pq4Select */
export function pq4Select(
  memory: LinearMemory,
  visits: Ptr,
  nvisits: number,
  bbs: number,
  M2: number,
  flip: number,
): void {
  const { u8, u32 } = memory.whole;
  for (let i = 0; i < nvisits; i++) {
    const visit = u32.subarray((visits >>> 2) + 6 * i, (visits >>> 2) + 6 * i + 6);
    const [codes, n, lut, r, first, bias] = visit;
    for (let v = 0; v < n!; v++) {
      const lane = v % 32;
      const block = codes! + (Math.floor(v / bbs) * bbs * M2) / 2;
      const j = (lane % 8) * 2 + ((lane >>> 3) & 1);
      const at = block + ((v % bbs) - lane) + j;
      let sum = bias!;
      for (let m = 0; m < M2; m++) {
        const byte = u8[at + (m >>> 1) * bbs + (m & 1) * 16]!;
        sum += u8[lut! + m * 16 + (lane < 16 ? byte & 15 : byte >>> 4)]!;
      }
      offer(memory, r!, (sum & 0xffff) ^ flip, first! + v);
    }
  }
}
