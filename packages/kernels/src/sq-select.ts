/**
 * Selection among lists of scalar-quantizer codes. Scalar reference: every code is compared, which keeps the same candidates.
 */
import { scratchBoundSelect } from './bound-select.js';
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';
import { selectF32 } from './reservoir.js';
import type { ScalarCode } from './sq-contract.js';
import { sqIp, sqL2 } from './sq-scan.js';

/** @see Kernels.scratchSqSelect */
export function scratchSqSelect(k: number, d: number): number {
  return 10 * Math.ceil(d / 16) * 16 + 16 + scratchBoundSelect(k);
}

/** @see Kernels.sqSelect */
export function sqSelect(
  memory: LinearMemory,
  kind: ScalarCode,
  visits: Ptr,
  nvisits: number,
  x: Ptr,
  offsets: Ptr,
  widths: Ptr,
  d: number,
  codeSize: number,
  ip: boolean,
  r: Ptr,
  scratch: Ptr,
): void {
  const { fround } = Math;
  const { u32, f32 } = memory.whole;
  const out = scratch + 4 * d;
  for (let i = 0; i < nvisits; i++) {
    const at = (visits >>> 2) + 6 * i;
    const [codes, , centroid, n, first] = u32.subarray(at, at + 5) as unknown as [
      Ptr,
      Ptr,
      Ptr,
      number,
      number,
    ];
    for (let j = 0; j < d; j++) {
      const v = f32[(x >>> 2) + j]!;
      const c = centroid === 0 ? 0 : f32[(centroid >>> 2) + j]!;
      f32[(scratch >>> 2) + j] = ip
        ? v * f32[(widths >>> 2) + j]!
        : fround(v - c) - f32[(offsets >>> 2) + j]!;
    }
    for (let l = 0; l < n; l++) {
      const code = codes + l * codeSize;
      if (ip) sqIp(memory, kind, scratch, f32[at + 5]!, code, codeSize, d, 0, 1, out);
      else sqL2(memory, kind, scratch, widths, code, codeSize, d, 0, 1, out);
      selectF32(memory, out, 1, ip, first + l, 0, r);
    }
  }
}
