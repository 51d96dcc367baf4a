// Upper bounds of inner products, from projections: of a row v the m - 1 products with an orthonormal basis and the
// length of what these leave of it, so that
//
//      <x, y>  <=  <bx, by> + r(x) r(y)        (Cauchy and Schwarz), a product of two vectors of m components.
//
// The components are rounded to i16. `slackOf` covers every rounding on the way, and that of the f32 products with which
// a bound is compared.
import { dot, tile2x4, tileA, tileB } from './tile';

// Length of a quantized row: a component of it stays below 2^15 and a product of two below 2^30, however they round.
export const LENGTH: f32 = 32000;
// Below this, squares lose digits to underflow and the slack no longer covers the rounding.
const TINY: f32 = 1e-30;

// Whether a row of this squared norm has a bound.
@inline
export function bounded(norm: f32): bool {
  return norm >= TINY && norm < Infinity;
}

// sqrt(m) gamma(d / 4 + 8): error of a projection, by the length of what is projected.
@inline
function projectionError(d: i32, m: i32): f32 {
  return sqrt(<f32>m) * <f32>((d >>> 2) + 8) * <f32>5.9604645e-8;
}

// What a bound, as a cost, may be above the f32 cost of the same pair.
@inline
export function slackOf(d: i32, m: i32, xLength: f32, yLength: f32, yNorm: f32): f32 {
  const kappa: f32 = <f32>4 * projectionError(d, m) + <f32>1.1 / LENGTH * sqrt(<f32>m);
  return <f32>2 * (xLength * yLength) * kappa + yNorm * <f32>4.8e-7 + <f32>1e-37;
}

// Projects x0 and x1 into `embedded`, (2, m) f32; the last row of the basis is zeros, as its place is for the rest.
export function project2(x0: usize, x1: usize, d: i32, basis: usize, m: i32, embedded: usize): void {
  const rowBytes = <usize>d << 2;
  for (let j = 0; j < m; j += 4) {
    tile2x4(x0, x1, basis + <usize>j * rowBytes, d);
    const to = embedded + (<usize>j << 2);
    v128.store(to, tileA);
    v128.store(to + (<usize>m << 2), tileB);
  }
}

// Completes a projected row by the length of the rest, never too short, and rounds it, times `scale`, to i16.
export function quantize(embedded: usize, norm: f32, d: i32, m: i32, scale: f32, out: usize): void {
  const kept = dot(embedded, embedded, m);
  const rest = sqrt(max<f32>(0, norm - kept) + <f32>4 * projectionError(d, m) * norm + <f32>1e-40);
  store<f32>(embedded + (<usize>(m - 1) << 2), rest);
  const s = f32x4.splat(scale);
  for (let j: usize = 0; j < <usize>m; j += 8) {
    const low = f32x4.nearest(f32x4.mul(v128.load(embedded + (j << 2)), s));
    const high = f32x4.nearest(f32x4.mul(v128.load(embedded + (j << 2), 16), s));
    v128.store(
      out + (j << 1),
      i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(low), i32x4.trunc_sat_f32x4_s(high)),
    );
  }
}

@inline
function cost(offsets: v128, sum: v128, unit: v128): v128 {
  return f32x4.sub(offsets, f32x4.mul(f32x4.convert_i32x4_s(sum), unit));
}

