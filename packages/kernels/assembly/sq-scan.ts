// One query against many codes of a scalar quantizer, which become floats in registers.
//
//      8 bits   a byte a component
//      6 bits   four components in three bytes, the first in the lowest bits
//      4 bits   two components a byte, the first in the lower half
//      fp16     binary16, subnormals included; a row with an infinity or a NaN is summed one by one
//      bf16     the upper half of a binary32
//
// Whole numbers c count as b c against a (one product: w c), so that the range of the quantizer is in a and b alone. Sixteen
// components go to four lanes of two accumulators, in turn; what is left of whole numbers behind the last sixteen is summed
// one by one. A row's result depends neither on its place nor on how it is picked.
import { fold, highOf, loadRest, lookup, lowNibbles, lowOf, madd, sqdiff, sums4, zero } from './inline/lanes';

const FP16 = 16;
const BF16 = 17;
// The bits of 2^112, between the exponents of binary16 and of binary32; of what a moved binary16 keeps; of an infinity's
// exponent. From memory and not `splat`: V8 would make a constant anew in each round.
const TWO_112: u32 = 0x77800000;
const TWO_112S = memory.data<u32>([0x77800000, 0x77800000, 0x77800000, 0x77800000], 16);
const MOVED = memory.data<u32>([0x8fffe000, 0x8fffe000, 0x8fffe000, 0x8fffe000], 16);
const EXPONENT = memory.data<u32>([0x7c007c00, 0x7c007c00, 0x7c007c00, 0x7c007c00], 16);

// Bytes 4 i to 4 i + 3 of a vector as the lowest bytes of four lanes; 128 gives zero.
const SPREAD = memory.data<u8>([
  0, 128, 128, 128, 1, 128, 128, 128, 2, 128, 128, 128, 3, 128, 128, 128,
  4, 128, 128, 128, 5, 128, 128, 128, 6, 128, 128, 128, 7, 128, 128, 128,
  8, 128, 128, 128, 9, 128, 128, 128, 10, 128, 128, 128, 11, 128, 128, 128,
  12, 128, 128, 128, 13, 128, 128, 128, 14, 128, 128, 128, 15, 128, 128, 128,
], 16);
// The two bytes that hold each of the first eight components of 6 bits, and of the second; and what moves one to the top.
const SIXES = memory.data<u8>([
  0, 128, 0, 1, 1, 2, 2, 128, 3, 128, 3, 4, 4, 5, 5, 128,
  6, 128, 6, 7, 7, 8, 8, 128, 9, 128, 9, 10, 10, 11, 11, 128,
], 16);
const LIFT = memory.data<u16>([1024, 16, 64, 256, 1024, 16, 64, 256], 16);

@inline
function step(ip: bool, whole: bool, a: usize, b: usize, c: v128, acc: v128): v128 {
  if (ip) return f32x4.add(f32x4.mul(v128.load(a), c), acc);
  const t = f32x4.sub(v128.load(a), whole ? f32x4.mul(v128.load(b), c) : c);
  return f32x4.add(f32x4.mul(t, t), acc);
}

@inline
function spread(bytes: v128, quarter: usize): v128 {
  return f32x4.convert_i32x4_s(lookup(bytes, v128.load(SPREAD + quarter)));
}

@inline
function nibbles(p: usize): v128 {
  const pairs = v128.load64_zero(p), mask = lowNibbles();
  return i8x16.shuffle(
    lowOf(pairs, mask), highOf(pairs, mask), 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23,
  );
}

/** Components of 6 bits, eight u16, of those in twelve bytes. */
@inline
function sixes(bytes: v128, half: usize): v128 {
  return i16x8.shr_u(i16x8.mul(lookup(bytes, v128.load(SIXES + half)), v128.load(LIFT)), 10);
}

/** Four binary16, sign-extended to i32: sign and exponent move up, and 2^112 sets the exponent right, of subnormals too. */
@inline
function widen(h: v128): v128 {
  return f32x4.mul(v128.and(i32x4.shl(h, 13), v128.load(MOVED)), v128.load(TWO_112S));
}

