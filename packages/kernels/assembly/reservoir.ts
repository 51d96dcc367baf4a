// The k best of a stream, unsorted until asked for: candidates are appended while they are not worse than the k-th best
// known, and when the room is full those that cannot be among the results go.
//
// Smaller keys are better. With T the k-th smallest key, what stays is every key below T and, of those equal to T, the ones
// that are among the first k by position of all that are not above T: what a heap that takes only strictly better
// candidates would have had in hand, whatever the order in which they come here. That can be more than k; which of the
// ties to drop is the caller's choice.
//
//   r      0 n   4 k   8 capacity   12 threshold   16…31 unused
//   r + 32           keys, i32      (capacity)
//   … + 4 capacity   positions, u32 (capacity)
//   … + 8 capacity   work, i64      (capacity)
//
// A float key is its bits as an integer of the same order: ordered(x) = bits ^ ((bits >> 31) & 0x7fffffff).

import { lookup } from './inline/lanes';

const HEADER: usize = 32;

/** The largest float key that is taken. */
export const FLOAT_KEYS = 0x7f7ffffe;
/** So many are sorted as quickly by insertion. */
export const FEW = 48;
@inline
export function thresholdOf(r: usize): i32 {
  return load<i32>(r, 12);
}

@inline
function keysOf(r: usize): usize {
  return r + HEADER;
}

@inline
export function positionsOf(r: usize): usize {
  return r + HEADER + (<usize>load<i32>(r, 8) << 2);
}

