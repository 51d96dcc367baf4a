// Rows as bytes, for a lower bound of every distance at a quarter of the memory traffic; what passes is compared in float32.
//
// y = row - mean is kept as s q, q in [-127, 127]; z = x - mean (or x) as t (u - 64), u in [1, 127]. By Cauchy-Schwarz
//
//      |<z, y> - t s <u - 64, q>| ≤ |z - t (u - 64)| |s q| + |z| |y - s q|
//
// Four rows make a group: d16 bytes a row (d filled up with zeros to a multiple of 16), 16 of each row by turns, so that all is
// read in one stream, which the prefetcher of the processor follows (four at some distance it does not); and 80 bytes of
// facts, four float32 each: |y|², s, |s q|, |y - s q|, 64 sum(q).
import { fold, loadRest, sums4, zero } from './inline/lanes';

/** A square this large may overflow with its neighbours: such a row has no bound, -Infinity. */
const HUGE: f32 = 1e37;

// acc + the sums of four products each, u in [0, 127]; exact at both levels.
@inline
function dot(q: v128, u: v128, acc: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(q, u, acc);
  const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(q), i16x8.extend_low_i8x16_s(u));
  const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(q), i16x8.extend_high_i8x16_s(u));
  return i32x4.add(acc, i32x4.add(low, high));
}

// Components j to j + 3 of x - mean, zeros past the end.
@inline
function difference(x: usize, mean: usize, j: i32, d: i32): v128 {
  const at = <usize>j << 2;
  const left = d - j;
  const v = left >= 4 ? v128.load(x + at) : loadRest(x + at, left);
  if (!mean) return v;
  return f32x4.sub(v, left >= 4 ? v128.load(mean + at) : loadRest(mean + at, left));
}

