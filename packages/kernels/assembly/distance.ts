// One vector against many rows.
//
// Rows that follow each other are read one at a time, four accumulators a row: a plain stream, which the prefetcher of
// the processor follows. Four rows at once are as fast in cache, but lists that come from memory take twice as long.
//
// Rows picked by index come from anywhere, so two are read at once to wait for their memory together. The sums are in the
// same order: a row's result depends neither on its place nor on the form.
import { fold, loadRest, madd, sqdiff, zero } from './inline/lanes';

@inline
function step(ip: bool, a: v128, b: v128, acc: v128): v128 {
  return ip ? madd(a, b, acc) : sqdiff(a, b, acc);
}

@inline
function row(y: usize, ids: usize, rowBytes: usize, i: i32): usize {
  return y + <usize>load<u32>(ids + (<usize>i << 2)) * rowBytes;
}

@inline
function streamed(ip: bool, x: usize, y: usize, d: i32): f32 {
  let a0 = zero();
  let a1 = zero();
  let a2 = zero();
  let a3 = zero();
  let p = x;
  for (const end = x + (<usize>(d >>> 4) << 6); p < end; p += 64, y += 64) {
    a0 = step(ip, v128.load(p), v128.load(y), a0);
    a1 = step(ip, v128.load(p, 16), v128.load(y, 16), a1);
    a2 = step(ip, v128.load(p, 32), v128.load(y, 32), a2);
    a3 = step(ip, v128.load(p, 48), v128.load(y, 48), a3);
  }
  if (d & 8) {
    a0 = step(ip, v128.load(p), v128.load(y), a0);
    a1 = step(ip, v128.load(p, 16), v128.load(y, 16), a1);
    p += 32;
    y += 32;
  }
  if (d & 4) {
    a2 = step(ip, v128.load(p), v128.load(y), a2);
    p += 16;
    y += 16;
  }
  const rest = d & 3;
  if (rest) a3 = step(ip, loadRest(p, rest), loadRest(y, rest), a3);
  return fold(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)));
}

@inline
function stream(ip: bool, x: usize, y: usize, d: i32, n: i32, out: usize): void {
  const rowBytes = <usize>d << 2;
  for (let i = 0; i < n; i++, y += rowBytes) store<f32>(out + (<usize>i << 2), streamed(ip, x, y, d));
}

/** Two rows by index at once, in the order of sums of `streamed`. */
@inline
function pick(ip: bool, x: usize, y: usize, d: i32, ids: usize, n: i32, out: usize): void {
  const rowBytes = <usize>d << 2;
  const end = x + (<usize>(d >>> 4) << 6);
  const rest = d & 3;
  let i = 0;
  for (; i + 2 <= n; i += 2) {
    let y0 = row(y, ids, rowBytes, i);
    let y1 = row(y, ids, rowBytes, i + 1);
    let p = x;
    let a0 = zero(), a1 = zero(), a2 = zero(), a3 = zero();
    let b0 = zero(), b1 = zero(), b2 = zero(), b3 = zero();
    for (; p < end; p += 64, y0 += 64, y1 += 64) {
      const u0 = v128.load(p);
      const u1 = v128.load(p, 16);
      const u2 = v128.load(p, 32);
      const u3 = v128.load(p, 48);
      a0 = step(ip, u0, v128.load(y0), a0);
      b0 = step(ip, u0, v128.load(y1), b0);
      a1 = step(ip, u1, v128.load(y0, 16), a1);
      b1 = step(ip, u1, v128.load(y1, 16), b1);
      a2 = step(ip, u2, v128.load(y0, 32), a2);
      b2 = step(ip, u2, v128.load(y1, 32), b2);
      a3 = step(ip, u3, v128.load(y0, 48), a3);
      b3 = step(ip, u3, v128.load(y1, 48), b3);
    }
    if (d & 8) {
      const u0 = v128.load(p);
      const u1 = v128.load(p, 16);
      a0 = step(ip, u0, v128.load(y0), a0);
      b0 = step(ip, u0, v128.load(y1), b0);
      a1 = step(ip, u1, v128.load(y0, 16), a1);
      b1 = step(ip, u1, v128.load(y1, 16), b1);
      p += 32;
      y0 += 32;
      y1 += 32;
    }
    if (d & 4) {
      const u = v128.load(p);
      a2 = step(ip, u, v128.load(y0), a2);
      b2 = step(ip, u, v128.load(y1), b2);
      p += 16;
      y0 += 16;
      y1 += 16;
    }
    if (rest) {
      const u = loadRest(p, rest);
      a3 = step(ip, u, loadRest(y0, rest), a3);
      b3 = step(ip, u, loadRest(y1, rest), b3);
    }
    store<f32>(out + (<usize>i << 2), fold(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3))));
    store<f32>(out + (<usize>i << 2), fold(f32x4.add(f32x4.add(b0, b1), f32x4.add(b2, b3))), 4);
  }
  if (i < n) store<f32>(out + (<usize>i << 2), streamed(ip, x, row(y, ids, rowBytes, i), d));
}

export function l2sqrNy(x: usize, y: usize, d: i32, ny: i32, out: usize): void {
  stream(false, x, y, d, ny, out);
}

export function ipNy(x: usize, y: usize, d: i32, ny: i32, out: usize): void {
  stream(true, x, y, d, ny, out);
}

export function l2sqrByIdx(x: usize, y: usize, d: i32, ids: usize, n: i32, out: usize): void {
  pick(false, x, y, d, ids, n, out);
}

export function ipByIdx(x: usize, y: usize, d: i32, ids: usize, n: i32, out: usize): void {
  pick(true, x, y, d, ids, n, out);
}

export function normsSqr(y: usize, d: i32, ny: i32, out: usize): void {
  for (let i = 0; i < ny; i++, y += <usize>d << 2) store<f32>(out + (<usize>i << 2), streamed(true, y, y, d));
}
