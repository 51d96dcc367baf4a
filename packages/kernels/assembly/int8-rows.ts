// Rows as bytes, for a lower bound of every distance at a quarter of the memory traffic; what passes is compared in float32.
//
// y = row - mean is kept as s q, q in [-127, 127]; z = x - mean (or x) as t (u - 64), u in [1, 127]. By Cauchy-Schwarz
//
//      |<z, y> - t s <u - 64, q>| ≤ |z - t (u - 64)| |s q| + |z| |y - s q|
//
// Four rows make a group: d16 bytes a row (d filled up with zeros to a multiple of 16), and 80 bytes of facts, four
// float32 each: |y|², s, |s q|, |y - s q|, 64 sum(q).
import { zero } from './inline/lanes';

/** A square this large may overflow with its neighbours: such a row has no bound, -Infinity. */
const HUGE: f64 = 1e37;

// acc + the sums of four products each, u in [0, 127]; exact at both levels.
@inline
function dot(q: v128, u: v128, acc: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(q, u, acc);
  const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(q), i16x8.extend_low_i8x16_s(u));
  const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(q), i16x8.extend_high_i8x16_s(u));
  return i32x4.add(acc, i32x4.add(low, high));
}

@inline
function sums4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(i32x4.shuffle(a, b, 0, 1, 4, 5), i32x4.shuffle(a, b, 2, 3, 6, 7));
  const cd = i32x4.add(i32x4.shuffle(c, d, 0, 1, 4, 5), i32x4.shuffle(c, d, 2, 3, 6, 7));
  return i32x4.add(i32x4.shuffle(ab, cd, 0, 2, 4, 6), i32x4.shuffle(ab, cd, 1, 3, 5, 7));
}

@inline
function difference(x: usize, mean: usize, j: i32): f32 {
  const at = <usize>j << 2;
  return mean ? load<f32>(x + at) - load<f32>(mean + at) : load<f32>(x + at);
}

function largest(x: usize, mean: usize, d: i32): f32 {
  let most: f32 = 0;
  for (let j = 0; j < d; j++) most = max<f32>(most, abs<f32>(difference(x, mean, j)));
  return most;
}

export function int8Encode(rows: usize, n: i32, d: i32, mean: usize, codes: usize, facts: usize): void {
  const d16 = <usize>((d + 15) & ~15);
  for (let i = 0; i < n; i++, rows += <usize>d << 2, codes += d16) {
    const most = largest(rows, mean, d);
    const scale: f32 = most / 127;
    const inverse: f32 = most > 0 ? 127 / most : 0;
    let length: f64 = 0, kept: f64 = 0, lost: f64 = 0;
    let sum = 0;
    memory.fill(codes, 0, d16);
    for (let j = 0; j < d; j++) {
      const y = difference(rows, mean, j);
      const q = <i32>min<f32>(127, max<f32>(-127, nearest<f32>(y * inverse)));
      const back = <f64>scale * <f64>q;
      store<i8>(codes + <usize>j, <i8>q);
      sum += q;
      length += <f64>y * <f64>y;
      kept += back * back;
      lost += (<f64>y - back) * (<f64>y - back);
    }
    const lane = facts + <usize>(i >>> 2) * 80 + (<usize>(i & 3) << 2);
    store<f32>(lane, length < HUGE ? <f32>length : -Infinity);
    store<f32>(lane, scale, 16);
    store<f32>(lane, <f32>sqrt(kept), 32);
    store<f32>(lane, <f32>sqrt(lost), 48);
    store<f32>(lane, <f32>(sum << 6), 64);
  }
}

/** u to `out`, d16 bytes; |z|², t, |z - t (u - 64)| to `facts`. */
export function int8Query(x: usize, d: i32, mean: usize, out: usize, facts: usize): void {
  const most = largest(x, mean, d);
  const scale: f32 = most / 63;
  const inverse: f32 = most > 0 ? 63 / most : 0;
  let length: f64 = 0, lost: f64 = 0;
  for (let j = 0; j < d; j++) {
    const z = difference(x, mean, j);
    const q = <i32>min<f32>(63, max<f32>(-63, nearest<f32>(z * inverse)));
    const rest = <f64>z - <f64>scale * <f64>q;
    store<u8>(out + <usize>j, <u8>(q + 64));
    length += <f64>z * <f64>z;
    lost += rest * rest;
  }
  // against codes of zero, anything will do
  for (let j = d; j & 15; j++) store<u8>(out + <usize>j, 64);
  store<f32>(facts, <f32>length);
  store<f32>(facts, scale, 4);
  store<f32>(facts, <f32>sqrt(lost), 8);
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
  const row = <usize>d16;
  const end = u + row;
  for (let i = 0; i < groups; i++, facts += 80, out += 16) {
    let q1 = codes + row, q2 = q1 + row, q3 = q2 + row;
    let a = zero(), b = zero(), c = zero(), e = zero();
    for (let p = u; p < end; p += 16, codes += 16, q1 += 16, q2 += 16, q3 += 16) {
      const v = v128.load(p);
      a = dot(v128.load(codes), v, a);
      b = dot(v128.load(q1), v, b);
      c = dot(v128.load(q2), v, c);
      e = dot(v128.load(q3), v, e);
    }
    codes = q3;
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