@inline
function ordered(bits: i32): i32 {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

@inline
export function countOf(r: usize): i32 {
  return load<i32>(r);
}

@inline
export function kOf(r: usize): i32 {
  return load<i32>(r, 4);
}

@inline
export function capacityOf(r: usize): i32 {
  return load<i32>(r, 8);
}

/** The threshold of float keys as a float. */
@inline
export function limitOf(r: usize): f32 {
  return reinterpret<f32>(ordered(thresholdOf(r)));
}

/** Where the work is done. */
@inline
export function workOf(r: usize): usize {
  return positionsOf(r) + (<usize>capacityOf(r) << 2);
}

/** Key of candidate i. */
@inline
export function keyAt(r: usize, i: i32): i32 {
  return load<i32>(keysOf(r) + (<usize>i << 2));
}

/** Position of candidate i. */
@inline
export function positionAt(r: usize, i: i32): i32 {
  return load<i32>(positionsOf(r) + (<usize>i << 2));
}

export function reservoirStart(r: usize, k: i32, capacity: i32, threshold: i32): void {
  store<i32>(r, 0);
  store<i32>(r, k, 4);
  store<i32>(r, capacity, 8);
  store<i32>(r, threshold, 12);
}

/** Makes room for `more` candidates; the threshold may fall. */
@inline
export function makeRoom(r: usize, more: i32): void {
  if (load<i32>(r) + more > load<i32>(r, 8)) cut(r, (load<i32>(r, 4) + load<i32>(r, 8)) >>> 1);
}

/** Appends one candidate; there is room. */
@inline
export function append(r: usize, key: i32, position: i32): void {
  const n = load<i32>(r);
  store<i32>(keysOf(r) + (<usize>n << 2), key);
  store<i32>(positionsOf(r) + (<usize>n << 2), position);
  store<i32>(r, n + 1);
}

/** How many of the keys, `end - keys` bytes in whole vectors, are at most `limit`. */
@inline
function countUpTo(keys: usize, end: usize, limit: i32): i32 {
  const bound = i32x4.splat(limit);
  let above = i64x2.splat(0);
  for (let p = keys; p < end; p += 16) above = i32x4.add(above, i32x4.gt_s(v128.load(p), bound));
  const sum =
    i32x4.extract_lane(above, 0) + i32x4.extract_lane(above, 1) + i32x4.extract_lane(above, 2) + i32x4.extract_lane(above, 3);
  return <i32>((end - keys) >>> 2) + sum;
}

// Unsigned numbers in the order of signed ones.
@inline
function u32x4_flip(v: v128): v128 {
  return v128.xor(v, i32x4.splat(i32.MIN_VALUE));
}

@inline
function leastOf(v: v128): i32 {
  return min(
    min(i32x4.extract_lane(v, 0), i32x4.extract_lane(v, 1)),
    min(i32x4.extract_lane(v, 2), i32x4.extract_lane(v, 3)),
  );
}

@inline
function greatestOf(v: v128): i32 {
  return max(
    max(i32x4.extract_lane(v, 0), i32x4.extract_lane(v, 1)),
    max(i32x4.extract_lane(v, 2), i32x4.extract_lane(v, 3)),
  );
}

/** The smallest key that is not below `low`. */
function leastFrom(keys: usize, end: usize, low: i32): i32 {
  const bound = i32x4.splat(low), most = i32x4.splat(i32.MAX_VALUE);
  let least = most;
  for (let p = keys; p < end; p += 16) {
    const v = v128.load(p);
    least = i32x4.min_s(least, v128.bitselect(v, most, i32x4.ge_s(v, bound)));
  }
  return leastOf(least);
}

/** The largest key that is not above `high`. */
function greatestUpTo(keys: usize, end: usize, high: i32): i32 {
  const bound = i32x4.splat(high), none = i32x4.splat(i32.MIN_VALUE);
  let greatest = none;
  for (let p = keys; p < end; p += 16) {
    const v = v128.load(p);
    greatest = i32x4.max_s(greatest, v128.bitselect(v, none, i32x4.le_s(v, bound)));
  }
  return greatestOf(greatest);
}

/**
 * The smallest key that at least k of n keys do not exceed; n ≥ k. Looks where it were if keys lay evenly between the bounds
 * found so far, and in the middle, by turns, until one bound is a key away.
 */
function kthKey(keys: usize, n: i32, k: i32, worst: i32): i32 {
  let padded = n;
  while (padded & 3) store<i32>(keys + (<usize>(padded++) << 2), i32.MAX_VALUE);
  const end = keys + (<usize>padded << 2);
  let low = leastFrom(keys, end, i32.MIN_VALUE), high = greatestUpTo(keys, end, worst);
  let below = 0, upTo = n;
  for (let even = true; low < high; even = !even) {
    if (k - below == 1) return leastFrom(keys, end, low);
    if (upTo == k) return greatestUpTo(keys, end, high);
    const width = <u32>high - <u32>low;
    const part = even ? <u32>((<f64>width * <f64>(k - below)) / <f64>(upTo - below + 1)) : width >>> 1;
    const middle = low + <i32>part;
    const count = countUpTo(keys, end, middle);
    if (count >= k) {
      high = middle;
      upTo = count;
    } else {
      low = middle + 1;
      below = count;
    }
  }
  return low;
}

/** How many of the positions, `end - positions` bytes in whole vectors, are at most `limit`. */
@inline
function countPositions(positions: usize, end: usize, limit: u32): i32 {
  const flip = i32x4.splat(i32.MIN_VALUE);
  const bound = i32x4.splat(<i32>limit ^ i32.MIN_VALUE);
  let above = i64x2.splat(0);
  for (let p = positions; p < end; p += 16) {
    above = i32x4.add(above, i32x4.gt_s(v128.xor(v128.load(p), flip), bound));
  }
  const sum =
    i32x4.extract_lane(above, 0) + i32x4.extract_lane(above, 1) + i32x4.extract_lane(above, 2) + i32x4.extract_lane(above, 3);
  return <i32>((end - positions) >>> 2) + sum;
}

/** The k-th smallest position of the candidates whose keys are at most `limit`. */
function kthPosition(r: usize, limit: i32): u32 {
  const n = load<i32>(r), k = load<i32>(r, 4), keys = keysOf(r), positions = positionsOf(r);
  const work = workOf(r);
  let m = 0;
  for (let i: usize = 0; i < <usize>n; i++) {
    store<u32>(work + (<usize>m << 2), load<u32>(positions + (i << 2)));
    m += i32(load<i32>(keys + (i << 2)) <= limit);
  }
  while (m & 3) store<u32>(work + (<usize>(m++) << 2), u32.MAX_VALUE);
  const end = work + (<usize>m << 2);
  let low: u32 = 0, high: u32 = u32.MAX_VALUE;
  while (low < high) {
    const middle = low + ((high - low) >>> 1);
    if (countPositions(work, end, middle) >= k) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Drops what cannot be among the results and takes the k-th smallest key as the threshold; order stays. */
export function shrink(r: usize): void {
  cut(r, load<i32>(r, 4));
}

/** The same, but all that tie at the threshold stay while there are no more than `most`. */
function cut(r: usize, most: i32): void {
  const n = load<i32>(r), k = load<i32>(r, 4);
  if (n < k) return;
  const keys = keysOf(r), positions = positionsOf(r);
  const limit = kthKey(keys, n, k, load<i32>(r, 12));
  // the keys are filled up to a whole vector with ones that are too large, for kthKey
  const end = keys + (<usize>((n + 3) & ~3) << 2);
  const last: u32 = countUpTo(keys, end, limit) > most ? kthPosition(r, limit) : u32.MAX_VALUE;
  store<i32>(r, keep(keys, positions, n, limit, last));
  store<i32>(r, limit, 12);
}

/** For each set of four lanes the bytes of these, moved to the front. */
const FRONT = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0,
  8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0,
  12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0,
  8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0,
  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
], 16);

/** Moves the candidates that stay to the front, in order; returns how many. The arrays are read in whole vectors. */
function keep(keys: usize, positions: usize, n: i32, limit: i32, last: u32): i32 {
  const bound = i32x4.splat(limit), end = u32x4_flip(i32x4.splat(<i32>last));
  let kept: usize = 0;
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const key = v128.load(keys + at), position = v128.load(positions + at);
    const early = i32x4.le_s(u32x4_flip(position), end);
    const stays = v128.or(i32x4.lt_s(key, bound), v128.and(i32x4.eq(key, bound), early));
    let mask = i32x4.bitmask(stays);
    if (n - i < 4) mask &= (1 << (n - i)) - 1;
    const front = v128.load(FRONT + (<usize>mask << 4));
    v128.store(keys + (kept << 2), lookup(key, front));
    v128.store(positions + (kept << 2), lookup(position, front));
    kept += <usize>popcnt(mask);
  }
  return <i32>kept;
}

