// The best y row for each x row, by tiles of inner products with a running minimum a lane. What is minimised is
// ||y||^2 - 2 <x, y> for L2 and -<x, y> for the inner product. Scratch holds, for each x row of a block, four running
// minima and their four indices:
//
//      scratch + 32 q      [ best of rows 0 4 8 … | 1 5 9 … | 2 6 10 … | 3 7 11 … ]   f32
//      scratch + 32 q + 16 [ index                |  …                            ]   u32
import { dot, tile1x4, tile2x4, tileA, tileB, xBlockRows, yBlockRows } from './inline/tile';

@inline
function cost(ip: bool, product: v128, norms: usize, i: i32): v128 {
  if (ip) return f32x4.neg(product);
  return f32x4.sub(v128.load(norms + (<usize>i << 2)), f32x4.add(product, product));
}

@inline
function assign(ip: bool, x: usize, nx: i32, y: usize, ny: i32, d: i32, norms: usize, outIdx: usize, outDis: usize, scratch: usize): void {
  const rowBytes = <usize>d << 2;
  const ny4 = ny & ~3;
  const xBlock = xBlockRows(d), yBlock = yBlockRows(d);
  for (let q0 = 0; q0 < nx; q0 += xBlock) {
    const q1 = min(q0 + xBlock, nx);
    for (let q = 0; q < q1 - q0; q++) {
      v128.store(scratch + (<usize>q << 5), f32x4.splat(f32.MAX_VALUE * 2));
      v128.store(scratch + (<usize>q << 5), i64x2.splat(0), 16);
    }
    for (let i0 = 0; i0 < ny4; i0 += yBlock) {
      const i1 = min(i0 + yBlock, ny4);
      let q = q0;
      for (; q + 2 <= q1; q += 2) {
        const xq = x + <usize>q * rowBytes;
        const state = scratch + (<usize>(q - q0) << 5);
        let bestA = v128.load(state), indexA = v128.load(state, 16);
        let bestB = v128.load(state, 32), indexB = v128.load(state, 48);
        let index = i32x4.add(i32x4.splat(i0), i32x4(0, 1, 2, 3));
        for (let i = i0; i < i1; i += 4) {
          tile2x4(xq, xq + rowBytes, y + <usize>i * rowBytes, d);
          const costA = cost(ip, tileA, norms, i);
          const lessA = f32x4.lt(costA, bestA);
          bestA = v128.bitselect(costA, bestA, lessA);
          indexA = v128.bitselect(index, indexA, lessA);
          const costB = cost(ip, tileB, norms, i);
          const lessB = f32x4.lt(costB, bestB);
          bestB = v128.bitselect(costB, bestB, lessB);
          indexB = v128.bitselect(index, indexB, lessB);
          index = i32x4.add(index, i32x4.splat(4));
        }
        v128.store(state, bestA);
        v128.store(state, indexA, 16);
        v128.store(state, bestB, 32);
        v128.store(state, indexB, 48);
      }
      if (q < q1) {
        const state = scratch + (<usize>(q - q0) << 5);
        let best = v128.load(state), bestIndex = v128.load(state, 16);
        for (let i = i0; i < i1; i += 4) {
          tile1x4(x + <usize>q * rowBytes, y + <usize>i * rowBytes, d);
          const costs = cost(ip, tileA, norms, i);
          const less = f32x4.lt(costs, best);
          best = v128.bitselect(costs, best, less);
          bestIndex = v128.bitselect(i32x4.add(i32x4.splat(i), i32x4(0, 1, 2, 3)), bestIndex, less);
        }
        v128.store(state, best);
        v128.store(state, bestIndex, 16);
      }
    }
    for (let q = q0; q < q1; q++) {
      const xq = x + <usize>q * rowBytes;
      const state = scratch + (<usize>(q - q0) << 5);
      let best = load<f32>(state);
      let bestIndex = load<u32>(state, 16);
      for (let lane: usize = 4; lane < 16; lane += 4) {
        const value = load<f32>(state + lane);
        const index = load<u32>(state + lane, 16);
        if (value < best || (value == best && index < bestIndex)) {
          best = value;
          bestIndex = index;
        }
      }
      for (let i = ny4; i < ny; i++) {
        const product = dot(xq, y + <usize>i * rowBytes, d);
        const value = ip ? -product : load<f32>(norms + (<usize>i << 2)) - (product + product);
        if (value < best) {
          best = value;
          bestIndex = i;
        }
      }
      store<u32>(outIdx + (<usize>q << 2), bestIndex);
      store<f32>(outDis + (<usize>q << 2), ip ? -best : max<f32>(0, dot(xq, xq, d) + best));
    }
  }
}

export function assignL2(x: usize, nx: i32, y: usize, ny: i32, d: i32, norms: usize, outIdx: usize, outDis: usize, scratch: usize): void {
  assign(false, x, nx, y, ny, d, norms, outIdx, outDis, scratch);
}

export function assignIp(x: usize, nx: i32, y: usize, ny: i32, d: i32, outIdx: usize, outDis: usize, scratch: usize): void {
  assign(true, x, nx, y, ny, d, 0, outIdx, outDis, scratch);
}
