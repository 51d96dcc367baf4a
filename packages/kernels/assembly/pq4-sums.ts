// Sums of FastScan that stay bytes for a group of sub-quantizers and are widened once a group.
//
// The sums of a group saturate, so that a total can only be too small: what is above the threshold is above it in truth. A
// vector at most at the threshold has, in all but rare cases, groups far below 255; where one of its groups is at 255 the
// block is summed again in 16 bits. So the results are those of pq4Scan, at two thirds of the operations.
import { highOf, lookup, lowNibbles, lowOf, zero } from './inline/lanes';
import { storeSums, sums32 } from './pq4-scan';
import { append, makeRoom, thresholdOf } from './reservoir';

/** Bytes of sums of 32 vectors: u16 in order, then the largest sum of a group of each, bytes in the order of the codes. */
export const SUMS: usize = 96;

/** What the groups of a vector at the threshold sum to in the mean; the rest up to 255 is for groups that are not average. */
const MEAN = 96;

/**
 * Pairs of sub-quantizers in a group: as many as the threshold allows. 0 for sums in 16 bits, -1 if no vector can pass.
 * Larger sums must not be better, and no sum may go round.
 */
@inline
export function rowsAGroup(threshold: i32, bias: i32, M2: i32, flip: i32): i32 {
  if (flip || M2 * 255 + bias > 65535) return 0;
  const left = threshold - bias;
  if (left < 0) return -1;
  return min(M2 >>> 1, ((MEAN / 2) * M2) / (left + 1));
}

/** The sums of 32 vectors as `sums32` has them, but saturated a group; `group` bytes of tables each. */
@inline
export function saturated32(
  p: usize,
  step: usize,
  lut: usize,
  lutEnd: usize,
  group: usize,
  start: v128,
  mask: v128,
  out: usize,
): void {
  let all0 = start, odd0 = zero(), all1 = start, odd1 = zero();
  let top0 = zero(), top1 = zero();
  for (let table = lut; table < lutEnd; ) {
    let s = zero(), t = zero();
    for (const stop = min(lutEnd, table + group); table < stop; table += 32, p += step) {
      let bytes = v128.load(p);
      let entries = v128.load(table);
      s = i8x16.add_sat_u(s, lookup(entries, lowOf(bytes, mask)));
      t = i8x16.add_sat_u(t, lookup(entries, highOf(bytes, mask)));
      bytes = v128.load(p, 16);
      entries = v128.load(table, 16);
      s = i8x16.add_sat_u(s, lookup(entries, lowOf(bytes, mask)));
      t = i8x16.add_sat_u(t, lookup(entries, highOf(bytes, mask)));
    }
    top0 = i8x16.max_u(top0, s);
    top1 = i8x16.max_u(top1, t);
    all0 = i16x8.add(all0, s);
    odd0 = i16x8.add(odd0, i16x8.shr_u(s, 8));
    all1 = i16x8.add(all1, t);
    odd1 = i16x8.add(odd1, i16x8.shr_u(t, 8));
  }
  storeSums(out, all0, odd0, all1, odd1, start);
  v128.store(out, top0, 64);
  v128.store(out, top1, 80);
}

/** The sums alone from `ngroups` sums of groups, 32 bytes each, 128 apart. */
@inline
export function widen(from: usize, ngroups: i32, start: v128, out: usize): void {
  let all0 = start, odd0 = zero(), all1 = start, odd1 = zero();
  for (const end = from + (<usize>ngroups << 7); from < end; from += 128) {
    const s = v128.load(from), t = v128.load(from, 16);
    all0 = i16x8.add(all0, s);
    odd0 = i16x8.add(odd0, i16x8.shr_u(s, 8));
    all1 = i16x8.add(all1, t);
    odd1 = i16x8.add(odd1, i16x8.shr_u(t, 8));
  }
  storeSums(out, all0, odd0, all1, odd1, start);
}

/** The largest sums of a group of each vector, behind the sums. */
export function largest(from: usize, ngroups: i32, out: usize): void {
  let top0 = zero(), top1 = zero();
  for (const end = from + (<usize>ngroups << 7); from < end; from += 128) {
    top0 = i8x16.max_u(top0, v128.load(from));
    top1 = i8x16.max_u(top1, v128.load(from, 16));
  }
  v128.store(out, top0, 64);
  v128.store(out, top1, 80);
}

function offer(r: usize, sums: usize, mask: i32, flip: i32, first: i32): i32 {
  makeRoom(r, 32);
  const threshold = thresholdOf(r);
  for (let left = mask; left; left &= left - 1) {
    const j = ctz(left);
    const key = <i32>load<u16>(sums + (<usize>j << 1)) ^ flip;
    if (key <= threshold) append(r, key, first + j);
  }
  return threshold;
}

/** Ones where a sum is at most the bound. */
@inline
function within(sums: usize, flips: v128, bound: v128): v128 {
  return i16x8.eq(i16x8.sub_sat_u(v128.xor(v128.load(sums), flips), bound), zero());
}

/** A bit for each of 32 sums, of which the first `count` are vectors, that is at most the threshold. */
@inline
export function passing(sums: usize, flip: i32, threshold: i32, count: i32): i32 {
  const bound = i16x8.splat(<i16>threshold);
  const flips = i16x8.splat(<i16>flip);
  const a = within(sums, flips, bound), b = within(sums + 16, flips, bound);
  const c = within(sums + 32, flips, bound), d = within(sums + 48, flips, bound);
  if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) return 0;
  const mask = i8x16.bitmask(i8x16.narrow_i16x8_s(a, b)) | (i8x16.bitmask(i8x16.narrow_i16x8_s(c, d)) << 16);
  return count < 32 ? mask & ((1 << count) - 1) : mask;
}

/** Looks through 32 sums; the threshold after it. */
@inline
export function acceptPlain(r: usize, sums: usize, flip: i32, threshold: i32, first: i32, count: i32): i32 {
  const mask = passing(sums, flip, threshold, count);
  return mask ? offer(r, sums, mask, flip, first) : threshold;
}

/** A bit for each of 16 vectors whose largest group is full. */
@inline
function fullOnes(tops: usize): i32 {
  const top = v128.load(tops);
  const ordered = i8x16.shuffle(top, top, 0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
  return i8x16.bitmask(i8x16.eq(ordered, i8x16.splat(-1)));
}

/** The same for saturated sums, of which `mask` pass, of the block whose codes are at p: again in 16 bits if not all are sure. */
@inline
export function acceptSaturated(
  r: usize,
  sums: usize,
  mask: i32,
  first: i32,
  p: usize,
  step: usize,
  lut: usize,
  lutEnd: usize,
  start: v128,
): i32 {
  if (mask & (fullOnes(sums + 64) | (fullOnes(sums + 80) << 16))) {
    return offerAgain(r, sums, mask, first, p, step, lut, lutEnd, start);
  }
  return offer(r, sums, mask, 0, first);
}

function offerAgain(
  r: usize,
  sums: usize,
  mask: i32,
  first: i32,
  p: usize,
  step: usize,
  lut: usize,
  lutEnd: usize,
  start: v128,
): i32 {
  sums32(p, step, lut, lutEnd, start, lowNibbles(), sums);
  return offer(r, sums, mask, 0, first);
}
