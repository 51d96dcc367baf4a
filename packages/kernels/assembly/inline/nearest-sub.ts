// The nearest of ksub short centroids to one sub-vector; four centroids a vector, from the transposed table:
//
//      column + 4 (j ksub + c)   [ c_j | (c+1)_j | (c+2)_j | (c+3)_j ]
//
// `fixed` is dsub where that is 1, 2, 4 or 8, a constant in the copies so that their inner loops unroll, and else 0.
import { sqdiff } from './lanes';

// Squared distance to the centroid that `nearestSub` found.
export let nearestDistance: f32 = 0;

@inline
function sum(fixed: i32, dsub: i32, row: usize, column: usize, stride: usize): v128 {
  const t = f32x4.sub(v128.load32_splat(row), v128.load(column));
  let s = f32x4.mul(t, t);
  if (fixed == 2) return sqdiff(v128.load32_splat(row, 4), v128.load(column + stride), s);
  if (fixed == 4 || fixed == 8) {
    s = sqdiff(v128.load32_splat(row, 4), v128.load(column + stride), s);
    s = sqdiff(v128.load32_splat(row, 8), v128.load(column + 2 * stride), s);
    s = sqdiff(v128.load32_splat(row, 12), v128.load(column + 3 * stride), s);
  }
  if (fixed == 8) {
    s = sqdiff(v128.load32_splat(row, 16), v128.load(column + 4 * stride), s);
    s = sqdiff(v128.load32_splat(row, 20), v128.load(column + 5 * stride), s);
    s = sqdiff(v128.load32_splat(row, 24), v128.load(column + 6 * stride), s);
    s = sqdiff(v128.load32_splat(row, 28), v128.load(column + 7 * stride), s);
  }
  if (fixed == 0) {
    for (let j = 1; j < dsub; j++) {
      row += 4;
      column += stride;
      s = sqdiff(v128.load32_splat(row), v128.load(column), s);
    }
  }
  return s;
}

@inline
function least(s: v128): v128 {
  const two = f32x4.pmin(s, i32x4.shuffle(s, s, 2, 3, 0, 1));
  return f32x4.pmin(two, i32x4.shuffle(two, two, 1, 0, 3, 2));
}

// Of sixteen centroids, without a loop; a NaN is never the least, as the second argument of pmin.
@inline
function nearestOf16(fixed: i32, dsub: i32, row: usize, column: usize): u32 {
  const s0 = sum(fixed, dsub, row, column, 64);
  const s1 = sum(fixed, dsub, row, column + 16, 64);
  const s2 = sum(fixed, dsub, row, column + 32, 64);
  const s3 = sum(fixed, dsub, row, column + 48, 64);
  let low = f32x4.pmin(f32x4.splat(Infinity), s0);
  low = least(f32x4.pmin(f32x4.pmin(f32x4.pmin(low, s1), s2), s3));
  const equal = i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(f32x4.eq(s0, low), f32x4.eq(s1, low)),
    i16x8.narrow_i32x4_s(f32x4.eq(s2, low), f32x4.eq(s3, low)),
  );
  nearestDistance = f32x4.extract_lane(low, 0);
  return nearestDistance < Infinity ? ctz(i8x16.bitmask(equal)) : 0;
}

@inline
export function nearestSub(fixed: i32, dsub: i32, row: usize, column: usize, ksub: i32): u32 {
  if (ksub == 16) return nearestOf16(fixed, dsub, row, column);
  const stride = <usize>ksub << 2;
  const ksub4 = ksub & ~3;
  let bestLanes = f32x4.splat(f32.MAX_VALUE * 2);
  let indexLanes = i64x2.splat(0);
  let index = i32x4(0, 1, 2, 3);
  for (let c = 0; c < ksub4; c += 4) {
    const s = sum(fixed, dsub, row, column + (<usize>c << 2), stride);
    const less = f32x4.lt(s, bestLanes);
    bestLanes = v128.bitselect(s, bestLanes, less);
    indexLanes = v128.bitselect(index, indexLanes, less);
    index = i32x4.add(index, i32x4.splat(4));
  }
  // Least value, then least index among the lanes that have it.
  const low = least(bestLanes);
  const candidates = v128.or(indexLanes, v128.not(f32x4.eq(bestLanes, low)));
  let lowest = i32x4.min_u(candidates, i32x4.shuffle(candidates, candidates, 2, 3, 0, 1));
  lowest = i32x4.min_u(lowest, i32x4.shuffle(lowest, lowest, 1, 0, 3, 2));
  let best = f32x4.extract_lane(low, 0);
  let bestIndex: u32 = i32x4.extract_lane(lowest, 0);
  for (let c = ksub4; c < ksub; c++) {
    let s: f32 = 0;
    for (let j = 0; j < dsub; j++) {
      const t = load<f32>(row + (<usize>j << 2)) - load<f32>(column + (<usize>(j * ksub + c) << 2));
      s += t * t;
    }
    if (s < best) {
      best = s;
      bestIndex = c;
    }
  }
  nearestDistance = best;
  return bestIndex;
}
