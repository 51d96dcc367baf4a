// Bounds of rows in nibbles; what the forms hold, and why it bounds, is told in inline/nibbles.
import { fold, highOf, lowNibbles, lowOf, sqdiff, sums4, zero } from './inline/lanes';
import { FACTS, groupBytes, headerOf, HUGE, largestOf, padded, part, TINY } from './inline/nibbles';

/** 1.5 · 2^23: added to a small number it leaves it whole, in the lowest bits. */
export const ROUND: f32 = 12582912;
/** Of the query prepared last: t, |z - t v|, |z|² (1 + slack), 15 sum(v), and the weights of bounds. */
let step: f32 = 0;
let blur: f32 = 0;
let reach: f32 = 0;
let middle: i32 = 0;
let constant: f32 = 0;
let short: f32 = 0;
let less: f32 = 0;

/**
 * x as seen from a list: v to `scratch`, d16 bytes, with z behind, f32 (d16). The slack outweighs what float32 loses here, in
 * the facts and in the distances themselves; what underflows is too short for it, so that short queries have no bounds.
 */
export function prepareQuery(x: usize, form: usize, d: i32, ip: bool, scratch: usize): void {
  const d16 = padded(d), z = scratch + d16;
  const slack: f32 = <f32>((d << 1) + 128) * <f32>5.9604644775390625e-8;
  let most = zero(), length = zero(), onto = zero();
  for (let j = 0; j < d; j += 4) {
    const at = <usize>j << 2;
    let v = part(x, j, d);
    const c = v128.load(form + at);
    if (ip) onto = f32x4.add(onto, f32x4.mul(v, c));
    else v = f32x4.sub(v, c);
    v128.store(z + at, v);
    // as integers, lengths have the same order
    most = i32x4.max_s(most, f32x4.abs(v));
    length = f32x4.add(length, f32x4.mul(v, v));
  }
  for (let at = <usize>((d + 3) & ~3) << 2; at < d16 << 2; at += 16) v128.store(z + at, zero());
  const top = largestOf(most), square = fold(length);
  step = top / 127;
  const steps = f32x4.splat(step), inverse = f32x4.splat(square >= TINY ? 127 / top : 0);
  const magic = f32x4.splat(ROUND);
  let lost = zero(), sum = zero();
  for (let p = z, out = scratch; out < z; p += 64, out += 16) {
    const r0 = f32x4.add(f32x4.mul(v128.load(p), inverse), magic);
    const r1 = f32x4.add(f32x4.mul(v128.load(p, 16), inverse), magic);
    const r2 = f32x4.add(f32x4.mul(v128.load(p, 32), inverse), magic);
    const r3 = f32x4.add(f32x4.mul(v128.load(p, 48), inverse), magic);
    const low = i16x8.narrow_i32x4_s(i32x4.sub(r0, magic), i32x4.sub(r1, magic));
    const high = i16x8.narrow_i32x4_s(i32x4.sub(r2, magic), i32x4.sub(r3, magic));
    v128.store(out, i8x16.narrow_i16x8_s(low, high));
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(i16x8.add(low, high)));
    lost = sqdiff(v128.load(p), f32x4.mul(steps, f32x4.sub(r0, magic)), lost);
    lost = sqdiff(v128.load(p, 16), f32x4.mul(steps, f32x4.sub(r1, magic)), lost);
    lost = sqdiff(v128.load(p, 32), f32x4.mul(steps, f32x4.sub(r2, magic)), lost);
    lost = sqdiff(v128.load(p, 48), f32x4.mul(steps, f32x4.sub(r3, magic)), lost);
  }
  middle =
    15 *
    (i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3));
  blur = sqrt<f32>(fold(lost));
  reach = square * (1 + slack);
  less = 1 - slack;
  if (ip) {
    short = slack * sqrt<f32>(square);
    const far = load<f32>(form + headerOf(d) - 16);
    constant = square >= TINY ? -fold(onto) - 3 * short * far - <f32>1e-36 : -Infinity;
  } else {
    constant = square * less - <f32>1e-36;
  }
  // beyond that products overflow: no bound, and every row is compared
  if (!(square < HUGE)) constant = -Infinity;
}

