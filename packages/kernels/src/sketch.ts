/**
 * Sketches of the rows of a list. Scalar reference: the same bytes and the same keys, from the same sums in four lanes; see
 * assembly/inline/sketches.ts for what they say.
 */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';
import {
  codeOf,
  headerOf,
  NIBBLE_FACTS,
  nearest,
  nibbleBytes,
  nibbleEncode,
  padded,
  sum,
} from './nibble-rows.js';
import { selectF32 } from './reservoir.js';

const { fround } = Math;

const TINY = fround(1e-30);
const FACTS = 32;

/** @see Kernels.sketchBytes */
export function sketchBytes(n: number, d: number): number {
  return headerOf(d) + Math.ceil(n / 4) * (2 * padded(d) + FACTS);
}

/** @see Kernels.scratchSketchEncode */
export function scratchSketchEncode(d: number): number {
  return 5 * Math.ceil(d / 32) * 32 + nibbleBytes(4, d) - headerOf(d);
}

/** @see Kernels.sketchQueryBytes */
export function sketchQueryBytes(d: number): number {
  return Math.ceil(d / 4) * 16 + padded(d) + 16;
}

/** @see Kernels.sketchEncode */
export function sketchEncode(
  memory: LinearMemory,
  rows: Ptr,
  rests: Ptr,
  n: number,
  d: number,
  form: Ptr,
): void {
  const other = memory.alloc(nibbleBytes(n, d));
  nibbleEncode(memory, rows, n, d, other);
  const { f32, u8 } = memory.whole;
  const codes = 2 * padded(d);
  u8.copyWithin(form, other, other + headerOf(d));
  const c = f32.subarray(form >>> 2, (form >>> 2) + d);
  for (let i = 0; i < n; i++) {
    const from = other + headerOf(d) + (i >>> 2) * (codes + NIBBLE_FACTS);
    const to = form + headerOf(d) + (i >>> 2) * (codes + FACTS);
    if ((i & 3) === 0) {
      u8.copyWithin(to, from, from + codes);
      u8.fill(0, to + codes, to + codes + FACTS);
    }
    const fact = ((from + codes) >>> 2) + (i & 3);
    const [kept, lost, inverse] = [f32[fact]!, f32[fact + 4]!, f32[fact + 8]!];
    const s = fround(kept * inverse);
    const q = codeOf(u8, from, i & 3, d);
    const along = inverse > 0 ? fround(s * sum(d, (j) => c[j]! * q(j))) : 0;
    const own = fround(fround(kept * kept) + fround(lost * lost));
    const at = ((to + codes) >>> 2) + (i & 3);
    f32[at] = fround(fround(own + f32[(rests >>> 2) + i]!) + fround(along + along));
    f32[at + 4] = s;
  }
  memory.free(other);
}

/** @see Kernels.sketchQuery */
export function sketchQuery({ whole: { f32, u32, u8 } }: LinearMemory, x: Ptr, d: number, out: Ptr): void {
  const from = f32.slice(x >>> 2, (x >>> 2) + d);
  const v = out + Math.ceil(d / 4) * 16;
  f32.fill(0, out >>> 2, v >>> 2);
  f32.set(from, out >>> 2);
  const top = from.reduce((m, value) => Math.max(m, Math.abs(value)), 0);
  const inverse = top >= TINY ? fround(127 / top) : 0;
  u8.fill(0, v, v + padded(d));
  let total = 0;
  for (let j = 0; j < d; j++) {
    const step = nearest(fround(from[j]! * inverse));
    u8[v + j] = step;
    total += step;
  }
  f32[(v + padded(d)) >>> 2] = fround(top / 127);
  u32[((v + padded(d)) >>> 2) + 1] = 15 * total;
}

/** @see Kernels.sketchKeys */
export function sketchKeys(
  { whole: { f32, u32, u8 } }: LinearMemory,
  form: Ptr,
  n: number,
  query: Ptr,
  d: number,
  ip: boolean,
  out: Ptr,
): void {
  const [x, c] = [query >>> 2, form >>> 2];
  const v = query + Math.ceil(d / 4) * 16;
  const step = f32[(v + padded(d)) >>> 2]!;
  const middle = u32[((v + padded(d)) >>> 2) + 1]! | 0;
  const own = sum(d, (j) =>
    ip ? -fround(f32[x + j]! * f32[c + j]!) : fround(f32[x + j]! - f32[c + j]!) ** 2,
  );
  const codes = 2 * padded(d);
  for (let i = 0; i < n; i++) {
    const group = form + headerOf(d) + (i >>> 2) * (codes + FACTS);
    const fact = ((group + codes) >>> 2) + (i & 3);
    const q = codeOf(u8, group, i & 3, d);
    let twice = -middle;
    for (let j = 0; j < d; j++) twice += (q(j) + 15) * ((u8[v + j]! << 24) >> 24);
    const base = ip ? own : fround(own + f32[fact]!);
    const weight = fround((ip ? -1 : -2) * step);
    f32[(out >>> 2) + i] = fround(base + fround(fround(weight * twice) * f32[fact + 4]!));
  }
}

/** @see Kernels.sketchSelect */
export function sketchSelect(
  memory: LinearMemory,
  visits: Ptr,
  nvisits: number,
  d: number,
  ip: boolean,
): void {
  for (let i = 0; i < nvisits; i++) {
    const [form, n, first, query, r] = memory.u32(visits + 20 * i, 5);
    const keys = memory.alloc(16 * Math.ceil(n! / 4));
    sketchKeys(memory, form!, n!, query!, d, ip, keys);
    selectF32(memory, keys, n!, false, first!, 0, r!);
    memory.free(keys);
  }
}
