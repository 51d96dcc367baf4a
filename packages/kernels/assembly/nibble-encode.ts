// Forms of lists of rows in nibbles; what they hold is told in inline/nibbles.
import { fold, zero } from './inline/lanes';
import { groupBytes, headerOf, HUGE, largestOf, padded, part, TINY } from './inline/nibbles';

/** By which a tiny row is scaled before it is measured. */
const UP: f32 = 1152921504606846976;
/** Means beyond, or so small that their squares underflow, are taken as zero: any point would do. */
const FAR: f32 = 1e16;
const NEAR: f32 = 1e-15;
// Lanes j to j + 3 that are below d.
@inline
function inside(j: i32, d: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4.splat(j), i32x4(0, 1, 2, 3)), i32x4.splat(d));
}

/** The mean of the rows and its length to the header. */
export function center(rows: usize, n: i32, d: i32, form: usize): void {
  const lanes = (d + 3) & ~3, rowBytes = <usize>d << 2;
  // a whole line of a row at a time
  for (let j = 0; j < lanes; j += 16) {
    const to = form + (<usize>j << 2);
    let row = rows;
    if (j + 16 <= d) {
      let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
      for (let i = 0; i < n; i++, row += rowBytes) {
        const p = row + (<usize>j << 2);
        s0 = f32x4.add(s0, v128.load(p));
        s1 = f32x4.add(s1, v128.load(p, 16));
        s2 = f32x4.add(s2, v128.load(p, 32));
        s3 = f32x4.add(s3, v128.load(p, 48));
      }
      v128.store(to, s0);
      v128.store(to, s1, 16);
      v128.store(to, s2, 32);
      v128.store(to, s3, 48);
      continue;
    }
    for (let l = j; l < lanes; l += 4) {
      let sum = zero();
      row = rows;
      for (let i = 0; i < n; i++, row += rowBytes) sum = f32x4.add(sum, part(row, l, d));
      v128.store(form + (<usize>l << 2), sum);
    }
  }
  const count = f32x4.splat(<f32>n), far = f32x4.splat(FAR), near = f32x4.splat(NEAR);
  let length = zero();
  for (let p = form, end = form + (<usize>lanes << 2); p < end; p += 16) {
    const mean = f32x4.div(v128.load(p), count), size = f32x4.abs(mean);
    const kept = v128.and(mean, v128.and(f32x4.le(size, far), f32x4.ge(size, near)));
    v128.store(p, kept);
    length = f32x4.add(length, f32x4.mul(kept, kept));
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
export function encodeRow(row: usize, d: i32, c: usize, group: usize, lane: usize, scratch: usize): void {
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
