// All inner products of two matrices, blocked for two levels of cache and 2 x 4 for registers.
import { dot, tile1x4, tile2x4, tileA, tileB, xBlockRows, yBlockRows } from './inline/tile';

export function ipBlock(x: usize, nx: i32, y: usize, ny: i32, d: i32, out: usize): void {
  const rowBytes = <usize>d << 2;
  const outBytes = <usize>ny << 2;
  const ny4 = ny & ~3;
  const xBlock = xBlockRows(d), yBlock = yBlockRows(d);
  for (let q0 = 0; q0 < nx; q0 += xBlock) {
    const q1 = min(q0 + xBlock, nx);
    for (let i0 = 0; i0 < ny4; i0 += yBlock) {
      const i1 = min(i0 + yBlock, ny4);
      let q = q0;
      for (; q + 2 <= q1; q += 2) {
        const xq = x + <usize>q * rowBytes;
        const to = out + <usize>q * outBytes;
        for (let i = i0; i < i1; i += 4) {
          tile2x4(xq, xq + rowBytes, y + <usize>i * rowBytes, d);
          v128.store(to + (<usize>i << 2), tileA);
          v128.store(to + outBytes + (<usize>i << 2), tileB);
        }
      }
      if (q < q1) {
        for (let i = i0; i < i1; i += 4) {
          tile1x4(x + <usize>q * rowBytes, y + <usize>i * rowBytes, d);
          v128.store(out + <usize>q * outBytes + (<usize>i << 2), tileA);
        }
      }
    }
    for (let q = q0; q < q1; q++) {
      for (let i = ny4; i < ny; i++) {
        store<f32>(
          out + <usize>q * outBytes + (<usize>i << 2),
          dot(x + <usize>q * rowBytes, y + <usize>i * rowBytes, d),
        );
      }
    }
  }
}