// The bounds of four quantized x rows, `qBytes` apart, with all y rows of a table, as costs: out f32 (4, padded), and
// lane by lane the least of each 32 of them: least f32 (4, padded / 8). `units` f32 (4, 2): first of each two, what a
// unit of an i16 product is worth.
export function bounds4(x: usize, qBytes: usize, units: usize, groups: usize, offsets: usize, padded: i32, m: i32, out: usize, least: usize): void {
  const outBytes = <usize>padded << 2;
  const leastBytes = outBytes >>> 3;
  const groupBytes = <usize>m << 4;
  for (let at: usize = 0; at < outBytes; least += 16) {
    let least0 = f32x4.splat(Infinity), least1 = least0, least2 = least0, least3 = least0;
    for (const chunk = at + 128; at < chunk; at += 32) {
      let a0 = i64x2.splat(0), a1 = a0, a2 = a0, a3 = a0;
      let b0 = a0, b1 = a0, b2 = a0, b3 = a0;
      let p = x;
      for (const end = groups + groupBytes; groups < end; groups += 32, p += 4) {
        const u = v128.load(groups), v = v128.load(groups, 16);
        let t = v128.load32_splat(p);
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(u, t));
        b0 = i32x4.add(b0, i32x4.dot_i16x8_s(v, t));
        t = v128.load32_splat(p + qBytes);
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(u, t));
        b1 = i32x4.add(b1, i32x4.dot_i16x8_s(v, t));
        t = v128.load32_splat(p + 2 * qBytes);
        a2 = i32x4.add(a2, i32x4.dot_i16x8_s(u, t));
        b2 = i32x4.add(b2, i32x4.dot_i16x8_s(v, t));
        t = v128.load32_splat(p + 3 * qBytes);
        a3 = i32x4.add(a3, i32x4.dot_i16x8_s(u, t));
        b3 = i32x4.add(b3, i32x4.dot_i16x8_s(v, t));
      }
      const offsetA = v128.load(offsets + at), offsetB = v128.load(offsets + at, 16);
      let to = out + at;
      let unit = v128.load32_splat(units);
      a0 = cost(offsetA, a0, unit);
      b0 = cost(offsetB, b0, unit);
      v128.store(to, a0);
      v128.store(to, b0, 16);
      least0 = f32x4.pmin(least0, f32x4.pmin(a0, b0));
      to += outBytes;
      unit = v128.load32_splat(units, 8);
      a1 = cost(offsetA, a1, unit);
      b1 = cost(offsetB, b1, unit);
      v128.store(to, a1);
      v128.store(to, b1, 16);
      least1 = f32x4.pmin(least1, f32x4.pmin(a1, b1));
      to += outBytes;
      unit = v128.load32_splat(units, 16);
      a2 = cost(offsetA, a2, unit);
      b2 = cost(offsetB, b2, unit);
      v128.store(to, a2);
      v128.store(to, b2, 16);
      least2 = f32x4.pmin(least2, f32x4.pmin(a2, b2));
      to += outBytes;
      unit = v128.load32_splat(units, 24);
      a3 = cost(offsetA, a3, unit);
      b3 = cost(offsetB, b3, unit);
      v128.store(to, a3);
      v128.store(to, b3, 16);
      least3 = f32x4.pmin(least3, f32x4.pmin(a3, b3));
    }
    v128.store(least, least0);
    v128.store(least + leastBytes, least1);
    v128.store(least + 2 * leastBytes, least2);
    v128.store(least + 3 * leastBytes, least3);
  }
}

// The place of the least of `padded` bounds, the first of equals; -1 where all are infinite or NaN.
export function leastPlace(bounds: usize, least: usize, padded: i32): i32 {
  let low = f32x4.splat(Infinity);
  const end = least + (<usize>padded >>> 1);
  for (let p = least; p < end; p += 16) low = f32x4.pmin(low, v128.load(p));
  low = f32x4.pmin(low, i32x4.shuffle(low, low, 2, 3, 0, 1));
  low = f32x4.pmin(low, i32x4.shuffle(low, low, 1, 0, 3, 2));
  if (!(f32x4.extract_lane(low, 0) < Infinity)) return -1;
  let chunk = 0;
  while (!v128.any_true(f32x4.eq(v128.load(least + (<usize>chunk << 4)), low))) chunk++;
  let i = chunk << 5, bits = 0;
  for (; !bits; i += 4) bits = i32x4.bitmask(f32x4.eq(v128.load(bounds + (<usize>i << 2)), low));
  return i - 4 + ctz(bits);
}

// Writes the places of the bounds that are not above `most`, in order, but for `skip`; returns how many.
export function placesLeft(bounds: usize, least: usize, padded: i32, most: f32, skip: i32, out: usize): i32 {
  const limit = f32x4.splat(most);
  let to = out;
  for (let i = 0; i < padded; i += 32, least += 16) {
    if (!v128.any_true(f32x4.le(v128.load(least), limit))) continue;
    for (let j = i; j < i + 32; j += 4) {
      let bits = i32x4.bitmask(f32x4.le(v128.load(bounds + (<usize>j << 2)), limit));
      for (; bits; bits &= bits - 1) {
        const place = j + ctz(bits);
        if (place == skip) continue;
        store<u32>(to, place);
        to += 4;
      }
    }
  }
  return <i32>((to - out) >>> 2);
}
