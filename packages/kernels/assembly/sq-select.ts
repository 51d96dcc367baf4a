// Search over lists of scalar-quantizer codes: one query, all the lists that it visits, in one call. Codes of whole numbers
// have bounds (see sqBounds): with a the query's residual from the offsets and w = a b rounded to 16 bits,
//
//      sum (a - b c)² = |a|² - 2 <w, c> + |b c|²
//
// and only what those do not rule out is compared in float32. The weights are made anew for each list, as a is.
import { BLOCK, DISTANCES, IDS, pickNearest, tighten } from './bound-select';
import { indicesUpTo } from './int8-rows';
import { fold, zero } from './inline/lanes';
import { countOf, kOf, limitOf, selectF32 } from './reservoir';
import { sqBounds, sqIp, sqL2 } from './sq-scan';

/** Bytes of a visit: codes, norms, centroid, count, position of the first code, base. */
const VISIT: usize = 24;
const FP16 = 16;
/** Squares beyond this may overflow: no bound. */
const HUGE: f32 = 1e37;
/** The largest weight, an i16. */
const MAX_WEIGHT: i32 = 32767;

// What sums of the weights may lose, as a part of them: (d + 64) 2^-23.
@inline
function slackOf(d: i32): f32 {
  return <f32>(d + 64) * <f32>1.1920929e-7;
}

// Both sides of a query and a list, d floats each, zero up to a multiple of four: what the kernels compare with codes, and
// the weights of components. For ip both are w.
function prepare(ip: bool, whole: bool, x: usize, centroid: usize, offsets: usize, widths: usize, d: i32, a: usize, w: usize): void {
  const end = <usize>d << 2;
  let j: usize = 0;
  for (; j + 16 <= end; j += 16) {
    let v = v128.load(x + j);
    if (ip) {
      v = f32x4.mul(v, v128.load(widths + j));
    } else {
      if (centroid) v = f32x4.sub(v, v128.load(centroid + j));
      v = f32x4.sub(v, v128.load(offsets + j));
    }
    v128.store(a + j, v);
    if (whole) v128.store(w + j, ip ? v : f32x4.mul(v, v128.load(widths + j)));
  }
  for (; j < end; j += 4) {
    let v = load<f32>(x + j);
    if (ip) {
      v *= load<f32>(widths + j);
    } else {
      if (centroid) v -= load<f32>(centroid + j);
      v -= load<f32>(offsets + j);
    }
    store<f32>(a + j, v);
    if (whole) store<f32>(w + j, ip ? v : v * load<f32>(widths + j));
  }
}

// The weights w as i16 to v, and what makes bounds of the products with codes, three floats, to `weights`.
function weigh(ip: bool, top: i32, a: usize, w: usize, d: i32, base: f32, v: usize, weights: usize): void {
  const whole = <usize>(d & ~3) << 2, end = <usize>d << 2;
  const most = <f32>min(MAX_WEIGHT, i32.MAX_VALUE / (top * d));
  let top4 = zero(), sum4 = zero(), square4 = zero();
  for (let j: usize = 0; j < whole; j += 16) {
    const c = f32x4.abs(v128.load(w + j)), s = v128.load(a + j);
    top4 = f32x4.max(top4, c);
    sum4 = f32x4.add(sum4, c);
    square4 = f32x4.add(square4, f32x4.mul(s, s));
  }
  let largest = max<f32>(
    max<f32>(f32x4.extract_lane(top4, 0), f32x4.extract_lane(top4, 1)),
    max<f32>(f32x4.extract_lane(top4, 2), f32x4.extract_lane(top4, 3)),
  );
  let sum = fold(sum4), square = fold(square4);
  for (let j = whole; j < end; j += 4) {
    const c = abs<f32>(load<f32>(w + j)), s = load<f32>(a + j);
    largest = max<f32>(largest, c);
    sum += c;
    square += s * s;
  }
  const scale: f32 = largest / most;
  const scales = f32x4.splat(scale), inverse = f32x4.splat(largest > 0 ? most / largest : 0);
  const limit = f32x4.splat(most), least = f32x4.neg(limit);
  let lost4 = zero();
  for (let j: usize = 0; j < whole; j += 16) {
    const c = v128.load(w + j);
    const q = f32x4.max(least, f32x4.min(limit, f32x4.nearest(f32x4.mul(c, inverse))));
    lost4 = f32x4.add(lost4, f32x4.abs(f32x4.sub(c, f32x4.mul(scales, q))));
    const words = i32x4.trunc_sat_f32x4_s(q);
    v128.store64_lane(v + (j >>> 1), i16x8.narrow_i32x4_s(words, words), 0);
  }
  let lost = fold(lost4);
  for (let j = whole; j < end; j += 4) {
    const c = load<f32>(w + j);
    const q = max<f32>(-most, min<f32>(most, nearest<f32>(largest > 0 ? c * (most / largest) : 0)));
    lost += abs<f32>(c - scale * q);
    store<i16>(v + (j >>> 1), <i16>q);
  }
  const slack = slackOf(d), reach = sum * <f32>top;
  const bounded: f32 = square < HUGE && reach < HUGE ? 0 : -Infinity;
  const error = lost * <f32>top + slack * reach;
  if (ip) {
    store<f32>(weights, bounded - base - slack * abs<f32>(base) - error);
    store<f32>(weights, 0, 4);
    store<f32>(weights, -scale, 8);
  } else {
    store<f32>(weights, bounded + square * (1 - slack) - 2 * error);
    store<f32>(weights, 1 - slack, 4);
    store<f32>(weights, -2 * scale, 8);
  }
}

