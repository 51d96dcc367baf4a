/**
 * IEEE 754 binary16. Integer arithmetic on the bits, so that NaN payloads survive both ways as they do in NumPy.
 */

/** The float32 of each half-precision bit pattern; exact. */
export function halfToFloat32(half: Uint16Array): Float32Array {
  const bits = new Uint32Array(half.length);
  for (let i = 0; i < half.length; i++) bits[i] = float32Bits(half[i]!);
  return new Float32Array(bits.buffer);
}

/** The half-precision bit pattern nearest to each float32, ties to even; beyond 65504 by half a step: infinity. */
export function float32ToHalf(x: Float32Array): Uint16Array {
  const bits = new Uint32Array(x.buffer, x.byteOffset, x.length);
  const half = new Uint16Array(x.length);
  for (let i = 0; i < half.length; i++) half[i] = halfBits(bits[i]!);
  return half;
}

/** As {@link float32ToHalf}, from float64 in one rounding. */
export function float64ToHalf(x: Float64Array): Uint16Array {
  const half = new Uint16Array(x.length);
  const view = new DataView(x.buffer, x.byteOffset, x.byteLength);
  const low = new Uint8Array(Float64Array.of(1).buffer)[7] !== 0;
  for (let i = 0; i < half.length; i++)
    half[i] = halfOfDouble(x[i]!, view.getUint32(8 * i + (low ? 4 : 0), low));
  return half;
}

function float32Bits(h: number): number {
  const sign = (h & 0x8000) << 16;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 1023) << 13);
}

function halfBits(u: number): number {
  const sign = (u >>> 16) & 0x8000;
  const a = u & 0x7fffffff;
  // a NaN whose payload lies wholly in the bits cut off must not become infinity
  if (a > 0x7f800000) return sign | 0x7c00 | ((a >>> 13) & 1023 || 1);
  if (a >= 0x477ff000) return sign | 0x7c00;
  if (a >= 0x38800000) {
    const r = a - 0x38000000;
    return sign | ((r + 0xfff + ((r >>> 13) & 1)) >>> 13);
  }
  if (a < 0x33000000) return sign;
  const shift = 126 - (a >>> 23);
  const m = (a & 0x7fffff) | 0x800000;
  const r = m >>> shift;
  const rest = m & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return sign | (rest > tie || (rest === tie && r & 1) ? r + 1 : r);
}

function halfOfDouble(x: number, high: number): number {
  const sign = (high >>> 16) & 0x8000;
  if (Number.isNaN(x)) return sign | 0x7c00 | ((high >>> 10) & 1023 || 1);
  const a = Math.abs(x);
  if (a >= 65520) return sign | 0x7c00;
  if (a < 2 ** -14) return sign | roundToEven(a * 2 ** 24);
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  // 1024 ≤ fraction ≤ 2048; the last of them carries into the exponent
  return sign | (((exponent + 14) << 10) + roundToEven(a * 2 ** (10 - exponent)));
}

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