/** acc + the products of low nibbles and `low`, sums of two in 16 bits; at most 2 · 15 · 127 each. */
@inline
function dotLow(codes: v128, mask: v128, low: v128, acc: v128): v128 {
  return i16x8.add(acc, i16x8.relaxed_dot_i8x16_i7x16_s(low, lowOf(codes, mask)));
}

@inline
function dotHigh(codes: v128, mask: v128, high: v128, acc: v128): v128 {
  return i16x8.add(acc, i16x8.relaxed_dot_i8x16_i7x16_s(high, highOf(codes, mask)));
}

@inline
function dotBoth(codes: v128, mask: v128, low: v128, high: v128, acc: v128): v128 {
  return dotHigh(codes, mask, high, dotLow(codes, mask, low, acc));
}

function relaxedDots(group: usize, groups: i32, facts: usize, d16: usize, v: usize, out: usize): void {
  const mask = lowNibbles();
  const whole = v + (d16 & ~31);
  const rest = d16 & 16;
  // eight sums stay in 16 bits, of which the 16 components that are left take one
  const first = min(whole, v + (rest ? 96 : 128));
  for (let i = 0; i < groups; i++, out += 16, group += facts) {
    let a = zero(), b = zero(), c = zero(), e = zero();
    let p = v, stop = first;
    let a16 = zero(), b16 = zero(), c16 = zero(), e16 = zero();
    if (rest) {
      const last = group + ((d16 & ~31) << 1), low = v128.load(whole);
      const ab = v128.load(last), ce = v128.load(last, 16);
      a16 = dotLow(ab, mask, low, a16);
      b16 = dotHigh(ab, mask, low, b16);
      c16 = dotLow(ce, mask, low, c16);
      e16 = dotHigh(ce, mask, low, e16);
    }
    while (true) {
      for (; p < stop; p += 32, group += 64) {
        const low = v128.load(p), high = v128.load(p, 16);
        a16 = dotBoth(v128.load(group), mask, low, high, a16);
        b16 = dotBoth(v128.load(group, 16), mask, low, high, b16);
        c16 = dotBoth(v128.load(group, 32), mask, low, high, c16);
        e16 = dotBoth(v128.load(group, 48), mask, low, high, e16);
      }
      a = i32x4.add(a, i32x4.extadd_pairwise_i16x8_s(a16));
      b = i32x4.add(b, i32x4.extadd_pairwise_i16x8_s(b16));
      c = i32x4.add(c, i32x4.extadd_pairwise_i16x8_s(c16));
      e = i32x4.add(e, i32x4.extadd_pairwise_i16x8_s(e16));
      if (p == whole) break;
      stop = min(whole, p + 128);
      a16 = zero();
      b16 = zero();
      c16 = zero();
      e16 = zero();
    }
    if (rest) group += 32;
    v128.store(out, sums4(a, b, c, e));
  }
}

/** The same of one row, 16 bytes of codes; v as vectors of 16 bits: even and odd bytes of what low and high nibbles meet. */
@inline
function dot32(codes: v128, mask: v128, a: v128, b: v128, c: v128, e: v128, acc: v128): v128 {
  let sum = i32x4.dot_i16x8_s(v128.and(codes, mask), a);
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.and(i16x8.shr_u(codes, 4), mask), b));
  const more = i32x4.dot_i16x8_s(v128.and(i16x8.shr_u(codes, 8), mask), c);
  return i32x4.add(i32x4.add(acc, sum), i32x4.add(more, i32x4.dot_i16x8_s(i16x8.shr_u(codes, 12), e)));
}

@inline
function evenBytes(v: v128): v128 {
  return i16x8.shr_s(i16x8.shl(v, 8), 8);
}

