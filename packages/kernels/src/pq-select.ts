/** Selection among lists of product-quantizer codes. Scalar reference: the same sums, one list after the other. */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';
import { pqBitsScan } from './pq-bits-scan.js';
import { pq4CodesScan, pq8Scan } from './pq-scan.js';
import { selectF32 } from './reservoir.js';

const BLOCK = 256;

/** @see Kernels.scratchPqSelect */
export function scratchPqSelect(M: number, nbits: number): number {
  return 4 * BLOCK + 4 * M * 2 ** nbits;
}

/** @see Kernels.pqSelect */
export function pqSelect(
  memory: LinearMemory,
  visits: Ptr,
  nvisits: number,
  table: Ptr,
  M: number,
  nbits: number,
  codeSize: number,
  ip: boolean,
  r: Ptr,
  scratch: Ptr,
): void {
  const { u32, f32 } = memory.whole;
  const own = scratch + 4 * BLOCK;
  for (let i = 0; i < nvisits; i++) {
    const at = (visits >>> 2) + 5 * i;
    const [codes, part, n, first] = u32.subarray(at, at + 4) as unknown as [Ptr, Ptr, number, number];
    const base = f32[at + 4]!;
    for (let j = 0; part !== 0 && j < M * 2 ** nbits; j++) {
      f32[(own >>> 2) + j] = f32[(part >>> 2) + j]! - f32[(table >>> 2) + j]!;
    }
    const lut = part === 0 ? table : own;
    for (let from = 0; from < n; from += BLOCK) {
      const count = Math.min(BLOCK, n - from);
      const block = codes + from * codeSize;
      if (nbits === 8) pq8Scan(memory, block, count, M, lut, base, scratch);
      else if (nbits === 4) pq4CodesScan(memory, block, count, M, codeSize, lut, base, scratch);
      else pqBitsScan(memory, block, count, M, nbits, codeSize, lut, base, scratch);
      selectF32(memory, scratch, count, ip, first + from, 0, r);
    }
  }
}
