// Rows of one list as nibbles around their mean, for a lower bound of every distance at an eighth of the memory traffic.
//
// y = row - c is kept as s q, q odd in [-15, 15], of which (q + 15) / 2 is the nibble. s = <y, q> / |q|² is best, and makes
// the rest r = y - s q orthogonal to q. With â = <q, z> / |q|, z = x - c (or x), Cauchy-Schwarz says
//
//      <z, y> = â |s q| + <z, r> ≤ â |s q| + sqrt(|z|² - â²) |r|
//
// z itself is read as t v, v in [-127, 127], so â is known within |z - t v|.
//
// A form, 16-byte aligned: c, f32 (d filled up to a multiple of 4), |c| and 12 bytes; then groups of four rows, each the
// codes, d16 / 2 bytes a row (d16 being d filled up to a multiple of 16), and 48 bytes of facts, four float32 each:
// |s q|, |r|, 1 / |q|. Codes come 32 components at a time, 16 bytes a row, of which byte j holds components j (low) and j + 16
// (high); of 16 components that are left, byte j holds those of one row and (high) the next.
import { fold, highOf, loadRest, lowNibbles, lowOf, sqdiff, sums4, zero } from './inline/lanes';

/** A square this large may overflow with its neighbours: such a row has no bound, NaN. */
const HUGE: f32 = 1e37;
/** Squares below lose too much to underflow. */
const TINY: f32 = 1e-30;
/** By which a tiny row is scaled before it is measured. */
const UP: f32 = 1152921504606846976;
/** Means beyond, or so small that their squares underflow, are taken as zero: any point would do. */
const FAR: f32 = 1e16;
const NEAR: f32 = 1e-15;
/** 1.5 · 2^23: added to a small number it leaves it whole, in the lowest bits. */
const ROUND: f32 = 12582912;
/** Bytes of facts of a group. */
const FACTS: usize = 48;

@inline
export function padded(d: i32): usize {
  return <usize>((d + 15) & ~15);
}

@inline
export function headerOf(d: i32): usize {
  return (<usize>((d + 3) & ~3) << 2) + 16;
}

@inline
export function groupBytes(d: i32): usize {
  return (padded(d) << 1) + FACTS;
}

// Components j to j + 3, zeros past the end.
@inline
function part(x: usize, j: i32, d: i32): v128 {
  const left = d - j;
  return left >= 4 ? v128.load(x + (<usize>j << 2)) : loadRest(x + (<usize>j << 2), left);
}

// Lanes j to j + 3 that are below d.
@inline
function inside(j: i32, d: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4.splat(j), i32x4(0, 1, 2, 3)), i32x4.splat(d));
}

