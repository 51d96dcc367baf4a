// One vector against many rows, two accumulators a row: even vectors of four floats go to one, odd ones to the other.
//
// Rows that follow each other are read one at a time: a plain stream, which the prefetcher of the processor follows. Four
// rows at once are as fast in cache, but lists that come from memory take twice as long.
//
// Rows picked by index come from anywhere, so four are read at once to wait for their memory together. The sums are in the
// same order: a row's result depends neither on its place nor on the form.
import { fold, fold4, loadRest, madd, sqdiff, zero } from './inline/lanes';

@inline
function step(ip: bool, a: v128, b: v128, acc: v128): v128 {
  return ip ? madd(a, b, acc) : sqdiff(a, b, acc);
}

@inline
function row(y: usize, ids: usize, unit: usize, i: i32): usize {
  return y + <usize>load<u32>(ids + (<usize>i << 2)) * unit;
}

@inline
export function streamed(ip: bool, x: usize, y: usize, d: i32): f32 {
  let a0 = zero();
  let a1 = zero();
  let p = x;
  for (const end = x + (<usize>(d >>> 4) << 6); p < end; p += 64, y += 64) {
    a0 = step(ip, v128.load(p), v128.load(y), a0);
    a1 = step(ip, v128.load(p, 16), v128.load(y, 16), a1);
    a0 = step(ip, v128.load(p, 32), v128.load(y, 32), a0);
    a1 = step(ip, v128.load(p, 48), v128.load(y, 48), a1);
  }
  if (d & 8) {
    a0 = step(ip, v128.load(p), v128.load(y), a0);
    a1 = step(ip, v128.load(p, 16), v128.load(y, 16), a1);
    p += 32;
    y += 32;
  }
  if (d & 4) {
    a0 = step(ip, v128.load(p), v128.load(y), a0);
    p += 16;
    y += 16;
  }
  const rest = d & 3;
  if (rest) a1 = step(ip, loadRest(p, rest), loadRest(y, rest), a1);
  return fold(f32x4.add(a0, a1));
}

@inline
function stream(ip: bool, x: usize, y: usize, d: i32, n: i32, out: usize): void {
  const rowBytes = <usize>d << 2;
  for (let i = 0; i < n; i++, y += rowBytes) store<f32>(out + (<usize>i << 2), streamed(ip, x, y, d));
}

/** Reads a word of every line of four rows: more of them are then on their way than comparing alone would ask for. */
@inline
function lines(y: usize, ids: usize, unit: usize, rowBytes: usize, i: i32): u32 {
  const y0 = row(y, ids, unit, i), y1 = row(y, ids, unit, i + 1);
  const y2 = row(y, ids, unit, i + 2), y3 = row(y, ids, unit, i + 3);
  let seen: u32 = 0;
  for (let at: usize = 0; at < rowBytes; at += 64) {
    seen |= load<u32>(y0 + at) | load<u32>(y1 + at) | load<u32>(y2 + at) | load<u32>(y3 + at);
  }
  return seen;
}

/** Four rows by index at once, in the order of sums of `streamed`: row i is `unit · ids[i]` bytes behind y. */
@inline
export function pick(ip: bool, x: usize, y: usize, unit: usize, d: i32, ids: usize, n: i32, out: usize): void {
  const rowBytes = <usize>d << 2;
  const end = x + (<usize>(d >>> 3) << 5);
  const rest = d & 3;
  let i = 0;
  // every page is asked for before the first is read: their addresses are looked up side by side
  let seen: u32 = 0;
  for (let j = 0; j < n; j++) seen |= load<u32>(row(y, ids, unit, j));
  if (n) store<u32>(out, seen);
  for (; i + 4 <= n; i += 4) {
    let y0 = row(y, ids, unit, i), y1 = row(y, ids, unit, i + 1);
    let y2 = row(y, ids, unit, i + 2), y3 = row(y, ids, unit, i + 3);
    if (i + 8 <= n) store<u32>(out + (<usize>i << 2), lines(y, ids, unit, rowBytes, i + 4));
    let p = x;
    let a0 = zero(), a1 = zero(), b0 = zero(), b1 = zero();
    let c0 = zero(), c1 = zero(), e0 = zero(), e1 = zero();
    for (; p < end; p += 32, y0 += 32, y1 += 32, y2 += 32, y3 += 32) {
      let u = v128.load(p);
      a0 = step(ip, u, v128.load(y0), a0);
      b0 = step(ip, u, v128.load(y1), b0);
      c0 = step(ip, u, v128.load(y2), c0);
      e0 = step(ip, u, v128.load(y3), e0);
      u = v128.load(p, 16);
      a1 = step(ip, u, v128.load(y0, 16), a1);
      b1 = step(ip, u, v128.load(y1, 16), b1);
      c1 = step(ip, u, v128.load(y2, 16), c1);
      e1 = step(ip, u, v128.load(y3, 16), e1);
    }
    if (d & 4) {
      const u = v128.load(p);
      a0 = step(ip, u, v128.load(y0), a0);
      b0 = step(ip, u, v128.load(y1), b0);
      c0 = step(ip, u, v128.load(y2), c0);
      e0 = step(ip, u, v128.load(y3), e0);
      p += 16;
      y0 += 16;
      y1 += 16;
      y2 += 16;
      y3 += 16;
    }
    if (rest) {
      const u = loadRest(p, rest);
      a1 = step(ip, u, loadRest(y0, rest), a1);
      b1 = step(ip, u, loadRest(y1, rest), b1);
      c1 = step(ip, u, loadRest(y2, rest), c1);
      e1 = step(ip, u, loadRest(y3, rest), e1);
    }
    v128.store(
      out + (<usize>i << 2),
      fold4(f32x4.add(a0, a1), f32x4.add(b0, b1), f32x4.add(c0, c1), f32x4.add(e0, e1)),
    );
  }
  for (; i < n; i++) store<f32>(out + (<usize>i << 2), streamed(ip, x, row(y, ids, unit, i), d));
}

export function l2sqrNy(x: usize, y: usize, d: i32, ny: i32, out: usize): void {
  stream(false, x, y, d, ny, out);
}

export function ipNy(x: usize, y: usize, d: i32, ny: i32, out: usize): void {
  stream(true, x, y, d, ny, out);
}

export function l2sqrByIdx(x: usize, y: usize, d: i32, ids: usize, n: i32, out: usize): void {
  pick(false, x, y, <usize>d << 2, d, ids, n, out);
}

export function ipByIdx(x: usize, y: usize, d: i32, ids: usize, n: i32, out: usize): void {
  pick(true, x, y, <usize>d << 2, d, ids, n, out);
}

export function normsSqr(y: usize, d: i32, ny: i32, out: usize): void {
  for (let i = 0; i < ny; i++, y += <usize>d << 2) store<f32>(out + (<usize>i << 2), streamed(true, y, y, d));
}