function largest(x: usize, mean: usize, d: i32): f32 {
  let most = zero();
  for (let j = 0; j < d; j += 4) most = f32x4.max(most, f32x4.abs(difference(x, mean, j, d)));
  return max<f32>(
    max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max<f32>(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
}

// Rounded to whole numbers in [-top, top]; what is not a number becomes 0.
@inline
function whole(v: v128, top: v128): v128 {
  return f32x4.max(f32x4.neg(top), f32x4.min(top, f32x4.nearest(v)));
}

@inline
function storeBytes(at: usize, q: v128): void {
  const words = i16x8.narrow_i32x4_s(q, q);
  v128.store32_lane(at, i8x16.narrow_i16x8_s(words, words), 0);
}

/** Of the row encoded last: |y|², s, |s q|, |y - s q|, 64 sum(q). */
let factSquare: f32 = 0;
let factScale: f32 = 0;
let factKept: f32 = 0;
let factLost: f32 = 0;
let factSum: f32 = 0;

/** Bytes from 16 of a row to its next 16: in a group, and in a code by itself. */
const BY_TURNS: usize = 64;
const ALONE: usize = 16;

@inline
function byteAt(code: usize, j: i32, step: usize): usize {
  return code + <usize>(j >>> 4) * step + <usize>(j & 15);
}

@inline
function encodeRow(row: usize, d: i32, mean: usize, code: usize, step: usize): void {
  const top = f32x4.splat(127);
  const most = largest(row, mean, d);
  const scale: f32 = most / 127;
  const scales = f32x4.splat(scale), inverse = f32x4.splat(most > 0 ? 127 / most : 0);
  let length = zero(), kept = zero(), lost = zero(), sum = zero();
  for (let j = d & ~3; j < ((d + 15) & ~15); j += 4) store<u32>(byteAt(code, j, step), 0);
  for (let j = 0; j < d; j += 4) {
    const y = difference(row, mean, j, d);
    const q = i32x4.trunc_sat_f32x4_s(whole(f32x4.mul(y, inverse), top));
    const back = f32x4.mul(scales, f32x4.convert_i32x4_s(q));
    const rest = f32x4.sub(y, back);
    storeBytes(byteAt(code, j, step), q);
    sum = i32x4.add(sum, q);
    length = f32x4.add(length, f32x4.mul(y, y));
    kept = f32x4.add(kept, f32x4.mul(back, back));
    lost = f32x4.add(lost, f32x4.mul(rest, rest));
  }
  const square = fold(length);
  factSquare = square < HUGE ? square : -Infinity;
  factScale = scale;
  factKept = sqrt<f32>(fold(kept));
  factLost = sqrt<f32>(fold(lost));
  const total =
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
  factSum = <f32>(total << 6);
}

export function int8Encode(rows: usize, n: i32, d: i32, mean: usize, codes: usize, facts: usize): void {
  const groupBytes = <usize>((d + 15) & ~15) << 2;
  for (let i = 0; i < n; i++, rows += <usize>d << 2) {
    encodeRow(rows, d, mean, codes + <usize>(i >>> 2) * groupBytes + (<usize>(i & 3) << 4), BY_TURNS);
    const lane = facts + <usize>(i >>> 2) * 80 + (<usize>(i & 3) << 2);
    store<f32>(lane, factSquare);
    store<f32>(lane, factScale, 16);
    store<f32>(lane, factKept, 32);
    store<f32>(lane, factLost, 48);
    store<f32>(lane, factSum, 64);
  }
}

export function int8Records(rows: usize, n: i32, d: i32, mean: usize, out: usize): void {
  const d16 = <usize>((d + 15) & ~15);
  for (let i = 0; i < n; i++, rows += <usize>d << 2, out += d16 + 16) {
    encodeRow(rows, d, mean, out, ALONE);
    store<f32>(out + d16, factSquare);
    store<f32>(out + d16, factScale, 4);
    store<f32>(out + d16, factKept, 8);
    store<f32>(out + d16, factLost, 12);
  }
}

/** u to `out`, d16 bytes; |z|², t, |z - t (u - 64)| to `facts`. */
export function int8Query(x: usize, d: i32, mean: usize, out: usize, facts: usize): void {
  const most = largest(x, mean, d);
  const scale: f32 = most / 63;
  const scales = f32x4.splat(scale), inverse = f32x4.splat(most > 0 ? 63 / most : 0);
  const top = f32x4.splat(63), middle = i32x4.splat(64);
  let length = zero(), lost = zero();
  // against codes of zero, anything will do
  for (let j = d & ~3; j < ((d + 15) & ~15); j += 4) store<u32>(out + <usize>j, 0x40404040);
  for (let j = 0; j < d; j += 4) {
    const z = difference(x, mean, j, d);
    const q = i32x4.trunc_sat_f32x4_s(whole(f32x4.mul(z, inverse), top));
    const rest = f32x4.sub(z, f32x4.mul(scales, f32x4.convert_i32x4_s(q)));
    storeBytes(out + <usize>j, i32x4.add(q, middle));
    length = f32x4.add(length, f32x4.mul(z, z));
    lost = f32x4.add(lost, f32x4.mul(rest, rest));
  }
  store<f32>(facts, fold(length));
  store<f32>(facts, scale, 4);
  store<f32>(facts, sqrt<f32>(fold(lost)), 8);
}

/** v to `out`, i16 (d16); |z|², t, |z - t v| to `facts`. */
export function int12Query(x: usize, d: i32, mean: usize, out: usize, facts: usize): void {
  const most = largest(x, mean, d);
  const scale: f32 = most / 2047;
  const scales = f32x4.splat(scale), inverse = f32x4.splat(most > 0 ? 2047 / most : 0);
  const top = f32x4.splat(2047);
  let length = zero(), lost = zero();
  for (let j = d & ~3; j < ((d + 15) & ~15); j += 4) store<u64>(out + (<usize>j << 1), 0);
  for (let j = 0; j < d; j += 4) {
    const z = difference(x, mean, j, d);
    const v = i32x4.trunc_sat_f32x4_s(whole(f32x4.mul(z, inverse), top));
    const rest = f32x4.sub(z, f32x4.mul(scales, f32x4.convert_i32x4_s(v)));
    v128.store64_lane(out + (<usize>j << 1), i16x8.narrow_i32x4_s(v, v), 0);
    length = f32x4.add(length, f32x4.mul(z, z));
    lost = f32x4.add(lost, f32x4.mul(rest, rest));
  }
  store<f32>(facts, fold(length));
  store<f32>(facts, scale, 4);
  store<f32>(facts, sqrt<f32>(fold(lost)), 8);
}

@inline
function bounds4(acc: v128, facts: usize, constant: v128, square: v128, product: v128, norm: v128, lost: v128): v128 {
  const dots = f32x4.sub(f32x4.convert_i32x4_s(acc), v128.load(facts, 64));
  let b = f32x4.add(constant, f32x4.mul(square, v128.load(facts)));
  b = f32x4.add(b, f32x4.mul(product, f32x4.mul(v128.load(facts, 16), dots)));
  b = f32x4.add(b, f32x4.mul(norm, v128.load(facts, 32)));
  return f32x4.add(b, f32x4.mul(lost, v128.load(facts, 48)));
}

export function int8Bounds(
  codes: usize,
  facts: usize,
  groups: i32,
  d16: i32,
  u: usize,
  weights: usize,
  out: usize,
): void {
  const constant = v128.load32_splat(weights), square = v128.load32_splat(weights, 4);
  const product = v128.load32_splat(weights, 8), norm = v128.load32_splat(weights, 12);
  const lost = v128.load32_splat(weights, 16);
  const end = u + <usize>d16;
  for (let i = 0; i < groups; i++, facts += 80, out += 16) {
    let a = zero(), b = zero(), c = zero(), e = zero();
    for (let p = u; p < end; p += 16, codes += 64) {
      const v = v128.load(p);
      a = dot(v128.load(codes), v, a);
      b = dot(v128.load(codes, 16), v, b);
      c = dot(v128.load(codes, 32), v, c);
      e = dot(v128.load(codes, 48), v, e);
    }
    v128.store(out, bounds4(sums4(a, b, c, e), facts, constant, square, product, norm, lost));
  }
}

/** Positions of the values that are not above a limit (a NaN is not), `first + i`; returns how many. */
export function indicesUpTo(values: usize, n: i32, limit: f32, first: i32, out: usize): i32 {
  const bound = f32x4.splat(limit);
  let count: usize = 0;
  let i = 0;
  for (; i + 16 <= n; i += 16) {
    const p = values + (<usize>i << 2);
    const a = f32x4.gt(v128.load(p), bound), b = f32x4.gt(v128.load(p, 16), bound);
    const c = f32x4.gt(v128.load(p, 32), bound), d = f32x4.gt(v128.load(p, 48), bound);
    if (i32x4.all_true(v128.and(v128.and(a, b), v128.and(c, d)))) continue;
    let mask = i32x4.bitmask(a) | (i32x4.bitmask(b) << 4) | (i32x4.bitmask(c) << 8) | (i32x4.bitmask(d) << 12);
    for (mask ^= 0xffff; mask; mask &= mask - 1, count++) store<i32>(out + (count << 2), first + i + ctz(mask));
  }
  for (; i < n; i++) {
    store<i32>(out + (count << 2), first + i);
    count += usize(!(load<f32>(values + (<usize>i << 2)) > limit));
  }
  return <i32>count;
}
