/**
 * Rows as bytes, for lower bounds of distances. Scalar reference; the codes are the same at every level, the facts and
 * bounds but for the last bits.
 */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

const { fround } = Math;

/** A square this large may overflow with its neighbours: such a row has no bound, -Infinity. */
const HUGE = 1e37;
/** Floats of the facts of a group of four rows. */
const FACTS = 20;

/** `x - mean`, `(d)`, in float32. */
function difference({ f32 }: LinearMemory['whole'], x: Ptr, mean: Ptr, d: number): Float32Array {
  const at = x >>> 2;
  return Float32Array.from({ length: d }, (_, j) => f32[at + j]! - (mean === 0 ? 0 : f32[(mean >>> 2) + j]!));
}

/** Rounds to the nearest integer, halves to even, as WebAssembly does. */
function nearest(v: number): number {
  const down = Math.floor(v);
  const rest = v - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}

/** z as `scale · q`, q in [-top, top]. */
function quantize(z: Float32Array, top: number): { scale: number; q: Int16Array } {
  const most = z.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  const inverse = most > 0 ? fround(top / most) : 0;
  const q = Int16Array.from(z, (v) => Math.min(top, Math.max(-top, nearest(fround(v * inverse)))));
  return { scale: fround(most / top), q };
}

function norm(length: number, of: (j: number) => number): number {
  let sum = 0;
  for (let j = 0; j < length; j++) sum += of(j) ** 2;
  return Math.sqrt(sum);
}

/** Bytes from 16 of a row to its next 16: in a group, and in a code by itself. */
const BY_TURNS = 64;
const ALONE = 16;

/** Writes the code of a row, 16 bytes every `step`; returns |y|², s, |s q| and |y - s q|, and 64 sum(q). */
function encodeRow(
  { whole }: LinearMemory,
  row: Ptr,
  d: number,
  mean: Ptr,
  code: Ptr,
  step: number,
): number[] {
  const y = difference(whole, row, mean, d);
  const { scale, q } = quantize(y, 127);
  for (let j = 0; j < ((d + 15) & ~15); j++) whole.u8[code + (j >>> 4) * step + (j & 15)] = q[j] ?? 0;
  const square = norm(d, (j) => y[j]!) ** 2;
  return [
    square < HUGE ? square : -Infinity,
    scale,
    norm(d, (j) => scale * q[j]!),
    norm(d, (j) => y[j]! - scale * q[j]!),
    64 * q.reduce((sum, v) => sum + v, 0),
  ];
}

/** @see Kernels.int8Encode */
export function int8Encode(
  memory: LinearMemory,
  rows: Ptr,
  n: number,
  d: number,
  mean: Ptr,
  codes: Ptr,
  facts: Ptr,
): void {
  const { f32 } = memory.whole;
  const d16 = (d + 15) & ~15;
  for (let i = 0; i < n; i++) {
    const lane = (facts >>> 2) + (i >>> 2) * FACTS + (i & 3);
    const code = codes + (i >>> 2) * 4 * d16 + 16 * (i & 3);
    encodeRow(memory, rows + i * d * 4, d, mean, code, BY_TURNS).forEach((fact, j) => {
      f32[lane + 4 * j] = fact;
    });
  }
}

/** @see Kernels.int8Records */
export function int8Records(
  memory: LinearMemory,
  rows: Ptr,
  n: number,
  d: number,
  mean: Ptr,
  out: Ptr,
): void {
  const { f32 } = memory.whole;
  const d16 = (d + 15) & ~15;
  for (let i = 0; i < n; i++) {
    const code = out + i * (d16 + 16);
    f32.set(encodeRow(memory, rows + i * d * 4, d, mean, code, ALONE).slice(0, 4), (code + d16) >>> 2);
  }
}

/** @see Kernels.int8Query */
export function int8Query(memory: LinearMemory, x: Ptr, d: number, mean: Ptr, out: Ptr, facts: Ptr): void {
  const { u8, f32 } = memory.whole;
  const z = difference(memory.whole, x, mean, d);
  const { scale, q } = quantize(z, 63);
  u8.fill(64, out, out + ((d + 15) & ~15));
  for (let j = 0; j < d; j++) u8[out + j] = q[j]! + 64;
  f32.set([norm(d, (j) => z[j]!) ** 2, scale, norm(d, (j) => z[j]! - scale * q[j]!)], facts >>> 2);
}

/** @see Kernels.int12Query */
export function int12Query(memory: LinearMemory, x: Ptr, d: number, mean: Ptr, out: Ptr, facts: Ptr): void {
  const { u8, f32 } = memory.whole;
  const z = difference(memory.whole, x, mean, d);
  const { scale, q } = quantize(z, 2047);
  u8.fill(0, out, out + 2 * ((d + 15) & ~15));
  new Int16Array(u8.buffer, out, d).set(q);
  f32.set([norm(d, (j) => z[j]!) ** 2, scale, norm(d, (j) => z[j]! - scale * q[j]!)], facts >>> 2);
}

/** @see Kernels.int8Bounds */
export function int8Bounds(
  memory: LinearMemory,
  codes: Ptr,
  facts: Ptr,
  groups: number,
  d16: number,
  u: Ptr,
  weights: Ptr,
  out: Ptr,
): void {
  const { u8, f32 } = memory.whole;
  const signed = new Int8Array(u8.buffer);
  const [w0, w1, w2, w3, w4] = f32.subarray(weights >>> 2, (weights >>> 2) + 5);
  for (let i = 0; i < 4 * groups; i++) {
    let product = 0;
    const code = codes + (i >>> 2) * 4 * d16 + 16 * (i & 3);
    for (let j = 0; j < d16; j++) product += signed[code + 4 * (j & ~15) + (j & 15)]! * (u8[u + j]! - 64);
    const lane = (facts >>> 2) + (i >>> 2) * FACTS + (i & 3);
    const [square, scale, kept, lost] = [f32[lane]!, f32[lane + 4]!, f32[lane + 8]!, f32[lane + 12]!];
    f32[(out >>> 2) + i] = w0! + w1! * square + w2! * scale * product + w3! * kept + w4! * lost;
  }
}

/** @see Kernels.indicesUpTo */
export function indicesUpTo(
  memory: LinearMemory,
  values: Ptr,
  n: number,
  limit: number,
  first: number,
  out: Ptr,
): number {
  const { f32, u32 } = memory.whole;
  let count = 0;
  for (let i = 0; i < n; i++) {
    if (!(f32[(values >>> 2) + i]! > fround(limit))) u32[(out >>> 2) + count++] = first + i;
  }
  return count;
}