function simdDots(group: usize, groups: i32, facts: usize, d16: usize, v: usize, out: usize): void {
  const mask = i16x8.splat(15), none = zero();
  const whole = v + (d16 & ~31);
  for (let i = 0; i < groups; i++, out += 16, group += facts) {
    let a = zero(), b = zero(), c = zero(), e = zero();
    for (let p = v; p < whole; p += 32, group += 64) {
      const low = v128.load(p), high = v128.load(p, 16);
      const w0 = evenBytes(low), w1 = evenBytes(high), w2 = i16x8.shr_s(low, 8), w3 = i16x8.shr_s(high, 8);
      a = dot32(v128.load(group), mask, w0, w1, w2, w3, a);
      b = dot32(v128.load(group, 16), mask, w0, w1, w2, w3, b);
      c = dot32(v128.load(group, 32), mask, w0, w1, w2, w3, c);
      e = dot32(v128.load(group, 48), mask, w0, w1, w2, w3, e);
    }
    if (d16 & 16) {
      const low = v128.load(whole), ab = v128.load(group), ce = v128.load(group, 16);
      const w0 = evenBytes(low), w2 = i16x8.shr_s(low, 8);
      a = dot32(ab, mask, w0, none, w2, none, a);
      b = dot32(ab, mask, none, w0, none, w2, b);
      c = dot32(ce, mask, w0, none, w2, none, c);
      e = dot32(ce, mask, none, w0, none, w2, e);
      group += 32;
    }
    v128.store(out, sums4(a, b, c, e));
  }
}

/** `sum k v` of four rows at a time, i32 to `out`; behind the codes of four rows are `facts` bytes. */
export function nibbleDots(group: usize, groups: i32, facts: usize, d16: usize, v: usize, out: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) relaxedDots(group, groups, facts, d16, v, out);
  else simdDots(group, groups, facts, d16, v, out);
}

/** Turns `sum k v` at `out` into bounds; facts of the first group. */
@inline
function settleBounds(ip: bool, facts: usize, groups: i32, stride: usize, out: usize): void {
  const middles = i32x4.splat(middle), steps = f32x4.splat(step), unsure = f32x4.splat(blur);
  const most = f32x4.splat(reach), bit = f32x4.splat(less), base = f32x4.splat(constant), loss = f32x4.splat(short);
  for (let i = 0; i < groups; i++, facts += stride, out += 16) {
    const kept = v128.load(facts), lost = v128.load(facts, 16), acc = v128.load(out);
    const dots = f32x4.convert_i32x4_s(i32x4.sub(i32x4.add(acc, acc), middles));
    const along = f32x4.mul(f32x4.mul(steps, dots), v128.load(facts, 32));
    const least = f32x4.pmax(zero(), f32x4.sub(f32x4.abs(along), unsure));
    const across = f32x4.sub(most, f32x4.mul(f32x4.mul(least, least), bit));
    const beside = f32x4.mul(f32x4.sqrt(f32x4.pmax(zero(), across)), lost);
    const product = f32x4.add(f32x4.mul(f32x4.add(along, unsure), kept), beside);
    if (ip) {
      const bound = f32x4.sub(base, f32x4.mul(loss, f32x4.add(kept, lost)));
      v128.store(out, f32x4.sub(bound, product));
    } else {
      const squares = f32x4.add(f32x4.mul(kept, kept), f32x4.mul(lost, lost));
      v128.store(out, f32x4.sub(f32x4.add(base, f32x4.mul(bit, squares)), f32x4.add(product, product)));
    }
  }
}

/** Bounds of `groups` groups of four rows by the query prepared last, f32 to `out`. */
export function listBounds(group: usize, groups: i32, d: i32, ip: bool, v: usize, out: usize): void {
  const d16 = padded(d), facts = group + (d16 << 1);
  nibbleDots(group, groups, FACTS, d16, v, out);
  if (ip) settleBounds(true, facts, groups, groupBytes(d), out);
  else settleBounds(false, facts, groups, groupBytes(d), out);
}

export function nibbleBounds(form: usize, n: i32, x: usize, d: i32, ip: bool, out: usize, scratch: usize): void {
  prepareQuery(x, form, d, ip, scratch);
  listBounds(form + headerOf(d), (n + 3) >>> 2, d, ip, scratch, out);
}