// Which of eight binary16 are infinite or NaN.
@inline
function infinities(h: v128): v128 {
  const exponent = v128.load(EXPONENT);
  return i16x8.eq(v128.and(h, exponent), exponent);
}

// Four of eight floats of 16 bits.
@inline
function lowHalves(kind: i32, h: v128): v128 {
  if (kind == FP16) return widen(i32x4.extend_low_i16x8_s(h));
  return i16x8.shuffle(zero(), h, 0, 8, 1, 9, 2, 10, 3, 11);
}

@inline
function highHalves(kind: i32, h: v128): v128 {
  if (kind == FP16) return widen(i32x4.extend_high_i16x8_s(h));
  return i16x8.shuffle(zero(), h, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** Component j of one code. */
@inline
function component(kind: i32, p: usize, j: usize): f32 {
  if (kind == 8) return <f32>load<u8>(p + j);
  if (kind == 4) return <f32>((load<u8>(p + (j >>> 1)) >>> ((<u32>j & 1) << 2)) & 15);
  if (kind == 6) {
    const group = p + (j >>> 2) * 3, k = <u32>j & 3;
    const first = <u32>load<u8>(group + (k == 0 ? 0 : k - 1)), shift = (<u32>6 * k) & 7;
    if (k == 0) return <f32>(first & 63);
    if (k == 3) return <f32>(<u32>load<u8>(group + 2) >>> 2);
    return <f32>(((first | (<u32>load<u8>(group + k) << 8)) >>> shift) & 63);
  }
  const bits = <u32>load<u16>(p + (j << 1));
  if (kind == BF16) return reinterpret<f32>(bits << 16);
  const magnitude = (bits & 0x7fff) << 13;
  const sign = (bits & 0x8000) << 16;
  if (magnitude >= 0x0f800000) return reinterpret<f32>(sign | magnitude | 0x7f800000);
  return reinterpret<f32>(sign | magnitude) * reinterpret<f32>(TWO_112);
}

function summedFrom(kind: i32, ip: bool, a: usize, b: usize, p: usize, from: i32, d: i32): f32 {
  let sum: f32 = 0;
  for (let j: usize = from; j < <usize>d; j++) {
    const c = component(kind, p, j);
    const x = load<f32>(a + (j << 2));
    if (ip) sum += x * c;
    else {
      const t = x - (kind < FP16 ? load<f32>(b + (j << 2)) * c : c);
      sum += t * t;
    }
  }
  return sum;
}

@inline
function row(kind: i32, ip: bool, a: usize, b: usize, p: usize, d: i32): f32 {
  const whole = d & ~15;
  const end = a + (<usize>whole << 2);
  let at = a, range = b, code = p;
  let special = zero(), even = zero(), odd = zero();
  for (; at < end; at += 64, range += 64) {
    let c0: v128, c1: v128, c2: v128, c3: v128;
    if (kind == 8 || kind == 4) {
      const bytes = kind == 8 ? v128.load(code) : nibbles(code);
      c0 = spread(bytes, 0);
      c1 = spread(bytes, 16);
      c2 = spread(bytes, 32);
      c3 = spread(bytes, 48);
      code += kind << 1;
    } else if (kind == 6) {
      const bytes = v128.load32_lane(code, v128.load64_zero(code), 2, 8);
      const low = sixes(bytes, 0), high = sixes(bytes, 16);
      c0 = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low));
      c1 = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low));
      c2 = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high));
      c3 = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high));
      code += 12;
    } else {
      const h0 = v128.load(code), h1 = v128.load(code, 16);
      if (kind == FP16) special = v128.or(special, v128.or(infinities(h0), infinities(h1)));
      c0 = lowHalves(kind, h0);
      c1 = highHalves(kind, h0);
      c2 = lowHalves(kind, h1);
      c3 = highHalves(kind, h1);
      code += 32;
    }
    even = step(ip, kind < FP16, at, range, c0, even);
    odd = step(ip, kind < FP16, at + 16, range + 16, c1, odd);
    even = step(ip, kind < FP16, at + 32, range + 32, c2, even);
    odd = step(ip, kind < FP16, at + 48, range + 48, c3, odd);
  }
  if (kind >= FP16) {
    // as the kernels of distances end a row, so that floats of 16 bits have the sums of the float32 they stand for
    if (d & 8) {
      const h = v128.load(code);
      if (kind == FP16) special = v128.or(special, infinities(h));
      even = step(ip, false, at, 0, lowHalves(kind, h), even);
      odd = step(ip, false, at + 16, 0, highHalves(kind, h), odd);
      at += 32;
      code += 16;
    }
    if (d & 4) {
      const h = v128.load64_zero(code);
      if (kind == FP16) special = v128.or(special, infinities(h));
      even = step(ip, false, at, 0, lowHalves(kind, h), even);
      at += 16;
      code += 8;
    }
    const rest = d & 3;
    if (rest) {
      let h = v128.load16_lane(code, zero(), 0, 0);
      if (rest > 1) h = v128.load16_lane(code, h, 1, 2);
      if (rest > 2) h = v128.load16_lane(code, h, 2, 4);
      if (kind == FP16) special = v128.or(special, infinities(h));
      const x = loadRest(at, rest), c = lowHalves(kind, h);
      odd = ip ? madd(x, c, odd) : sqdiff(x, c, odd);
    }
    if (kind == FP16 && v128.any_true(special)) return summedFrom(kind, ip, a, b, p, 0, d);
    return fold(f32x4.add(even, odd));
  }
  const sum = fold(f32x4.add(even, odd));
  return whole == d ? sum : sum + summedFrom(kind, ip, a, b, p, whole, d);
}

