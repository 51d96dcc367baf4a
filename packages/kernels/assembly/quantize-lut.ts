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

/** Four entries of a table: those at p, or for a residual less those of the products. */
@inline
function entriesAt(p: usize, products: usize, residual: bool): v128 {
  const part = v128.load(p);
  return residual ? f32x4.sub(part, v128.load(products)) : part;
}

@inline
function leastOf(p: usize, x: usize, residual: bool): v128 {
  const a = entriesAt(p, x, residual), b = entriesAt(p + 16, x + 16, residual);
  const c = entriesAt(p + 32, x + 32, residual), d = entriesAt(p + 48, x + 48, residual);
  return min4(min4(a, b), min4(c, d));
}

@inline
function greatestOf(p: usize, x: usize, residual: bool): v128 {
  const a = entriesAt(p, x, residual), b = entriesAt(p + 16, x + 16, residual);
  const c = entriesAt(p + 32, x + 32, residual), d = entriesAt(p + 48, x + 48, residual);
  return max4(max4(a, b), max4(c, d));
}

// The least (greatest) lane of each of four vectors; a zero of either sign is +0.
@inline
function leastLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = min4(i32x4.shuffle(a, b, 0, 1, 4, 5), i32x4.shuffle(a, b, 2, 3, 6, 7));
  const cd = min4(i32x4.shuffle(c, d, 0, 1, 4, 5), i32x4.shuffle(c, d, 2, 3, 6, 7));
  return f32x4.add(min4(i32x4.shuffle(ab, cd, 0, 2, 4, 6), i32x4.shuffle(ab, cd, 1, 3, 5, 7)), zero());
}

@inline
function greatestLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = max4(i32x4.shuffle(a, b, 0, 1, 4, 5), i32x4.shuffle(a, b, 2, 3, 6, 7));
  const cd = max4(i32x4.shuffle(c, d, 0, 1, 4, 5), i32x4.shuffle(c, d, 2, 3, 6, 7));
  return max4(i32x4.shuffle(ab, cd, 0, 2, 4, 6), i32x4.shuffle(ab, cd, 1, 3, 5, 7));
}

@inline
function ranges(
  lut: usize,
  products: usize,
  residual: bool,
  M: i32,
  offset: f32,
  total: f32,
  mins: usize,
  out: usize,
): void {
  let spans = zero();
  let m = 0;
  for (; m + 4 <= M; m += 4, lut += 256, products += 256, mins += 16) {
    const low = leastLanes(
      leastOf(lut, products, residual),
      leastOf(lut + 64, products + 64, residual),
      leastOf(lut + 128, products + 128, residual),
      leastOf(lut + 192, products + 192, residual),
    );
    const high = greatestLanes(
      greatestOf(lut, products, residual),
      greatestOf(lut + 64, products + 64, residual),
      greatestOf(lut + 128, products + 128, residual),
      greatestOf(lut + 192, products + 192, residual),
    );
    const width = f32x4.sub(high, low);
    v128.store(mins, low);
    spans = max4(spans, width);
    total = total + f32x4.extract_lane(width, 0) + f32x4.extract_lane(width, 1);
    total = total + f32x4.extract_lane(width, 2) + f32x4.extract_lane(width, 3);
    offset = offset + f32x4.extract_lane(low, 0) + f32x4.extract_lane(low, 1);
    offset = offset + f32x4.extract_lane(low, 2) + f32x4.extract_lane(low, 3);
  }
  for (; m < M; m++, lut += 64, products += 64, mins += 4) {
    const low = leastOf(lut, products, residual), high = greatestOf(lut, products, residual);
    const least = leastLanes(low, low, low, low);
    const width = f32x4.sub(greatestLanes(high, high, high, high), least);
    store<f32>(mins, f32x4.extract_lane(least, 0));
    spans = max4(spans, width);
    total += f32x4.extract_lane(width, 0);
    offset += f32x4.extract_lane(least, 0);
  }
  store<f32>(out, offset);
  store<f32>(out, f32x4.extract_lane(greatestLanes(spans, spans, spans, spans), 0), 4);
  store<f32>(out, total, 8);
}

@inline
function rounded(x: v128, low: v128, scale: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(f32x4.sub(x, low), scale), f32x4.splat(0.5)));
}

@inline
function round(
  lut: usize,
  products: usize,
  residual: bool,
  M: i32,
  M2: i32,
  mins: usize,
  scale: f32,
  out: usize,
): void {
  const a = f32x4.splat(scale);
  for (let m = 0; m < M; m++, lut += 64, products += 64, mins += 4, out += 16) {
    const low = v128.load32_splat(mins);
    const e0 = rounded(entriesAt(lut, products, residual), low, a);
    const e1 = rounded(entriesAt(lut + 16, products + 16, residual), low, a);
    const e2 = rounded(entriesAt(lut + 32, products + 32, residual), low, a);
    const e3 = rounded(entriesAt(lut + 48, products + 48, residual), low, a);
    v128.store(out, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(e0, e1), i16x8.narrow_i32x4_s(e2, e3)));
  }
  for (let m = M; m < M2; m++, out += 16) v128.store(out, zero());
}

/** Minima to `mins`; the sum of them, the largest span and the running sum of spans to `out`. */
export function lutRanges(lut: usize, M: i32, offset: f32, total: f32, mins: usize, out: usize): void {
  ranges(lut, lut, false, M, offset, total, mins, out);
}

export function roundLut(lut: usize, M: i32, M2: i32, mins: usize, scale: f32, out: usize): void {
  round(lut, lut, false, M, M2, mins, scale, out);
}

/** The same of n tables that are never written down: `parts[j]`, less the products. */
export function residualRanges(
  parts: usize,
  n: i32,
  products: usize,
  M: i32,
  offsets: usize,
  origin: f32,
  mins: usize,
  out: usize,
): void {
  for (let j = 0; j < n; j++, parts += 4, offsets += 4, mins += <usize>M << 2, out += 12) {
    const offset = load<f32>(offsets);
    ranges(load<usize>(parts), products, true, M, offset, offset - origin, mins, out);
  }
}

export function roundResiduals(
  parts: usize,
  n: i32,
  products: usize,
  M: i32,
  M2: i32,
  mins: usize,
  scale: f32,
  out: usize,
): void {
  for (let j = 0; j < n; j++, parts += 4, mins += <usize>M << 2, out += <usize>M2 << 4) {
    round(load<usize>(parts), products, true, M, M2, mins, scale, out);
  }
}
