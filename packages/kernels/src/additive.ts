/** Distances and vectors of additive-quantizer codes. Scalar reference, with the float32 rounding of the WASM form. */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

const { fround } = Math;
const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The `width` ≤ 32 bits from bit `at` of the string at byte `from` on. */
function bitsAt(u8: Uint8Array, from: number, at: number, width: number): number {
  let value = 0;
  for (let got = 0; got < width; ) {
    const bit = at + got;
    const take = Math.min(8 - (bit & 7), width - got);
    value += ((u8[from + (bit >>> 3)]! >>> (bit & 7)) & ((1 << take) - 1)) * 2 ** got;
    got += take;
  }
  return value;
}

/** @see Kernels.additiveScan */
export function additiveScan(
  memory: LinearMemory,
  codes: Ptr,
  n: number,
  codeSize: number,
  M: number,
  bits: Ptr,
  lut: Ptr,
  normBits: number,
  norms: Ptr,
  bias: number,
  factor: number,
  out: Ptr,
): void {
  const { u8, u32, f32 } = memory.whole;
  for (let i = 0; i < n; i++) {
    const code = codes + i * codeSize;
    let [sum, table, at] = [0, lut >>> 2, 0];
    for (let m = 0; m < M; m++) {
      const width = u32[(bits >>> 2) + m]!;
      sum = fround(sum + f32[table + bitsAt(u8, code, at, width)]!);
      table += 2 ** width;
      at += width;
    }
    let v = fround(fround(factor) * sum);
    if (normBits === 32) {
      word[0] = bitsAt(u8, code, at, 32);
      v = fround(float[0]! + v);
    } else if (normBits > 0) v = fround(f32[(norms >>> 2) + bitsAt(u8, code, at, normBits)]! + v);
    f32[(out >>> 2) + i] = fround(bias) + v;
  }
}

/** @see Kernels.additiveDecode */
export function additiveDecode(
  memory: LinearMemory,
  codes: Ptr,
  n: number,
  codeSize: number,
  M: number,
  bits: Ptr,
  codebooks: Ptr,
  dsub: number,
  parts: number,
  out: Ptr,
): void {
  const { u8, u32, f32 } = memory.whole;
  const each = M / parts;
  for (let i = 0; i < n; i++) {
    let [book, at] = [codebooks >>> 2, 0];
    for (let m = 0; m < M; m++) {
      const width = u32[(bits >>> 2) + m]!;
      const row = book + bitsAt(u8, codes + i * codeSize, at, width) * dsub;
      const to = (out >>> 2) + (i * parts + Math.floor(m / each)) * dsub;
      const first = m % each === 0;
      for (let j = 0; j < dsub; j++) f32[to + j] = first ? f32[row + j]! : f32[to + j]! + f32[row + j]!;
      book += dsub * 2 ** width;
      at += width;
    }
  }
}

/** @see Kernels.lsqSettle */
export function lsqSettle(
  memory: LinearMemory,
  codes: Ptr,
  n: number,
  M: number,
  K: number,
  unaries: Ptr,
  pairs: Ptr,
  iterations: number,
): void {
  const { u32, f32 } = memory.whole;
  const size = M * K;
  for (let i = 0; i < n; i++) {
    const code = (codes >>> 2) + i * M;
    for (let step = 0; step < iterations * M; step++) {
      const m = step % M;
      let [best, found] = [fround(3.4028234663852886e38), 0];
      for (let c = 0; c < K; c++) {
        let v = f32[(unaries >>> 2) + i * size + m * K + c]!;
        for (let o = 0; o < M; o++) {
          if (o !== m) v = fround(v + f32[(pairs >>> 2) + (o * K + u32[code + o]!) * size + m * K + c]!);
        }
        if (v < best) [best, found] = [v, c];
      }
      u32[code + m] = found;
    }
  }
}
