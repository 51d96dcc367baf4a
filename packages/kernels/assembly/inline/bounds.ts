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
function cost(offsets: v128, sum: v128, back: v128): v128 {
  return f32x4.sub(offsets, f32x4.mul(f32x4.convert_i32x4_s(sum), back));
}

// The bounds of four quantized x rows, `qBytes` apart, with all y rows of a table, as costs: out f32 (4, ny8), and the
// least of each row into `backs[1]`; `backs` is 8 bytes a row, first what a unit of an i16 product is worth.
export function bounds4(x: usize, qBytes: usize, backs: usize, groups: usize, offsets: usize, ny8: i32, m: i32, out: usize): void {
  const outBytes = <usize>ny8 << 2;
  const groupBytes = <usize>m << 4;
  let least0 = f32x4.splat(Infinity), least1 = least0, least2 = least0, least3 = least0;
  for (let at: usize = 0; at < outBytes; at += 32) {
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
    let back = v128.load32_splat(backs);
    let costA = cost(offsetA, a0, back), costB = cost(offsetB, b0, back);
    v128.store(to, costA);
    v128.store(to, costB, 16);
    least0 = f32x4.pmin(least0, f32x4.pmin(costA, costB));
    to += outBytes;
    back = v128.load32_splat(backs, 8);
    costA = cost(offsetA, a1, back), (costB = cost(offsetB, b1, back));
    v128.store(to, costA);
    v128.store(to, costB, 16);
    least1 = f32x4.pmin(least1, f32x4.pmin(costA, costB));
    to += outBytes;
    back = v128.load32_splat(backs, 16);
    costA = cost(offsetA, a2, back), (costB = cost(offsetB, b2, back));
    v128.store(to, costA);
    v128.store(to, costB, 16);
    least2 = f32x4.pmin(least2, f32x4.pmin(costA, costB));
    to += outBytes;
    back = v128.load32_splat(backs, 24);
    costA = cost(offsetA, a3, back), (costB = cost(offsetB, b3, back));
    v128.store(to, costA);
    v128.store(to, costB, 16);
    least3 = f32x4.pmin(least3, f32x4.pmin(costA, costB));
  }
  storeLeast(backs, least0);
  storeLeast(backs + 8, least1);
  storeLeast(backs + 16, least2);
  storeLeast(backs + 24, least3);
}

@inline
function storeLeast(to: usize, least: v128): void {
  const two = f32x4.pmin(least, i32x4.shuffle(least, least, 2, 3, 0, 1));
  const one = f32x4.pmin(two, i32x4.shuffle(two, two, 1, 0, 3, 2));
  store<f32>(to, f32x4.extract_lane(one, 0), 4);
}
