// The nearest of ksub short centroids for each sub-vector.
import { nearestDistance, nearestSub } from './inline/nearest-sub';

@inline
function nearest(fixed: i32, x: usize, nx: i32, xStride: i32, centroidsT: usize, ksub: i32, dsub: i32, outIdx: usize, outDis: usize): void {
  for (let q = 0; q < nx; q++, x += <usize>xStride << 2) {
    store<u32>(outIdx + (<usize>q << 2), nearestSub(fixed, dsub, x, centroidsT, ksub));
    store<f32>(outDis + (<usize>q << 2), nearestDistance);
  }
}

export function assignSub(x: usize, nx: i32, xStride: i32, centroidsT: usize, ksub: i32, dsub: i32, outIdx: usize, outDis: usize): void {
  if (dsub == 1) nearest(1, x, nx, xStride, centroidsT, ksub, dsub, outIdx, outDis);
  else if (dsub == 2) nearest(2, x, nx, xStride, centroidsT, ksub, dsub, outIdx, outDis);
  else if (dsub == 4) nearest(4, x, nx, xStride, centroidsT, ksub, dsub, outIdx, outDis);
  else if (dsub == 8) nearest(8, x, nx, xStride, centroidsT, ksub, dsub, outIdx, outDis);
  else nearest(0, x, nx, xStride, centroidsT, ksub, dsub, outIdx, outDis);
}
