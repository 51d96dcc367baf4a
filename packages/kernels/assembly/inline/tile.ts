// Inner products of two x rows with four y rows, in registers:
//
//            y0 y1 y2 y3
//      x0    a0 a1 a2 a3   -> tileA, one lane a y row
//      x1    b0 b1 b2 b3   -> tileB
//
// Six loads and eight sums live at once: one more step in the loop and V8, which hoists loads, spills the sums.
//
// Every product of one x row and one y row is summed in the same order, by `tile2x4`, `tile1x4` and `dot` alike, so
// that equal rows have equal products wherever they stand and a tie stays a tie.
import { fold, fold4, loadRest, madd, zero } from './lanes';

export let tileA: v128 = i64x2.splat(0);
export let tileB: v128 = i64x2.splat(0);

@inline
export function tile2x4(x0: usize, x1: usize, y0: usize, d: i32): void {
  const rowBytes = <usize>d << 2;
  let y1 = y0 + rowBytes, y2 = y1 + rowBytes, y3 = y2 + rowBytes;
  let a0 = zero(), a1 = zero(), a2 = zero(), a3 = zero();
  let b0 = zero(), b1 = zero(), b2 = zero(), b3 = zero();
  for (const end = x0 + (<usize>(d >>> 2) << 4); x0 < end; x0 += 16, x1 += 16, y0 += 16, y1 += 16, y2 += 16, y3 += 16) {
    const u = v128.load(x0), v = v128.load(x1);
    let t = v128.load(y0);
    a0 = madd(u, t, a0);
    b0 = madd(v, t, b0);
    t = v128.load(y1);
    a1 = madd(u, t, a1);
    b1 = madd(v, t, b1);
    t = v128.load(y2);
    a2 = madd(u, t, a2);
    b2 = madd(v, t, b2);
    t = v128.load(y3);
    a3 = madd(u, t, a3);
    b3 = madd(v, t, b3);
  }
  const rest = d & 3;
  if (rest) {
    const u = loadRest(x0, rest), v = loadRest(x1, rest);
    let t = loadRest(y0, rest);
    a0 = madd(u, t, a0);
    b0 = madd(v, t, b0);
    t = loadRest(y1, rest);
    a1 = madd(u, t, a1);
    b1 = madd(v, t, b1);
    t = loadRest(y2, rest);
    a2 = madd(u, t, a2);
    b2 = madd(v, t, b2);
    t = loadRest(y3, rest);
    a3 = madd(u, t, a3);
    b3 = madd(v, t, b3);
  }
  tileA = fold4(a0, a1, a2, a3);
  tileB = fold4(b0, b1, b2, b3);
}

@inline
export function tile1x4(x0: usize, y0: usize, d: i32): void {
  const rowBytes = <usize>d << 2;
  tile1(x0, y0, y0 + rowBytes, y0 + 2 * rowBytes, y0 + 3 * rowBytes, d);
}

@inline
function tile1(x0: usize, y0: usize, y1: usize, y2: usize, y3: usize, d: i32): void {
  let a0 = zero(), a1 = zero(), a2 = zero(), a3 = zero();
  for (const end = x0 + (<usize>(d >>> 2) << 4); x0 < end; x0 += 16, y0 += 16, y1 += 16, y2 += 16, y3 += 16) {
    const u = v128.load(x0);
    a0 = madd(u, v128.load(y0), a0);
    a1 = madd(u, v128.load(y1), a1);
    a2 = madd(u, v128.load(y2), a2);
    a3 = madd(u, v128.load(y3), a3);
  }
  const rest = d & 3;
  if (rest) {
    const u = loadRest(x0, rest);
    a0 = madd(u, loadRest(y0, rest), a0);
    a1 = madd(u, loadRest(y1, rest), a1);
    a2 = madd(u, loadRest(y2, rest), a2);
    a3 = madd(u, loadRest(y3, rest), a3);
  }
  tileA = fold4(a0, a1, a2, a3);
}

// Four products of a row each with a row, x0 with y0 and so on, each summed as `dot` does.
export function dot4(x0: usize, y0: usize, x1: usize, y1: usize, x2: usize, y2: usize, x3: usize, y3: usize, d: i32): v128 {
  let a0 = zero(), a1 = zero(), a2 = zero(), a3 = zero();
  const bytes = <usize>(d >>> 2) << 4;
  for (let at: usize = 0; at < bytes; at += 16) {
    a0 = madd(v128.load(x0 + at), v128.load(y0 + at), a0);
    a1 = madd(v128.load(x1 + at), v128.load(y1 + at), a1);
    a2 = madd(v128.load(x2 + at), v128.load(y2 + at), a2);
    a3 = madd(v128.load(x3 + at), v128.load(y3 + at), a3);
  }
  const rest = d & 3;
  if (rest) {
    a0 = madd(loadRest(x0 + bytes, rest), loadRest(y0 + bytes, rest), a0);
    a1 = madd(loadRest(x1 + bytes, rest), loadRest(y1 + bytes, rest), a1);
    a2 = madd(loadRest(x2 + bytes, rest), loadRest(y2 + bytes, rest), a2);
    a3 = madd(loadRest(x3 + bytes, rest), loadRest(y3 + bytes, rest), a3);
  }
  return fold4(a0, a1, a2, a3);
}

// Products of one x row with up to four y rows by number, each summed as `dot` does; `rows` and `end` bound the numbers,
// u32, behind which the last counts again.
export function dotRows4(x: usize, y: usize, rows: usize, end: usize, d: i32): v128 {
  const rowBytes = <usize>d << 2;
  const last = end - 4;
  const y0 = y + <usize>load<u32>(rows) * rowBytes;
  const y1 = y + <usize>load<u32>(min(rows + 4, last)) * rowBytes;
  const y2 = y + <usize>load<u32>(min(rows + 8, last)) * rowBytes;
  const y3 = y + <usize>load<u32>(min(rows + 12, last)) * rowBytes;
  tile1(x, y0, y1, y2, y3, d);
  return tileA;
}

// One product, one accumulator.
export function dot(x: usize, y: usize, d: i32): f32 {
  let a = zero();
  for (const end = x + (<usize>(d >>> 2) << 4); x < end; x += 16, y += 16) a = madd(v128.load(x), v128.load(y), a);
  const rest = d & 3;
  if (rest) a = madd(loadRest(x, rest), loadRest(y, rest), a);
  return fold(a);
}

// Rows of y that stay in the first-level cache while the x rows of a block pass by: 16 KiB, a multiple of four.
export function yBlockRows(d: i32): i32 {
  return max(4, (4096 / d) & ~3);
}

// Rows of x that stay in the second-level cache while y passes by: 128 KiB, even, at most 128.
export function xBlockRows(d: i32): i32 {
  return min(128, max(8, (32768 / d) & ~1));
}