// Distances of `n` codes, those at `ids` or all, to the query.
@inline
function compare(kind: i32, ip: bool, a: usize, widths: usize, base: f32, codes: usize, size: i32, d: i32, ids: usize, n: i32, out: usize): void {
  if (ip) sqIp(kind, a, base, codes, size, d, ids, n, out);
  else sqL2(kind, a, widths, codes, size, d, ids, n, out);
}

export function sqSelect(
  kind: i32,
  visits: usize,
  nvisits: i32,
  x: usize,
  offsets: usize,
  widths: usize,
  d: i32,
  size: i32,
  ip: bool,
  r: usize,
  scratch: usize,
): void {
  const room = (<usize>d + 15) & ~15;
  const a = scratch, w = a + (room << 2), v = w + (room << 2), weights = v + (room << 1);
  const block = weights + 16, ids = block + IDS, distances = block + DISTANCES;
  const top = kind == 8 ? 255 : kind == 6 ? 63 : 15;
  const whole = kind < FP16;
  let ready = false;
  for (const end = visits + <usize>nvisits * VISIT; visits < end; visits += VISIT) {
    const norms = load<usize>(visits, 4);
    const n = load<i32>(visits, 12), first = load<i32>(visits, 16);
    const base = load<f32>(visits, 20);
    const codes = load<usize>(visits) - <usize>first * <usize>size;
    const bounded = whole && (ip || norms != 0);
    if (!ip || !ready) prepare(ip, bounded, x, load<usize>(visits, 8), offsets, widths, d, a, w);
    if (bounded) weigh(ip, top, a, w, d, base, v, weights);
    ready = true;
    for (let from = 0; from < n; from += BLOCK) {
      const count = min(BLOCK, n - from);
      const at = codes + <usize>(first + from) * <usize>size;
      if (!bounded) {
        compare(kind, ip, a, widths, base, at, size, d, 0, count, distances);
        selectF32(distances, count, ip, first + from, 0, r);
        continue;
      }
      sqBounds(kind, at, size, d, count, v, ip ? 0 : norms + (<usize>from << 2), weights, block);
      if (countOf(r) == 0 && kOf(r) << 2 <= count) {
        const near = pickNearest(first + from, count, r, block);
        compare(kind, ip, a, widths, base, codes, size, d, ids, near, distances);
        selectF32(distances, near, ip, 0, ids, r);
        tighten(r, 0);
      }
      const found = indicesUpTo(block, count, limitOf(r), first + from, ids);
      if (!found) continue;
      compare(kind, ip, a, widths, base, codes, size, d, ids, found, distances);
      selectF32(distances, found, ip, 0, ids, r);
      tighten(r, max(8, kOf(r) >>> 1));
    }
  }
}
