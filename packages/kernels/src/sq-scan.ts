/**
 * One query against the codes of a scalar quantizer, codes as faiss stores them. Scalar reference; products and sums in
 * float64, one rounding to float32 at the end.
 */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';
import { SCALAR_CODES, type ScalarCode } from './sq-contract.js';

const { bits4, bits6, bits8, fp16 } = SCALAR_CODES;
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The number that 16 bits of binary16 stand for. */
function half(h: number): number {
  const exponent = (h >>> 10) & 31;
  const fraction = h & 1023;
  const sign = h & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Component j of the code at byte `p`. */
function component(u8: Uint8Array, kind: ScalarCode, p: number, j: number): number {
  if (kind === bits8) return u8[p + j]!;
  if (kind === bits4) return (u8[p + (j >>> 1)]! >>> ((j & 1) * 4)) & 15;
  if (kind === bits6) {
    const from = 6 * j;
    const at = p + (from >>> 3);
    // the second byte is there wherever a component reaches into it
    const pair = u8[at]! | ((from & 7) > 2 ? u8[at + 1]! << 8 : 0);
    return (pair >>> (from & 7)) & 63;
  }
  const h = u8[p + 2 * j]! | (u8[p + 2 * j + 1]! << 8);
  if (kind === fp16) return half(h);
  bits[0] = h << 16;
  return float[0]!;
}

function eachRow(
  { u32 }: LinearMemory['whole'],
  { codes, codeSize, ids, n }: { codes: Ptr; codeSize: number; ids: Ptr; n: number },
  visit: (i: number, code: number) => void,
): void {
  for (let i = 0; i < n; i++) visit(i, codes + (ids === 0 ? i : u32[(ids >>> 2) + i]!) * codeSize);
}

/** @see Kernels.sqL2 */
export function sqL2(
  memory: LinearMemory,
  kind: ScalarCode,
  a: Ptr,
  b: Ptr,
  codes: Ptr,
  codeSize: number,
  d: number,
  ids: Ptr,
  n: number,
  out: Ptr,
): void {
  const { u8, f32 } = memory.whole;
  const whole = kind < fp16;
  eachRow(memory.whole, { codes, codeSize, ids, n }, (i, code) => {
    let sum = 0;
    for (let j = 0; j < d; j++) {
      const c = component(u8, kind, code, j);
      const t = f32[(a >>> 2) + j]! - (whole ? f32[(b >>> 2) + j]! * c : c);
      sum += t * t;
    }
    f32[(out >>> 2) + i] = sum;
  });
}

/** @see Kernels.sqIp */
export function sqIp(
  memory: LinearMemory,
  kind: ScalarCode,
  w: Ptr,
  base: number,
  codes: Ptr,
  codeSize: number,
  d: number,
  ids: Ptr,
  n: number,
  out: Ptr,
): void {
  const { u8, f32 } = memory.whole;
  eachRow(memory.whole, { codes, codeSize, ids, n }, (i, code) => {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += f32[(w >>> 2) + j]! * component(u8, kind, code, j);
    f32[(out >>> 2) + i] = Math.fround(base) + sum;
  });
}

/** @see Kernels.sqBounds */
export function sqBounds(
  memory: LinearMemory,
  kind: ScalarCode,
  codes: Ptr,
  codeSize: number,
  d: number,
  n: number,
  v: Ptr,
  norms: Ptr,
  weights: Ptr,
  out: Ptr,
): void {
  const { u8, f32 } = memory.whole;
  const signed = new Int16Array(u8.buffer);
  const [w0, w1, w2] = f32.subarray(weights >>> 2, (weights >>> 2) + 3);
  eachRow(memory.whole, { codes, codeSize, ids: 0, n }, (i, code) => {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += signed[(v >>> 1) + j]! * component(u8, kind, code, j);
    const norm = norms === 0 ? 0 : f32[(norms >>> 2) + i]!;
    f32[(out >>> 2) + i] = w0! + w1! * norm + w2! * sum;
  });
}

/** @see Kernels.sqWiden */
export function sqWiden(memory: LinearMemory, kind: ScalarCode, codes: Ptr, n: number, out: Ptr): void {
  const { u8, f32 } = memory.whole;
  for (let j = 0; j < n; j++) f32[(out >>> 2) + j] = component(u8, kind, codes, j);
}
