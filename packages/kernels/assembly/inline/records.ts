// Lower bounds of keys, from rows kept as bytes: which of some nodes need not be compared in full. The bound of
// `int8-rows.ts`, for rows from anywhere, so each has its facts behind it: a record of d16 bytes (d filled up to a multiple of
// 16) and four float32, |y|², s, |s q|, |y - s q|. It is a query of 12 bits that is bounded with: to read a row in full takes
// as long as some twenty of these products. A sum of 2^15 of them stays below 2^31 in a lane.
import { sums4, zero } from './lanes';

@inline
function dot(q: usize, low: v128, high: v128, acc: v128): v128 {
  const sum = i32x4.add(acc, i32x4.dot_i16x8_s(v128.load8x8_s(q), low));
  return i32x4.add(sum, i32x4.dot_i16x8_s(v128.load8x8_s(q, 8), high));
}

/** Bytes of a record. */
@inline
function recordBytes(d: i32): usize {
  return <usize>((d + 15) & ~15) + 16;
}

/** Asks for every cache line of some rows, `bytes` each at `ids`, before the first is read: all are waited for together. */
@inline
function touch(rows: usize, bytes: usize, ids: usize, n: i32): u32 {
  let seen: u32 = 0;
  for (let i: usize = 0, end = <usize>n << 2; i < end; i += 4) {
    const row = rows + <usize>load<u32>(ids + i) * bytes;
    for (let at: usize = 0; at < bytes; at += 64) seen |= load<u32>(row + at);
    seen |= load<u32>(row + bytes - 4);
  }
  return seen;
}

/**
 * Leaves those of the n nodes at `ids`, in order, whose keys may be below `limit`; returns how many. Four places behind the
 * ids are written to. v, weights: a query as `int12Query` makes it, and the weights of `int8Bounds`.
 */
export function below(records: usize, d: i32, v: usize, weights: usize, ids: usize, n: i32, limit: f32): i32 {
  if (n == 0) return 0;
  const bytes = recordBytes(d);
  const d16 = bytes - 16;
  const limits = f32x4.splat(limit);
  const constant = v128.load32_splat(weights), square = v128.load32_splat(weights, 4);
  const product = v128.load32_splat(weights, 8), norm = v128.load32_splat(weights, 12);
  const lost = v128.load32_splat(weights, 16);
  const seen = touch(records, bytes, ids, n);
  // a group of four is full: the last node stands in for those that there are not
  const last = load<i32>(ids + (<usize>(n - 1) << 2));
  for (let i = n; i & 3; i++) store<i32>(ids + (<usize>i << 2), last);
  let kept: usize = 0;
  for (let i = 0; i < n; i += 4) {
    const at = ids + (<usize>i << 2);
    let p0 = records + <usize>load<u32>(at) * bytes, p1 = records + <usize>load<u32>(at, 4) * bytes;
    let p2 = records + <usize>load<u32>(at, 8) * bytes, p3 = records + <usize>load<u32>(at, 12) * bytes;
    let a = zero(), b = zero(), c = zero(), e = zero();
    for (let p = v; p < v + (d16 << 1); p += 32, p0 += 16, p1 += 16, p2 += 16, p3 += 16) {
      const low = v128.load(p), high = v128.load(p, 16);
      a = dot(p0, low, high, a);
      b = dot(p1, low, high, b);
      c = dot(p2, low, high, c);
      e = dot(p3, low, high, e);
    }
    const f0 = v128.load(p0), f1 = v128.load(p1), f2 = v128.load(p2), f3 = v128.load(p3);
    const low01 = i32x4.shuffle(f0, f1, 0, 4, 1, 5), low23 = i32x4.shuffle(f2, f3, 0, 4, 1, 5);
    const high01 = i32x4.shuffle(f0, f1, 2, 6, 3, 7), high23 = i32x4.shuffle(f2, f3, 2, 6, 3, 7);
    const scales = i32x4.shuffle(low01, low23, 2, 3, 6, 7);
    const dots = f32x4.mul(scales, f32x4.convert_i32x4_s(sums4(a, b, c, e)));
    let bound = f32x4.add(constant, f32x4.mul(square, i32x4.shuffle(low01, low23, 0, 1, 4, 5)));
    bound = f32x4.add(bound, f32x4.mul(product, dots));
    bound = f32x4.add(bound, f32x4.mul(norm, i32x4.shuffle(high01, high23, 0, 1, 4, 5)));
    bound = f32x4.add(bound, f32x4.mul(lost, i32x4.shuffle(high01, high23, 2, 3, 6, 7)));
    let left = i32x4.bitmask(f32x4.ge(bound, limits)) ^ 15;
    if (n - i < 4) left &= (1 << (n - i)) - 1;
    for (; left; left &= left - 1) {
      store<i32>(ids + kept, load<i32>(at + (<usize>ctz(left) << 2)));
      kept += 4;
    }
  }
  store<u32>(ids + kept, seen);
  return <i32>(kept >>> 2);
}
