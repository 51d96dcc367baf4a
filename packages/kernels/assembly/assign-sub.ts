// The nearest of ksub short centroids for each sub-vector; four centroids a vector, from the transposed table:
//
//      centroidsT + 4 (j ksub + c)   [ c_j | (c+1)_j | (c+2)_j | (c+3)_j ]
//
// dsub is a constant in the copies for 1, 2, 4 and 8, so that their inner loops unroll; 0 stands for any other.
import { sqdiff } from './inline/lanes';

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
function nearest(fixed: i32, x: usize, nx: i32, xStride: i32, centroidsT: usize, ksub: i32, dsub: i32, outIdx: usize, outDis: usize): void {
  const stride = <usize>ksub << 2;
  const ksub4 = ksub & ~3;
  for (let q = 0; q < nx; q++, x += <usize>xStride << 2) {
    let bestLanes = f32x4.splat(f32.MAX_VALUE * 2);
    let indexLanes = i64x2.splat(0);
    let index = i32x4(0, 1, 2, 3);
    for (let c = 0; c < ksub4; c += 4) {
      const s = sum(fixed, dsub, x, centroidsT + (<usize>c << 2), stride);
      const less = f32x4.lt(s, bestLanes);
      bestLanes = v128.bitselect(s, bestLanes, less);
      indexLanes = v128.bitselect(index, indexLanes, less);
      index = i32x4.add(index, i32x4.splat(4));
    }
    // Least value, then least index among the lanes that have it.
    let low = f32x4.min(bestLanes, i32x4.shuffle(bestLanes, bestLanes, 2, 3, 0, 1));
    low = f32x4.min(low, i32x4.shuffle(low, low, 1, 0, 3, 2));
    const candidates = v128.or(indexLanes, v128.not(f32x4.eq(bestLanes, low)));
    let lowest = i32x4.min_u(candidates, i32x4.shuffle(candidates, candidates, 2, 3, 0, 1));
    lowest = i32x4.min_u(lowest, i32x4.shuffle(lowest, lowest, 1, 0, 3, 2));
    let best = f32x4.extract_lane(low, 0);
    let bestIndex = i32x4.extract_lane(lowest, 0);
    for (let c = ksub4; c < ksub; c++) {
      let s: f32 = 0;
      for (let j = 0; j < dsub; j++) {
        const t = load<f32>(x + (<usize>j << 2)) - load<f32>(centroidsT + (<usize>(j * ksub + c) << 2));
        s += t * t;
      }
      if (s < best) {
        best = s;
        bestIndex = c;
      }
    }
    store<u32>(outIdx + (<usize>q << 2), bestIndex);
    store<f32>(outDis + (<usize>q << 2), best);
  }
}

export function assignSub(x: usize, nx: i32, xStride: i32, centroidsT: usize, ksub: i32, dsub: i32, outIdx: usize, outDis: usize): void {
  if (dsub == 1) nearest(1, x, nx, xStride, centroidsT, ksub, dsub, outIdx, outDis);
  else if (dsub == 2) nearest(2, x, nx, xStride, centroidsT, ksub, dsub, outIdx, outDis);
  else if (dsub == 4) nearest(4, x, nx, xStride, centroidsT, ksub, dsub, outIdx, outDis);
  else if (dsub == 8) nearest(8, x, nx, xStride, centroidsT, ksub, dsub, outIdx, outDis);
  else nearest(0, x, nx, xStride, centroidsT, ksub, dsub, outIdx, outDis);
}
