// Codes of a product quantizer, for four bits row after row, as all centroids fit into the first-level cache, and for
// eight bits sub-quantizer after sub-quantizer.
import { nearestSub } from './inline/nearest-sub';

@inline
function encode4(fixed: i32, x: usize, nx: i32, centroidsT: usize, M: i32, dsub: i32, codes: usize): void {
  const subBytes = <usize>dsub << 2;
  const bookBytes = <usize>dsub << 6;
  for (let q = 0; q < nx; q++) {
    let book = centroidsT;
    let low: u32 = 0;
    for (let m = 0; m < M; m++, x += subBytes, book += bookBytes) {
      const index = nearestSub(fixed, dsub, x, book, 16);
      if (m & 1) store<u8>(codes++, low | (index << 4));
      else low = index;
    }
    if (M & 1) store<u8>(codes++, low);
  }
}

@inline
function encode8(fixed: i32, x: usize, nx: i32, centroidsT: usize, M: i32, dsub: i32, codes: usize): void {
  const subBytes = <usize>dsub << 2;
  for (let m: usize = 0; m < <usize>M; m++) {
    const book = centroidsT + m * (<usize>dsub << 10);
    let row = x + m * subBytes;
    for (let q: usize = 0; q < <usize>nx; q++, row += <usize>M * subBytes) {
      store<u8>(codes + q * <usize>M + m, nearestSub(fixed, dsub, row, book, 256));
    }
  }
}

export function pqEncode4(x: usize, nx: i32, centroidsT: usize, M: i32, dsub: i32, codes: usize): void {
  if (dsub == 1) encode4(1, x, nx, centroidsT, M, dsub, codes);
  else if (dsub == 2) encode4(2, x, nx, centroidsT, M, dsub, codes);
  else if (dsub == 4) encode4(4, x, nx, centroidsT, M, dsub, codes);
  else if (dsub == 8) encode4(8, x, nx, centroidsT, M, dsub, codes);
  else encode4(0, x, nx, centroidsT, M, dsub, codes);
}

export function pqEncode8(x: usize, nx: i32, centroidsT: usize, M: i32, dsub: i32, codes: usize): void {
  if (dsub == 1) encode8(1, x, nx, centroidsT, M, dsub, codes);
  else if (dsub == 2) encode8(2, x, nx, centroidsT, M, dsub, codes);
  else if (dsub == 4) encode8(4, x, nx, centroidsT, M, dsub, codes);
  else if (dsub == 8) encode8(8, x, nx, centroidsT, M, dsub, codes);
  else encode8(0, x, nx, centroidsT, M, dsub, codes);
}
