// One vector against many rows. Four rows at once, two accumulators a row (even and odd groups of four floats); single
// rows at the end sum in the same order, so a row's result does not depend on its place.
import { fold, fold4, loadRest, madd, sqdiff, zero } from './inline/lanes';

@inline
function step(ip: bool, a: v128, b: v128, acc: v128): v128 {
  return ip ? madd(a, b, acc) : sqdiff(a, b, acc);
}

@inline
function row(indexed: bool, y: usize, ids: usize, rowBytes: usize, i: i32): usize {
  return indexed ? y + <usize>load<u32>(ids + (<usize>i << 2)) * rowBytes : y + <usize>i * rowBytes;
}

@inline
function one(ip: bool, x: usize, y: usize, d: i32): f32 {
  let a = zero();
  let b = zero();
  let p = x;
  for (const end = x + (<usize>(d >>> 3) << 5); p < end; p += 32, y += 32) {
    a = step(ip, v128.load(p), v128.load(y), a);
    b = step(ip, v128.load(p, 16), v128.load(y, 16), b);
  }
  if (d & 4) {
    a = step(ip, v128.load(p), v128.load(y), a);
    p += 16;
    y += 16;
  }
  const rest = d & 3;
  if (rest) b = step(ip, loadRest(p, rest), loadRest(y, rest), b);
  return fold(f32x4.add(a, b));
}

@inline
function rows(ip: bool, indexed: bool, x: usize, y: usize, d: i32, ids: usize, n: i32, out: usize): void {
  const rowBytes = <usize>d << 2;
  const end = x + (<usize>(d >>> 3) << 5);
  const rest = d & 3;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    let y0 = row(indexed, y, ids, rowBytes, i);
    let y1 = row(indexed, y, ids, rowBytes, i + 1);
    let y2 = row(indexed, y, ids, rowBytes, i + 2);
    let y3 = row(indexed, y, ids, rowBytes, i + 3);
    let p = x;
    let a0 = zero(), a1 = zero(), a2 = zero(), a3 = zero();
    let b0 = zero(), b1 = zero(), b2 = zero(), b3 = zero();
    for (; p < end; p += 32, y0 += 32, y1 += 32, y2 += 32, y3 += 32) {
      const u = v128.load(p);
      const v = v128.load(p, 16);
      a0 = step(ip, u, v128.load(y0), a0);
      a1 = step(ip, u, v128.load(y1), a1);
      a2 = step(ip, u, v128.load(y2), a2);
      a3 = step(ip, u, v128.load(y3), a3);
      b0 = step(ip, v, v128.load(y0, 16), b0);
      b1 = step(ip, v, v128.load(y1, 16), b1);
      b2 = step(ip, v, v128.load(y2, 16), b2);
      b3 = step(ip, v, v128.load(y3, 16), b3);
    }
    if (d & 4) {
      const u = v128.load(p);
      a0 = step(ip, u, v128.load(y0), a0);
      a1 = step(ip, u, v128.load(y1), a1);
      a2 = step(ip, u, v128.load(y2), a2);
      a3 = step(ip, u, v128.load(y3), a3);
      p += 16;
      y0 += 16;
      y1 += 16;
      y2 += 16;
      y3 += 16;
    }
    if (rest) {
      const u = loadRest(p, rest);
      b0 = step(ip, u, loadRest(y0, rest), b0);
      b1 = step(ip, u, loadRest(y1, rest), b1);
      b2 = step(ip, u, loadRest(y2, rest), b2);
      b3 = step(ip, u, loadRest(y3, rest), b3);
    }
    v128.store(
      out + (<usize>i << 2),
      fold4(f32x4.add(a0, b0), f32x4.add(a1, b1), f32x4.add(a2, b2), f32x4.add(a3, b3)),
    );
  }
  for (; i < n; i++) store<f32>(out + (<usize>i << 2), one(ip, x, row(indexed, y, ids, rowBytes, i), d));
}

export function l2sqrNy(x: usize, y: usize, d: i32, ny: i32, out: usize): void {
  rows(false, false, x, y, d, 0, ny, out);
}

export function ipNy(x: usize, y: usize, d: i32, ny: i32, out: usize): void {
  rows(true, false, x, y, d, 0, ny, out);
}

export function l2sqrByIdx(x: usize, y: usize, d: i32, ids: usize, n: i32, out: usize): void {
  rows(false, true, x, y, d, ids, n, out);
}

export function ipByIdx(x: usize, y: usize, d: i32, ids: usize, n: i32, out: usize): void {
  rows(true, true, x, y, d, ids, n, out);
}

export function normsSqr(y: usize, d: i32, ny: i32, out: usize): void {
  for (let i = 0; i < ny; i++, y += <usize>d << 2) store<f32>(out + (<usize>i << 2), one(true, y, y, d));
}
