/**
 * Rows of one list as nibbles around their mean, for lower bounds of distances. Scalar reference: the same bytes, from the
 * same sums in four lanes; see assembly/inline/nibbles.ts for what they say.
 */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

const { fround } = Math;

const HUGE = 1e37;
const TINY = fround(1e-30);
const UP = 2 ** 60;
const FAR = fround(1e16);
const NEAR = fround(1e-15);
/** Bytes of facts of a group. */
export const NIBBLE_FACTS = 48;

export function padded(d: number): number {
  return Math.ceil(d / 16) * 16;
}

export function headerOf(d: number): number {
  return Math.ceil(d / 4) * 16 + 16;
}

/** @see Kernels.nibbleBytes */
export function nibbleBytes(n: number, d: number): number {
  return headerOf(d) + Math.ceil(n / 4) * (2 * padded(d) + NIBBLE_FACTS);
}

/** The sum of `of(j)`, j below d, as four lanes make it in float32. */
export function sum(d: number, of: (j: number) => number): number {
  const lanes = new Float32Array(4);
  for (let j = 0; j < d; j++) lanes[j & 3] = lanes[j & 3]! + fround(of(j));
  return fround(fround(lanes[0]! + lanes[2]!) + fround(lanes[1]! + lanes[3]!));
}

/** Where component j of row `lane` of a group is: its byte, and the bits below it. */
function placeOf(j: number, lane: number, d: number): [byte: number, shift: number] {
  const whole = padded(d) & ~31;
  if (j < whole) return [(j >>> 5) * 64 + 16 * lane + (j & 15), j & 16 ? 4 : 0];
  return [2 * whole + 16 * (lane >>> 1) + (j & 15), lane & 1 ? 4 : 0];
}

/** Component j of the code of row `lane` of a group: q, odd in [-15, 15]. */
export function codeOf(u8: Uint8Array, group: Ptr, lane: number, d: number): (j: number) => number {
  return (j) => {
    const [byte, shift] = placeOf(j, lane, d);
    return 2 * ((u8[group + byte]! >>> shift) & 15) - 15;
  };
}

function root(v: number): number {
  return fround(Math.sqrt(v));
}

/** The mean of the rows and its length to the header. */
function center({ whole: { f32 } }: LinearMemory, rows: Ptr, n: number, d: number, form: Ptr): Float32Array {
  const [from, to] = [rows >>> 2, form >>> 2];
  f32.fill(0, to, to + headerOf(d) / 4);
  for (let j = 0; j < d; j++) {
    let total = 0;
    for (let i = 0; i < n; i++) total = fround(total + f32[from + i * d + j]!);
    const mean = fround(total / n);
    const size = Math.abs(mean);
    f32[to + j] = size <= FAR && size >= NEAR ? mean : 0;
  }
  const c = f32.subarray(to, to + d);
  f32[to + headerOf(d) / 4 - 4] = root(sum(d, (j) => c[j]! * c[j]!));
  return c;
}

function nibbleOf(y: number, inverse: number): number {
  const k = Math.floor(fround(fround(y * inverse) + 8));
  return Math.max(0, Math.min(15, k));
}

/** The code of y with steps of 1 / inverse: q, <y, q> and |q|². */
function weigh(y: Float32Array, inverse: number): { q: Int8Array; product: number; square: number } {
  const q = Int8Array.from(y, (v) => 2 * nibbleOf(v, inverse) - 15);
  const product = sum(y.length, (j) => y[j]! * q[j]!);
  return { q, product, square: sum(y.length, (j) => q[j]! ** 2) };
}

/** The code, of four, that points most nearly where y does. */
function bestCode(y: Float32Array): ReturnType<typeof weigh> {
  const most = y.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  let best = weigh(y, 0);
  let found = -1;
  for (let i = 0; i < 4; i++) {
    const part = fround(fround(0.7) + fround(fround(0.1) * i));
    const code = weigh(y, fround(7.5 / fround(most * part)));
    const value = fround(code.product / root(code.square));
    if (value > found) [best, found] = [code, value];
  }
  return best;
}

