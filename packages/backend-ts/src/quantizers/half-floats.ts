/**
 * Floats of 16 bits, rounded as faiss rounds them: to the nearest, and away from zero where two are as near (one half of
 * IEEE 754 rounds those to the even one).
 * @see faiss/utils/fp16-inl.h, faiss/utils/bf16.h
 */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
/** Largest magnitude that is still a finite binary16 when rounded, as bits of a float32; beyond it is infinity. */
const FP16_OVERFLOW = 0x477ff000;
/** Below 2^-14 a binary16 is subnormal: a multiple of 2^-24. */
const FP16_NORMAL = 0x38800000;

/** The bits of `x` as binary16. */
export function encodeFp16(x: number): number {
  float[0] = x;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const magnitude = bits[0]! & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= FP16_OVERFLOW) return sign | 0x7c00;
  if (magnitude < FP16_NORMAL) return sign | subnormal(magnitude);
  // the exponent moves from bias 127 to 15; half of the last bit that stays is added first
  return sign | ((magnitude - 0x38000000 + 0x1000) >>> 13);
}

/** A multiple of 2^-24, halves up; of a value that may be above the largest by rounding, which is then the first normal one. */
function subnormal(magnitude: number): number {
  // the twelve lowest bits do not take part, as in faiss
  bits[0] = magnitude & ~0xfff;
  return Math.floor(float[0]! * 2 ** 24 + 0.5);
}

/** The bits of `x` as bf16, the upper half of a float32. */
export function encodeBf16(x: number): number {
  float[0] = x;
  return ((bits[0]! + 0x8000) >>> 16) & 0xffff;
}

/** The number that the bits of a bf16 stand for. */
export function decodeBf16(h: number): number {
  bits[0] = h << 16;
  return float[0]!;
}

/** The number that the bits of a binary16 stand for. */
export function decodeFp16(h: number): number {
  const exponent = (h >>> 10) & 31;
  const fraction = h & 1023;
  const sign = h & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