export function reservoirTake(r: usize): i32 {
  shrink(r);
  return load<i32>(r);
}

@inline
function sift(heap: usize, from: i32, size: i32, value: i64): void {
  let i = from;
  while (true) {
    let child = 2 * i + 1;
    if (child >= size) break;
    let c = load<i64>(heap + (<usize>child << 3));
    if (child + 1 < size) {
      const right = load<i64>(heap + (<usize>child << 3), 8);
      if (right > c) {
        c = right;
        child++;
      }
    }
    if (c <= value) break;
    store<i64>(heap + (<usize>i << 3), c);
    i = child;
  }
  store<i64>(heap + (<usize>i << 3), value);
}

/** Sorts n values, i64, ascending. */
export function heapSort(work: usize, n: i32): void {
  for (let i = (n >>> 1) - 1; i >= 0; i--) sift(work, i, n, load<i64>(work + (<usize>i << 3)));
  for (let end = n - 1; end > 0; end--) {
    const value = load<i64>(work + (<usize>end << 3));
    store<i64>(work + (<usize>end << 3), load<i64>(work));
    sift(work, 0, end, value);
  }
}

/** The same, for a few. */
export function insertionSort(work: usize, n: i32): void {
  for (let i = 1; i < n; i++) {
    const value = load<i64>(work + (<usize>i << 3));
    let p = work + (<usize>i << 3);
    for (; p > work && load<i64>(p - 8) > value; p -= 8) store<i64>(p, load<i64>(p - 8));
    store<i64>(p, value);
  }
}

export function reservoirSort(r: usize): i32 {
  shrink(r);
  const n = load<i32>(r), keys = keysOf(r), positions = positionsOf(r);
  const work = workOf(r);
  for (let i: usize = 0; i < <usize>n; i++) {
    // biased, so that the key decides and then the position, both by one signed comparison
    const low = <i64>load<u32>(positions + (i << 2));
    store<i64>(work + (i << 3), (<i64>load<i32>(keys + (i << 2)) << 32) | low);
  }
  if (n <= FEW) insertionSort(work, n);
  else heapSort(work, n);
  for (let i: usize = 0; i < <usize>n; i++) {
    const value = load<i64>(work + (i << 3));
    store<i32>(keys + (i << 2), <i32>(value >> 32));
    store<u32>(positions + (i << 2), <u32>value);
  }
  return n;
}

/** Candidates among sixteen values; the threshold as a float after it. */
function offer(r: usize, p: usize, mask: i32, negate: bool, first: i32, ids: usize): f32 {
  makeRoom(r, 16);
  for (let left = mask; left; left &= left - 1) {
    const j = ctz(left);
    const value = load<f32>(p + (<usize>j << 2));
    const position = first + j;
    // a zero of either sign is one key
    append(
      r,
      ordered(reinterpret<i32>(negate ? <f32>0 - value : value + <f32>0)),
      ids ? load<i32>(ids + (<usize>position << 2)) : position,
    );
  }
  return reinterpret<f32>(ordered(thresholdOf(r)));
}

/** `ids` with `first` 0, or 0 for the positions `first + i`. */
export function selectF32(values: usize, n: i32, negate: bool, first: i32, ids: usize, r: usize): void {
  let bound = f32x4.splat(reinterpret<f32>(ordered(thresholdOf(r))));
  const sign = negate ? i32x4.splat(i32.MIN_VALUE) : i64x2.splat(0);
  let i = 0;
  for (; i + 16 <= n; i += 16) {
    const p = values + (<usize>i << 2);
    const a = f32x4.le(v128.xor(v128.load(p), sign), bound);
    const b = f32x4.le(v128.xor(v128.load(p, 16), sign), bound);
    const c = f32x4.le(v128.xor(v128.load(p, 32), sign), bound);
    const d = f32x4.le(v128.xor(v128.load(p, 48), sign), bound);
    if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) continue;
    const mask = i32x4.bitmask(a) | (i32x4.bitmask(b) << 4) | (i32x4.bitmask(c) << 8) | (i32x4.bitmask(d) << 12);
    bound = f32x4.splat(offer(r, p, mask, negate, first + i, ids));
  }
  if (i == n) return;
  const limit = f32x4.extract_lane(bound, 0);
  let mask = 0;
  for (let j = 0; i + j < n; j++) {
    const value = load<f32>(values + (<usize>(i + j) << 2));
    mask |= i32((negate ? -value : value) <= limit) << j;
  }
  if (mask) offer(r, values + (<usize>i << 2), mask, negate, first + i, ids);
}
