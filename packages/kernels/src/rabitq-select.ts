/** RaBitQ queries, and search of one over lists. Scalar reference, float operations in the order of the WASM form. */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';
import { rabitqFull, rabitqScan } from './rabitq.js';
import { selectF32 } from './reservoir.js';

const { fround, sqrt } = Math;
const FLT_MAX = 3.4028234663852886e38;
const FACTORS = 12;

const upTo16 = (n: number): number => Math.ceil(n / 16) * 16;
/** Four sums as the lanes of the WASM form are added up. */
const total = (lanes: Float64Array): number => lanes[0]! + lanes[2]! + (lanes[1]! + lanes[3]!);

/** @see Kernels.scratchRabitqSelect */
export function scratchRabitqSelect(k: number, d: number): number {
  return 5 * upTo16(d) + 64 * Math.ceil(d / 64) + 32 + 4 * 256 + 12 * 64 + 4 * k;
}

/** @see Kernels.rabitqQuery */
export function rabitqQuery(
  memory: LinearMemory,
  x: Ptr,
  centroid: Ptr,
  d: number,
  qb: number,
  residual: Ptr,
  values: Ptr,
  planes: Ptr,
  facts: Ptr,
): void {
  const { f32, u8 } = memory.whole;
  const [toC, norm, product] = [new Float64Array(4), new Float64Array(4), new Float64Array(4)];
  const r = f32.subarray(residual >>> 2, (residual >>> 2) + upTo16(d)).fill(0);
  let [low, high] = [Infinity, -Infinity];
  for (let j = 0; j < d; j++) {
    const v = f32[(x >>> 2) + j]!;
    const c = centroid === 0 ? 0 : f32[(centroid >>> 2) + j]!;
    r[j] = v - c;
    toC[j & 3]! += r[j]! * r[j]!;
    norm[j & 3]! += v * v;
    product[j & 3]! += v * c;
    low = Math.min(low, r[j]!);
    high = Math.max(high, r[j]!);
  }
  const most = 2 ** qb - 1;
  const delta = fround(fround(high - low) / most);
  const inverse = delta > 0 ? fround(1 / delta) : 0;
  u8.fill(0, values, values + upTo16(d));
  u8.fill(0, planes, planes + 64 * Math.ceil(d / 64));
  let sum = 0;
  for (let j = 0; j < d; j++) {
    // the inverse of the tiniest steps is infinite, and zero times that is none
    const v = fround(fround(r[j]! - low) * inverse) || 0;
    const q = Math.min(most, Math.trunc(fround(Math.max(0, Math.min(most, v)) + 0.5)));
    u8[values + j] = q;
    sum += q;
    const at = planes + 64 * (j >>> 6) + ((j & 63) >>> 3);
    for (let p = 0; p < qb; p++) u8[at + 8 * p]! |= ((q >>> p) & 1) << (j & 7);
  }
  const rootD = fround(1 / fround(sqrt(d)));
  f32.set(
    [
      fround(2 * delta) * rootD,
      fround(2 * low) * rootD,
      rootD * fround(fround(delta * sum) + fround(d * low)),
      total(toC),
      total(norm),
      qb,
      0,
      total(product),
    ],
    facts >>> 2,
  );
}

/** @see Kernels.rabitqSelect */
export function rabitqSelect(
  memory: LinearMemory,
  visits: Ptr,
  nvisits: number,
  x: Ptr,
  d: number,
  qb: number,
  bits: number,
  size: number,
  ip: boolean,
  k: number,
  r: Ptr,
  scratch: Ptr,
): void {
  const { u32, f32 } = memory.whole;
  const signs = Math.ceil(d / 8);
  const values = scratch + 4 * upTo16(d);
  const planes = values + upTo16(d);
  const facts = planes + 64 * Math.ceil(d / 64);
  const out = facts + 32;
  const best: number[] = [];
  for (let i = 0; i < nvisits; i++) {
    const at = (visits >>> 2) + 4 * i;
    const [codes, centroid, n, first] = u32.subarray(at, at + 4) as unknown as [Ptr, Ptr, number, number];
    rabitqQuery(memory, x, centroid, d, qb, scratch, values, planes, facts);
    const base = f32[(facts >>> 2) + (ip ? 7 : 3)]!;
    if (bits > 0) f32[(facts >>> 2) + 6] = sqrt(f32[(facts >>> 2) + 3]!);
    for (let l = 0; l < n; l++) {
      const code = codes + l * size;
      rabitqScan(memory, code, 1, size, signs, planes, facts, ip, out);
      if (bits > 0) {
        const bound = f32[out >>> 2]!;
        const worst = best.length < k ? FLT_MAX : best[k - 1]!;
        if (!((ip ? -bound : bound) < worst)) continue;
        const extra = code + signs + FACTORS;
        rabitqFull(memory, code, size, extra, size, 0, 1, d, bits, scratch, base, ip, out);
        const key = ip ? -f32[out >>> 2]! : f32[out >>> 2]!;
        if (key < worst) {
          best.push(key);
          best.sort((a, b) => a - b).splice(k);
        }
      }
      selectF32(memory, out, 1, ip, first + l, 0, r);
    }
  }
}