@inline
function largestOf(v: v128): f32 {
  return max<f32>(
    max<f32>(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max<f32>(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

/** The mean of the rows and its length to the header. */
function center(rows: usize, n: i32, d: i32, form: usize): void {
  const count = f32x4.splat(<f32>n), far = f32x4.splat(FAR), near = f32x4.splat(NEAR);
  const rowBytes = <usize>d << 2;
  let length = zero();
  for (let j = 0; j < d; j += 4) {
    let sum = zero();
    let row = rows;
    for (let i = 0; i < n; i++, row += rowBytes) sum = f32x4.add(sum, part(row, j, d));
    let mean = f32x4.div(sum, count);
    const size = f32x4.abs(mean);
    mean = v128.and(mean, v128.and(f32x4.le(size, far), f32x4.ge(size, near)));
    v128.store(form + (<usize>j << 2), mean);
    length = f32x4.add(length, f32x4.mul(mean, mean));
  }
  v128.store(form + headerOf(d) - 16, f32x4.replace_lane(zero(), 0, sqrt<f32>(fold(length))));
}

/** Of the code looked at last: <y, q>, |q|². */
let product: f32 = 0;
let square: f32 = 0;

@inline
function nibbles(y: v128, inverse: v128): v128 {
  // of finite numbers; one instruction each, which `min` and `max` are not
  return f32x4.pmax(f32x4.pmin(f32x4.floor(f32x4.add(f32x4.mul(y, inverse), f32x4.splat(8))), f32x4.splat(15)), zero());
}

@inline
function odd(k: v128): v128 {
  return f32x4.sub(f32x4.add(k, k), f32x4.splat(15));
}

/** Looks at the code of y, zeros behind it, with steps of 1 / inverse. */
function weigh(y: usize, d: i32, inverse: f32): void {
  const steps = f32x4.splat(inverse);
  let dot = zero(), own = zero();
  for (let j = 0; j < d; j += 4) {
    const v = v128.load(y + (<usize>j << 2));
    const q = odd(nibbles(v, steps));
    dot = f32x4.add(dot, f32x4.mul(v, q));
    own = f32x4.add(own, f32x4.mul(q, q));
  }
  product = fold(dot);
  // zeros are taken as 1
  square = fold(own) - <f32>(-d & 3);
}

/** The inverse step, of four, whose code points most nearly where y does; `product` and `square` are of that code. */
function bestInverse(y: usize, d: i32, most: f32): f32 {
  let best: f32 = 0, found: f32 = -1, dot: f32 = 0, own: f32 = 0;
  for (let i = 0; i < 4; i++) {
    const inverse: f32 = <f32>7.5 / (most * (<f32>0.7 + <f32>0.1 * <f32>i));
    weigh(y, d, inverse);
    const value: f32 = product / sqrt<f32>(square);
    if (value > found) {
      found = value;
      best = inverse;
      dot = product;
      own = square;
    }
  }
  product = dot;
  square = own;
  return best;
}

/** The length of a short y, at least; what underflows even so is far below what is added. */
function scaledLength(y: usize, d: i32): f32 {
  const up = f32x4.splat(UP);
  let sum = zero();
  for (let j = 0; j < d; j += 4) {
    const v = f32x4.mul(v128.load(y + (<usize>j << 2)), up);
    sum = f32x4.add(sum, f32x4.mul(v, v));
  }
  return sqrt<f32>(fold(sum)) / UP + <f32>1e-36;
}

@inline
function storeFacts(fact: usize, kept: f32, lost: f32, inverse: f32): void {
  store<f32>(fact, kept);
  store<f32>(fact, lost, 16);
  store<f32>(fact, inverse, 32);
}

/** One row; scratch: y, f32 (d32), and its code a byte a component. Codes of the group are zero before. */
function encodeRow(row: usize, d: i32, c: usize, group: usize, lane: usize, scratch: usize): void {
  const d16 = padded(d), k = scratch + (<usize>((d + 31) & ~31) << 2);
  const fact = group + (d16 << 1) + (lane << 2);
  let most = zero(), length = zero();
  for (let j = 0; j < d; j += 4) {
    const y = f32x4.sub(part(row, j, d), v128.load(c + (<usize>j << 2)));
    v128.store(scratch + (<usize>j << 2), y);
    // as integers, lengths have the same order
    most = i32x4.max_s(most, f32x4.abs(y));
    length = f32x4.add(length, f32x4.mul(y, y));
  }
  const all = fold(length);
  if (!(all < HUGE)) return storeFacts(fact, NaN, NaN, 0);
  if (all < TINY) return storeFacts(fact, 0, scaledLength(scratch, d), 0);
  const inverse = bestInverse(scratch, d, largestOf(most));
  const norm = sqrt<f32>(square), scale = product / square;
  const steps = f32x4.splat(inverse), scales = f32x4.splat(scale);
  let lost = zero();
  memory.fill(k, 0, d16);
  for (let j = 0; j < d; j += 4) {
    const y = v128.load(scratch + (<usize>j << 2));
    const within = inside(j, d);
    const nibble = v128.and(nibbles(y, steps), within);
    const rest = v128.and(f32x4.sub(y, f32x4.mul(scales, odd(nibble))), within);
    lost = f32x4.add(lost, f32x4.mul(rest, rest));
    const whole = i32x4.trunc_sat_f32x4_s(nibble);
    const words = i16x8.narrow_i32x4_s(whole, whole);
    v128.store32_lane(k + <usize>j, i8x16.narrow_i16x8_s(words, words), 0);
  }
  let to = group + (lane << 4), j: usize = 0;
  for (; j + 32 <= d16; j += 32, to += 64) {
    v128.store(to, v128.or(v128.load(k + j), i8x16.shl(v128.load(k + j, 16), 4)));
  }
  if (j < d16) {
    to = group + (j << 1) + ((lane >>> 1) << 4);
    const rest = v128.load(k + j);
    v128.store(to, v128.or(v128.load(to), lane & 1 ? i8x16.shl(rest, 4) : rest));
  }
  storeFacts(fact, scale * norm, sqrt<f32>(fold(lost)), <f32>1 / norm);
}

export function nibbleEncode(rows: usize, n: i32, d: i32, form: usize, scratch: usize): void {
  center(rows, n, d, form);
  let group = form + headerOf(d);
  for (let i = 0; i < n; i += 4, group += groupBytes(d)) {
    memory.fill(group, 0, groupBytes(d));
    for (let j = 0; j < min(4, n - i); j++, rows += <usize>d << 2) encodeRow(rows, d, form, group, j, scratch);
  }
}

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

/** `sum k v` of four rows at a time, i32 to `out`. */
function relaxedDots(group: usize, groups: i32, d16: usize, v: usize, out: usize): void {
  const mask = lowNibbles();
  const whole = v + (d16 & ~31);
  const rest = d16 & 16;
  // eight sums stay in 16 bits, of which the 16 components that are left take one
  const first = min(whole, v + (rest ? 96 : 128));
  for (let i = 0; i < groups; i++, out += 16, group += FACTS) {
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

function simdDots(group: usize, groups: i32, d16: usize, v: usize, out: usize): void {
  const mask = i16x8.splat(15), none = zero();
  const whole = v + (d16 & ~31);
  for (let i = 0; i < groups; i++, out += 16, group += FACTS) {
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
  if (ASC_FEATURE_RELAXED_SIMD) relaxedDots(group, groups, d16, v, out);
  else simdDots(group, groups, d16, v, out);
  if (ip) settleBounds(true, facts, groups, groupBytes(d), out);
  else settleBounds(false, facts, groups, groupBytes(d), out);
}

export function nibbleBounds(form: usize, n: i32, x: usize, d: i32, ip: bool, out: usize, scratch: usize): void {
  prepareQuery(x, form, d, ip, scratch);
  listBounds(form + headerOf(d), (n + 3) >>> 2, d, ip, scratch, out);
}