@inline
function rows(kind: i32, ip: bool, a: usize, b: usize, base: f32, codes: usize, size: usize, d: i32, ids: usize, n: i32, out: usize): void {
  if (ids) {
    // every page is asked for before the first is read: their addresses are looked up side by side
    let seen: u32 = 0;
    for (let i = 0; i < n; i++) seen |= load<u8>(codes + <usize>load<u32>(ids + (<usize>i << 2)) * size);
    if (n) store<u32>(out, seen);
  }
  // one loop for both, as each row is much code
  for (let i = 0; i < n; i++) {
    const p = codes + (ids ? <usize>load<u32>(ids + (<usize>i << 2)) : <usize>i) * size;
    store<f32>(out + (<usize>i << 2), base + row(kind, ip, a, b, p, d));
  }
}

export function sqL2(kind: i32, a: usize, b: usize, codes: usize, codeSize: i32, d: i32, ids: usize, n: i32, out: usize): void {
  const size = <usize>codeSize;
  if (kind == 8) rows(8, false, a, b, 0, codes, size, d, ids, n, out);
  else if (kind == 6) rows(6, false, a, b, 0, codes, size, d, ids, n, out);
  else if (kind == 4) rows(4, false, a, b, 0, codes, size, d, ids, n, out);
  else if (kind == FP16) rows(FP16, false, a, 0, 0, codes, size, d, ids, n, out);
  else rows(BF16, false, a, 0, 0, codes, size, d, ids, n, out);
}

export function sqIp(kind: i32, w: usize, base: f32, codes: usize, codeSize: i32, d: i32, ids: usize, n: i32, out: usize): void {
  const size = <usize>codeSize;
  if (kind == 8) rows(8, true, w, 0, base, codes, size, d, ids, n, out);
  else if (kind == 6) rows(6, true, w, 0, base, codes, size, d, ids, n, out);
  else if (kind == 4) rows(4, true, w, 0, base, codes, size, d, ids, n, out);
  else if (kind == FP16) rows(FP16, true, w, 0, base, codes, size, d, ids, n, out);
  else rows(BF16, true, w, 0, base, codes, size, d, ids, n, out);
}

@inline
function widenAll(kind: i32, codes: usize, n: i32, out: usize): void {
  let j = 0;
  for (; j + 8 <= n; j += 8) {
    const h = v128.load(codes + (<usize>j << 1));
    const to = out + (<usize>j << 2);
    v128.store(to, lowHalves(kind, h));
    v128.store(to, highHalves(kind, h), 16);
    if (kind == FP16) {
      if (!v128.any_true(infinities(h))) continue;
      for (let i = j; i < j + 8; i++) store<f32>(out + (<usize>i << 2), component(kind, codes, i));
    }
  }
  for (; j < n; j++) store<f32>(out + (<usize>j << 2), component(kind, codes, j));
}

