/** Distances of RaBitQ codes. Scalar reference: integer counts exactly, float sums in the order of the WASM form. */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

const { fround } = Math;

function popcount(byte: number): number {
  let count = 0;
  for (let b = byte; b !== 0; b &= b - 1) count++;
  return count;
}

/** A float32 at any byte. */
function floatAt(memory: LinearMemory, at: Ptr): number {
  const { u8 } = memory.whole;
  word[0] = u8[at]! | (u8[at + 1]! << 8) | (u8[at + 2]! << 16) | (u8[at + 3]! << 24);
  return float[0]!;
}
const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** What does not depend on the vector: see the contract. */
interface QueryFacts {
  readonly toC: number;
  readonly norm: number;
  readonly error: number;
  readonly similarity: boolean;
}

function estimate(memory: LinearMemory, product: number, factors: Ptr, facts: QueryFacts): number {
  const { toC, norm, error, similarity } = facts;
  const scaled = fround(fround(2 * floatAt(memory, factors + 4)) * product);
  const v = fround(fround(floatAt(memory, factors) + toC) - scaled);
  const slack = error === 0 ? 0 : fround(floatAt(memory, factors + 8) * error);
  if (similarity) return fround(fround(-0.5 * fround(v - norm)) + slack);
  return Math.max(0, fround(Math.max(0, v) - slack));
}

/** @see Kernels.rabitqScan */
export function rabitqScan(
  memory: LinearMemory,
  codes: Ptr,
  n: number,
  stride: number,
  bytes: number,
  planes: Ptr,
  facts: Ptr,
  similarity: boolean,
  out: Ptr,
): void {
  const { u8, f32 } = memory.whole;
  const at = facts >>> 2;
  const [c1, c2, c34, used] = [f32[at]!, f32[at + 1]!, f32[at + 2]!, f32[at + 5]!];
  const rest = { toC: f32[at + 3]!, norm: f32[at + 4]!, error: f32[at + 6]!, similarity };
  for (let i = 0; i < n; i++) {
    const code = codes + i * stride;
    let dot = 0;
    let ones = 0;
    for (let b = 0; b < bytes; b++) {
      ones += popcount(u8[code + b]!);
      for (let p = 0; p < used; p++)
        dot += popcount(u8[code + b]! & u8[planes + 64 * (b >>> 3) + 8 * p + (b & 7)]!) << p;
    }
    const product = fround(fround(fround(c1 * fround(dot)) + fround(c2 * fround(ones))) - c34);
    f32[(out >>> 2) + i] = estimate(memory, product, code + bytes, rest);
  }
}

/** @see Kernels.rabitqFromSums */
export function rabitqFromSums(
  memory: LinearMemory,
  sums: Ptr,
  n: number,
  factors: Ptr,
  stride: number,
  facts: Ptr,
  similarity: boolean,
  out: Ptr,
): void {
  const { u16, f32 } = memory.whole;
  const at = facts >>> 2;
  const rest = { toC: f32[at + 3]!, norm: f32[at + 4]!, error: f32[at + 5]!, similarity };
  for (let i = 0; i < n; i++) {
    const scaled = fround(u16[(sums >>> 1) + i]! * f32[at]!);
    const product = fround(fround(scaled + f32[at + 1]!) - f32[at + 2]!);
    f32[(out >>> 2) + i] = estimate(memory, product, factors + i * stride, rest);
  }
}

/** @see Kernels.rabitqFull */
export function rabitqFull(
  memory: LinearMemory,
  signs: Ptr,
  signStride: number,
  extra: Ptr,
  extraStride: number,
  ids: Ptr,
  n: number,
  d: number,
  bits: number,
  query: Ptr,
  base: number,
  similarity: boolean,
  out: Ptr,
): void {
  const { u8, u32, f32 } = memory.whole;
  const size = Math.ceil((d * bits) / 8);
  const mask = 2 ** bits - 1;
  const sums = new Float32Array(8);
  for (let i = 0; i < n; i++) {
    const row = ids === 0 ? i : u32[(ids >>> 2) + i]!;
    const code = extra + row * extraStride;
    sums.fill(0);
    for (let j = 0; j < d; j++) {
      const bit = j * bits;
      const at = code + (bit >>> 3);
      const magnitude = ((u8[at]! | (u8[at + 1]! << 8)) >>> (bit & 7)) & mask;
      const sign = (u8[signs + row * signStride + (j >>> 3)]! >>> (j & 7)) & 1;
      const value = magnitude + sign * 2 ** bits + 0.5 - 2 ** bits;
      sums[j & 7]! += fround(f32[(query >>> 2) + j]! * value);
    }
    const [a, b, c, e] = [0, 1, 2, 3].map((lane) => fround(sums[lane]! + sums[lane + 4]!));
    const product = fround(fround(a! + c!) + fround(b! + e!));
    const offset = fround(fround(base) + floatAt(memory, code + size));
    const v = fround(offset + fround(floatAt(memory, code + size + 4) * product));
    f32[(out >>> 2) + i] = !similarity && v < 0 ? 0 : v;
  }
}
