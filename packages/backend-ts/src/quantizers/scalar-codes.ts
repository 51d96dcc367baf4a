/**
 * How the types of faiss's scalar quantizer write a vector as a code and read it back, in float32 as faiss does.
 * @see faiss/impl/scalar_quantizer/quantizers.h, codecs.h
 */
import type { ScalarQuantizerKind } from '@lutra/core';
import { SCALAR_CODES, type ScalarCode } from '@lutra/kernels';
import { readIndex, writeIndex } from './bit-codes.js';
import { decodeBf16, decodeFp16, encodeBf16, encodeFp16 } from './half-floats.js';

const { fround } = Math;

/** Writes and reads codes of one type, one vector at a time. */
export interface ScalarCoder {
  /** Writes x, `(d)`, to the bytes from `at` on, which are zero. */
  encode(x: Float32Array, codes: Uint8Array, at: number): void;
  /** Reads the code that starts at byte `at` into `out`, `(d)`. */
  decode(codes: Uint8Array, at: number, out: Float32Array): void;
}

/** What a range quantizer learns: `vmin` and `vdiff`, `(2, d)`, or 2 values for all components. */
export interface Range {
  readonly code: ScalarCode;
  /** The largest whole number. */
  readonly top: number;
  readonly uniform: boolean;
}

const RANGES: Partial<Record<ScalarQuantizerKind, Range>> = {
  '8bit': { code: SCALAR_CODES.bits8, top: 255, uniform: false },
  '6bit': { code: SCALAR_CODES.bits6, top: 63, uniform: false },
  '4bit': { code: SCALAR_CODES.bits4, top: 15, uniform: false },
  '8bit_uniform': { code: SCALAR_CODES.bits8, top: 255, uniform: true },
  '4bit_uniform': { code: SCALAR_CODES.bits4, top: 15, uniform: true },
};

/** The range that a type learns, or undefined. */
export function rangeOf(qtype: ScalarQuantizerKind): Range | undefined {
  return RANGES[qtype];
}

/** Component j of `trained` for a range: the smallest value, and the width. */
export function limits(
  { uniform }: Range,
  trained: Float32Array,
  d: number,
): { vmin(j: number): number; vdiff(j: number): number } {
  return uniform
    ? { vmin: () => trained[0]!, vdiff: () => trained[1]! }
    : { vmin: (j) => trained[j]!, vdiff: (j) => trained[d + j]! };
}

/** The coder of a range type, with what it has learnt. */
export function rangeCoder(range: Range, trained: Float32Array, d: number): ScalarCoder {
  const { top, uniform } = range;
  const step = uniform ? 0 : 1;
  const widths = trained.subarray(uniform ? 1 : d);
  const write = WRITERS[range.code as keyof typeof WRITERS];
  const read = READERS[range.code as keyof typeof READERS];
  // 255 and x are float32 in faiss, 15 and 63 are float64
  const scaled = top === 255 ? (v: number) => fround(255 * v) : (v: number) => top * v;
  return {
    encode(x, codes, at) {
      for (let j = 0, i = 0; j < d; j++, i += step) {
        const width = widths[i]!;
        const v = width === 0 ? 0 : fround(fround(x[j]! - trained[i]!) / width);
        write(codes, at, j, Math.trunc(scaled(Math.min(1, Math.max(0, v)))));
      }
    },
    decode(codes, at, out) {
      for (let j = 0, i = 0; j < d; j++, i += step) {
        const v = fround((read(codes, at, j) + 0.5) / top);
        out[j] = trained[i]! + fround(v * widths[i]!);
      }
    },
  };
}

const WRITERS = {
  8: (codes: Uint8Array, at: number, j: number, index: number): void => {
    codes[at + j] = index;
  },
  6: (codes: Uint8Array, at: number, j: number, index: number): void => {
    const bit = 6 * j;
    const byte = at + (bit >>> 3);
    codes[byte]! |= index << (bit & 7);
    if ((bit & 7) > 2) codes[byte + 1]! |= index >>> (8 - (bit & 7));
  },
  4: (codes: Uint8Array, at: number, j: number, index: number): void => {
    codes[at + (j >>> 1)]! |= index << ((j & 1) * 4);
  },
};

const READERS = {
  8: (codes: Uint8Array, at: number, j: number): number => codes[at + j]!,
  6: (codes: Uint8Array, at: number, j: number): number => {
    const bit = 6 * j;
    const byte = at + (bit >>> 3);
    const pair = codes[byte]! | ((bit & 7) > 2 ? codes[byte + 1]! << 8 : 0);
    return (pair >>> (bit & 7)) & 63;
  },
  4: (codes: Uint8Array, at: number, j: number): number => (codes[at + (j >>> 1)]! >>> ((j & 1) * 4)) & 15,
};

/** A coder of components that take whole bytes and know no range. */
function componentCoder(
  d: number,
  bytes: 1 | 2,
  encode: (x: number) => number,
  decode: (c: number) => number,
): ScalarCoder {
  return {
    encode(x, codes, at) {
      for (let j = 0; j < d; j++) {
        const c = encode(x[j]!);
        codes[at + j * bytes] = c;
        if (bytes === 2) codes[at + 2 * j + 1] = c >>> 8;
      }
    },
    decode(codes, at, out) {
      for (let j = 0; j < d; j++) {
        const low = codes[at + j * bytes]!;
        out[j] = decode(bytes === 2 ? low | (codes[at + 2 * j + 1]! << 8) : low);
      }
    },
  };
}

/** The lowest byte of a number without its fraction; what 32 bits do not hold is 0, as processors have it. */
export const lowByte = (x: number): number => (Math.abs(x) < 2 ** 31 ? x & 255 : 0);

const PLAIN: Partial<Record<ScalarQuantizerKind, (d: number) => ScalarCoder>> = {
  fp16: (d) => componentCoder(d, 2, encodeFp16, decodeFp16),
  bf16: (d) => componentCoder(d, 2, encodeBf16, decodeBf16),
  '8bit_direct': (d) => componentCoder(d, 1, lowByte, (c) => c),
  '8bit_direct_signed': (d) =>
    componentCoder(
      d,
      1,
      (x) => lowByte(fround(x + 128)),
      (c) => c - 128,
    ),
  '0bit': () => ({ encode() {}, decode: (_codes, _at, out) => out.fill(0) }),
};

/** The coder of a type that learns nothing, or undefined. */
export function plainCoder(qtype: ScalarQuantizerKind, d: number): ScalarCoder | undefined {
  return PLAIN[qtype]?.(d);
}

/** A coder by a table of centroids for all components: `trained` is centroids, ascending, then the boundaries between them. */
export function tableCoder(bits: number, trained: Float32Array, d: number): ScalarCoder {
  const boundaries = trained.subarray(2 ** bits);
  return {
    encode(x, codes, at) {
      for (let j = 0; j < d; j++) writeIndex(codes, at, j, bits, countUpTo(boundaries, x[j]!));
    },
    decode(codes, at, out) {
      for (let j = 0; j < d; j++) out[j] = trained[readIndex(codes, at, j, bits)]!;
    },
  };
}

/** How many of ascending numbers are at most v. */
export function countUpTo(ascending: Float32Array, v: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! <= v) low = middle + 1;
    else high = middle;
  }
  return low;
}
