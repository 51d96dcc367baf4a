// Float tables to bytes as faiss 1.15.1 rounds them: entry = floor((T - min_m) a + 0.5), all in float32 and in its order
// (the rules are in src/quantize-lut.ts).
import { zero } from './inline/lanes';

@inline
function min4(a: v128, b: v128): v128 {
  return f32x4.pmin(a, b);
}

@inline
function max4(a: v128, b: v128): v128 {
  return f32x4.pmax(a, b);
}

@inline
function swap(a: v128): v128 {
  return i32x4.shuffle(a, a, 2, 3, 0, 1);
}

@inline
function least(a: v128): f32 {
  const b = min4(a, swap(a));
  return min<f32>(f32x4.extract_lane(b, 0), f32x4.extract_lane(b, 1));
}

@inline
function greatest(a: v128): f32 {
  const b = max4(a, swap(a));
  return max<f32>(f32x4.extract_lane(b, 0), f32x4.extract_lane(b, 1));
}

@inline
function entries(p: usize, low: v128, scale: v128): v128 {
  const x = f32x4.mul(f32x4.sub(v128.load(p), low), scale);
  return i32x4.trunc_sat_f32x4_s(f32x4.add(x, f32x4.splat(0.5)));
}

/** Minima to `mins`; the sum of them, the largest span and the running sum of spans to `out`. */
export function lutRanges(lut: usize, M: i32, offset: f32, total: f32, mins: usize, out: usize): void {
  let span: f32 = 0;
  for (let m = 0; m < M; m++, lut += 64, mins += 4) {
    const a = v128.load(lut), b = v128.load(lut, 16), c = v128.load(lut, 32), d = v128.load(lut, 48);
    const low = least(min4(min4(a, b), min4(c, d)));
    const width = greatest(max4(max4(a, b), max4(c, d))) - low;
    store<f32>(mins, low);
    if (width > span) span = width;
    total += width;
    offset += low;
  }
  store<f32>(out, offset);
  store<f32>(out, span, 4);
  store<f32>(out, total, 8);
}

export function roundLut(lut: usize, M: i32, M2: i32, mins: usize, scale: f32, out: usize): void {
  const a = f32x4.splat(scale);
  for (let m = 0; m < M; m++, lut += 64, mins += 4, out += 16) {
    const low = v128.load32_splat(mins);
    const e0 = entries(lut, low, a), e1 = entries(lut + 16, low, a);
    const e2 = entries(lut + 32, low, a), e3 = entries(lut + 48, low, a);
    v128.store(out, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(e0, e1), i16x8.narrow_i32x4_s(e2, e3)));
  }
  for (let m = M; m < M2; m++, out += 16) v128.store(out, zero());
}