/** Writes the code of a row; returns |s q|, |y - s q| and 1 / |q|. */
function encodeRow(u8: Uint8Array, y: Float32Array, group: Ptr, lane: number): [number, number, number] {
  const d = y.length;
  const all = sum(d, (j) => y[j]! * y[j]!);
  if (!(all < HUGE)) return [Number.NaN, Number.NaN, 0];
  if (all < TINY) return [0, root(sum(d, (j) => fround(y[j]! * UP) ** 2)) / UP + fround(1e-36), 0];
  const { q, product, square } = bestCode(y);
  const norm = root(square);
  const scale = fround(product / square);
  for (let j = 0; j < d; j++) {
    const [byte, shift] = placeOf(j, lane, d);
    u8[group + byte] = u8[group + byte]! | (((q[j]! + 15) / 2) << shift);
  }
  const lost = sum(d, (j) => fround(y[j]! - fround(scale * q[j]!)) ** 2);
  return [fround(scale * norm), root(lost), fround(1 / norm)];
}

/** @see Kernels.nibbleEncode */
export function nibbleEncode(memory: LinearMemory, rows: Ptr, n: number, d: number, form: Ptr): void {
  const { f32, u8 } = memory.whole;
  const c = center(memory, rows, n, d, form);
  const bytes = padded(d) / 2;
  u8.fill(0, form + headerOf(d), form + nibbleBytes(n, d));
  for (let i = 0; i < n; i++) {
    const group = form + headerOf(d) + (i >>> 2) * (4 * bytes + NIBBLE_FACTS);
    const y = Float32Array.from(c, (v, j) => f32[(rows >>> 2) + i * d + j]! - v);
    const facts = encodeRow(u8, y, group, i & 3);
    facts.forEach((fact, j) => {
      f32[((group + 4 * bytes) >>> 2) + 4 * j + (i & 3)] = fact;
    });
  }
}

/** A query as seen from a list. */
interface Prepared {
  readonly v: Int8Array;
  readonly step: number;
  readonly blur: number;
  readonly square: number;
  /** <x, c> */
  readonly onto: number;
}

function prepare(x: Float32Array, c: Float32Array, ip: boolean): Prepared {
  const d = x.length;
  const z = ip ? x : x.map((v, j) => v - c[j]!);
  const top = z.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  const [square, onto] = [sum(d, (j) => z[j]! * z[j]!), sum(d, (j) => x[j]! * c[j]!)];
  const inverse = square >= TINY ? fround(127 / top) : 0;
  const step = fround(top / 127);
  const v = Int8Array.from(z, (value) => nearest(fround(value * inverse)));
  const blur = root(sum(d, (j) => fround(z[j]! - fround(step * v[j]!)) ** 2));
  return { v, step, blur, square, onto };
}

/** Rounds to the nearest integer, halves to even, as WebAssembly does. */
export function nearest(v: number): number {
  const down = Math.floor(v);
  const rest = v - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}

/** @see Kernels.nibbleBounds */
export function nibbleBounds(
  { whole: { f32, u8 } }: LinearMemory,
  form: Ptr,
  n: number,
  x: Ptr,
  d: number,
  ip: boolean,
  out: Ptr,
): void {
  const c = f32.subarray(form >>> 2, (form >>> 2) + d);
  const { v, step, blur, square, onto } = prepare(f32.slice(x >>> 2, (x >>> 2) + d), c, ip);
  const slack = (2 * d + 128) * 2 ** -24;
  const short = slack * Math.sqrt(square);
  const far = f32[((form + headerOf(d)) >>> 2) - 4]!;
  let constant = (ip ? -onto - 3 * short * far : square * (1 - slack)) - 1e-36;
  if ((ip && !(square >= TINY)) || !(square < HUGE)) constant = -Infinity;
  const bytes = padded(d) / 2;
  for (let i = 0; i < n; i++) {
    const group = form + headerOf(d) + (i >>> 2) * (4 * bytes + NIBBLE_FACTS);
    const fact = ((group + 4 * bytes) >>> 2) + (i & 3);
    const [kept, lost, inverse] = [f32[fact]!, f32[fact + 4]!, f32[fact + 8]!];
    const q = codeOf(u8, group, i & 3, d);
    let dot = 0;
    for (let j = 0; j < d; j++) dot += q(j) * v[j]!;
    const along = step * dot * inverse;
    const least = Math.max(0, Math.abs(along) - blur);
    const across = Math.sqrt(Math.max(0, square * (1 + slack) - least * least * (1 - slack)));
    const most = (along + blur) * kept + across * lost;
    const rest = ip ? -short * (kept + lost) : (1 - slack) * (kept * kept + lost * lost);
    f32[(out >>> 2) + i] = constant + rest - (ip ? 1 : 2) * most;
  }
}
