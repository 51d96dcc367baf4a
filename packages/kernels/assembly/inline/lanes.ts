// Four float32 lanes.
//
//   lane      0    1    2    3
//   a      [ a0 | a1 | a2 | a3 ]
//   fold   = (a0 + a2) + (a1 + a3)          the order of every horizontal sum here

@inline
export function zero(): v128 {
  return i64x2.splat(0);
}

// acc + a * b, rounded twice.
@inline
export function madd(a: v128, b: v128, acc: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), acc);
}

// acc + (a - b)^2
@inline
export function sqdiff(a: v128, b: v128, acc: v128): v128 {
  const t = f32x4.sub(a, b);
  return f32x4.add(f32x4.mul(t, t), acc);
}

@inline
export function fold(a: v128): f32 {
  const halves = f32x4.add(a, i32x4.shuffle(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(halves, 0) + f32x4.extract_lane(halves, 1);
}

// The folds of four vectors as one vector, each in the order of `fold`.
@inline
export function fold4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(i32x4.shuffle(a, b, 0, 1, 4, 5), i32x4.shuffle(a, b, 2, 3, 6, 7));
  const cd = f32x4.add(i32x4.shuffle(c, d, 0, 1, 4, 5), i32x4.shuffle(c, d, 2, 3, 6, 7));
  return f32x4.add(i32x4.shuffle(ab, cd, 0, 2, 4, 6), i32x4.shuffle(ab, cd, 1, 3, 5, 7));
}

// The sums of the lanes of four vectors of i32 as one vector.
@inline
export function sums4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(i32x4.shuffle(a, b, 0, 1, 4, 5), i32x4.shuffle(a, b, 2, 3, 6, 7));
  const cd = i32x4.add(i32x4.shuffle(c, d, 0, 1, 4, 5), i32x4.shuffle(c, d, 2, 3, 6, 7));
  return i32x4.add(i32x4.shuffle(ab, cd, 0, 2, 4, 6), i32x4.shuffle(ab, cd, 1, 3, 5, 7));
}

// The last 1, 2 or 3 floats of a row, zero behind them; reads nothing past the row.
@inline
export function loadRest(p: usize, rest: i32): v128 {
  if (rest == 1) return v128.load32_zero(p);
  const two = v128.load64_zero(p);
  return rest == 2 ? two : v128.load32_lane(p, two, 2, 8);
}

// Sixteen look-ups; every index is below 16, where the relaxed form does the same and needs no guard.
@inline
export function lookup(table: v128, indices: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i8x16.relaxed_swizzle(table, indices) : i8x16.swizzle(table, indices);
}

// From memory and not `i8x16.splat(15)`: V8 would make a constant anew in each round.
const LOW_NIBBLES = memory.data<u8>([15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15], 16);

@inline
export function lowNibbles(): v128 {
  return v128.load(LOW_NIBBLES);
}

@inline
export function lowOf(bytes: v128, mask: v128): v128 {
  return v128.and(bytes, mask);
}

@inline
export function highOf(bytes: v128, mask: v128): v128 {
  return v128.and(i16x8.shr_u(bytes, 4), mask);
}