export function sqWiden(kind: i32, codes: usize, n: i32, out: usize): void {
  if (kind == FP16) widenAll(FP16, codes, n, out);
  else widenAll(BF16, codes, n, out);
}

/** Whole numbers of sixteen components, as sixteen u16 times v, added up in pairs. */
@inline
function products(kind: i32, code: usize, v: usize): v128 {
  let low: v128, high: v128;
  if (kind == 6) {
    const bytes = v128.load32_lane(code, v128.load64_zero(code), 2, 8);
    low = sixes(bytes, 0);
    high = sixes(bytes, 16);
  } else {
    const bytes = kind == 8 ? v128.load(code) : nibbles(code);
    low = i16x8.extend_low_i8x16_u(bytes);
    high = i16x8.extend_high_i8x16_u(bytes);
  }
  return i32x4.add(i32x4.dot_i16x8_s(low, v128.load(v)), i32x4.dot_i16x8_s(high, v128.load(v, 16)));
}

/** The products from component `from` on, of one code. */
function productsFrom(kind: i32, code: usize, v: usize, from: i32, d: i32): i32 {
  let sum = 0;
  for (let j: usize = from; j < <usize>d; j++) sum += <i32>component(kind, code, j) * <i32>load<i16>(v + (j << 1));
  return sum;
}

@inline
function boundRows(kind: i32, codes: usize, size: usize, d: i32, n: i32, v: usize, norms: usize, weights: usize, out: usize): void {
  const constant = v128.load32_splat(weights), square = v128.load32_splat(weights, 4);
  const product = v128.load32_splat(weights, 8);
  const whole = d & ~15;
  const end = v + (<usize>whole << 1);
  const bytes: usize = kind << 1;
  for (let i = 0; i < n; i += 4) {
    // behind the last code the last one counts again
    const last = n - 1 - i;
    let c0 = codes + <usize>i * size;
    let c1 = c0 + <usize>min(1, last) * size, c2 = c0 + <usize>min(2, last) * size, c3 = c0 + <usize>min(3, last) * size;
    const p0 = c0, p1 = c1, p2 = c2, p3 = c3;
    let a = zero(), b = zero(), c = zero(), e = zero();
    for (let p = v; p < end; p += 32, c0 += bytes, c1 += bytes, c2 += bytes, c3 += bytes) {
      a = i32x4.add(a, products(kind, c0, p));
      b = i32x4.add(b, products(kind, c1, p));
      c = i32x4.add(c, products(kind, c2, p));
      e = i32x4.add(e, products(kind, c3, p));
    }
    let sums = sums4(a, b, c, e);
    if (whole != d) {
      let rest = i32x4.splat(productsFrom(kind, p0, v, whole, d));
      rest = i32x4.replace_lane(rest, 1, productsFrom(kind, p1, v, whole, d));
      rest = i32x4.replace_lane(rest, 2, productsFrom(kind, p2, v, whole, d));
      sums = i32x4.add(sums, i32x4.replace_lane(rest, 3, productsFrom(kind, p3, v, whole, d)));
    }
    const bounds = f32x4.add(constant, f32x4.mul(product, f32x4.convert_i32x4_s(sums)));
    const at = <usize>i << 2;
    v128.store(out + at, norms ? f32x4.add(bounds, f32x4.mul(square, v128.load(norms + at))) : bounds);
  }
}

/** `norms` and `out` have room for whole groups of four. */
export function sqBounds(kind: i32, codes: usize, codeSize: i32, d: i32, n: i32, v: usize, norms: usize, weights: usize, out: usize): void {
  const size = <usize>codeSize;
  if (kind == 8) boundRows(8, codes, size, d, n, v, norms, weights, out);
  else if (kind == 6) boundRows(6, codes, size, d, n, v, norms, weights, out);
  else boundRows(4, codes, size, d, n, v, norms, weights, out);
}
