// FastScan with selection: the sums of pq4Scan go past the threshold of a reservoir while they are still in registers or in
// the first-level cache, and only what passes is stored.
//
// Queries that visit the same list share the work of taking the codes apart: a piece of the list becomes bytes of one
// index each (`scratch`, 32 bytes a sub-quantizer and group of 32 vectors: the low nibbles, then the high ones), and two
// queries at a time pass over it.
import { highOf, lookup, lowNibbles, lowOf, zero } from './inline/lanes';
import { sums32 } from './pq4-scan';
import { append, makeRoom, thresholdOf } from './reservoir';

//
// All that is written is in `scratch`, which starts with the sums of two queries: instances on several threads share
// one memory, and with it whatever has a fixed place.

/** Bytes of a piece of a list taken apart; it stays in the second-level cache, with the tables of two queries. */
const PIECE = 65536;
const SUMS: usize = 128;

/** A visit: codes of the list, vectors in it, table, reservoir, position of the list's first vector, bias. */
const VISIT: usize = 24;

@inline
function codesOf(visit: usize): usize {
  return load<usize>(visit);
}

@inline
function countOf(visit: usize): i32 {
  return load<i32>(visit, 4);
}

@inline
function lutOf(visit: usize): usize {
  return load<usize>(visit, 8);
}

@inline
function reservoirOf(visit: usize): usize {
  return load<usize>(visit, 12);
}

@inline
function firstOf(visit: usize): i32 {
  return load<i32>(visit, 16);
}

@inline
function startOf(visit: usize): v128 {
  return v128.load16_splat(visit, 20);
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

/** Looks through 32 sums of which the first `count` are vectors; the threshold after it. */
@inline
function pick(r: usize, sums: usize, flip: i32, threshold: i32, first: i32, count: i32): i32 {
  const bound = i16x8.splat(<i16>threshold);
  const flips = i16x8.splat(<i16>flip);
  const a = within(sums, flips, bound), b = within(sums + 16, flips, bound);
  const c = within(sums + 32, flips, bound), d = within(sums + 48, flips, bound);
  if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) return threshold;
  let mask = i8x16.bitmask(i8x16.narrow_i16x8_s(a, b)) | (i8x16.bitmask(i8x16.narrow_i16x8_s(c, d)) << 16);
  if (count < 32) mask &= (1 << count) - 1;
  return mask ? offer(r, sums, mask, flip, first) : threshold;
}

/** One query over vectors `from` to `to` of a list; `from` a multiple of 32. */
function scanOne(codes: usize, from: i32, to: i32, bbs: i32, M2: i32, visit: usize, flip: i32, sums: usize): void {
  const r = reservoirOf(visit), lut = lutOf(visit), first = firstOf(visit);
  const mask = lowNibbles();
  const start = startOf(visit);
  const step = <usize>bbs;
  const blockBytes = (<usize>M2 >>> 1) * step;
  const lutEnd = lut + (<usize>M2 << 4);
  let threshold = thresholdOf(r);
  const block = <u32>from / <u32>bbs;
  let lane = from - <i32>block * bbs;
  let p = codes + <usize>block * blockBytes + <usize>lane;
  for (let i = from; i < to; i += 32) {
    sums32(p, step, lut, lutEnd, start, mask, sums);
    threshold = pick(r, sums, flip, threshold, first + i, to - i);
    p += 32;
    lane += 32;
    if (lane == bbs) {
      lane = 0;
      p += blockBytes - step;
    }
  }
}

/** Takes the codes of vectors `from` to `to` apart. */
function takeApart(codes: usize, from: i32, to: i32, bbs: i32, M2: i32, out: usize): void {
  const mask = lowNibbles();
  const step = <usize>bbs;
  const blockBytes = (<usize>M2 >>> 1) * step;
  for (let i = from; i < to; i += 32) {
    const block = <u32>i / <u32>bbs;
    let p = codes + <usize>block * blockBytes + <usize>(i - <i32>block * bbs);
    for (let m = 0; m < M2; m += 2, p += step, out += 64) {
      const even = v128.load(p), odd = v128.load(p, 16);
      v128.store(out, lowOf(even, mask));
      v128.store(out, highOf(even, mask), 16);
      v128.store(out, lowOf(odd, mask), 32);
      v128.store(out, highOf(odd, mask), 48);
    }
  }
}

/** Two queries over what `takeApart` made of vectors `from` to `to`. */
function scanTwo(indices: usize, from: i32, to: i32, M2: i32, u: usize, v: usize, flip: i32, sums: usize): void {
  const ru = reservoirOf(u), rv = reservoirOf(v);
  const firstU = firstOf(u), firstV = firstOf(v);
  const startU = startOf(u), startV = startOf(v);
  let limitU = thresholdOf(ru), limitV = thresholdOf(rv);
  const lutU = lutOf(u), lutV = lutOf(v);
  const bytes = <usize>M2 << 5;
  for (let i = from; i < to; i += 32) {
    let s = lutU, t = lutV;
    let a0 = startU, a1 = zero(), a2 = startU, a3 = zero();
    let b0 = startV, b1 = zero(), b2 = startV, b3 = zero();
    for (const end = indices + bytes; indices < end; indices += 32, s += 16, t += 16) {
      const low = v128.load(indices), high = v128.load(indices, 16);
      let table = v128.load(s);
      let r = lookup(table, low);
      a0 = i16x8.add(a0, r);
      a1 = i16x8.add(a1, i16x8.shr_u(r, 8));
      r = lookup(table, high);
      a2 = i16x8.add(a2, r);
      a3 = i16x8.add(a3, i16x8.shr_u(r, 8));
      table = v128.load(t);
      r = lookup(table, low);
      b0 = i16x8.add(b0, r);
      b1 = i16x8.add(b1, i16x8.shr_u(r, 8));
      r = lookup(table, high);
      b2 = i16x8.add(b2, r);
      b3 = i16x8.add(b3, i16x8.shr_u(r, 8));
    }
    v128.store(sums, i16x8.sub(a0, i16x8.shl(a1, 8)));
    v128.store(sums, i16x8.add(a1, startU), 16);
    v128.store(sums, i16x8.sub(a2, i16x8.shl(a3, 8)), 32);
    v128.store(sums, i16x8.add(a3, startU), 48);
    v128.store(sums, i16x8.sub(b0, i16x8.shl(b1, 8)), 64);
    v128.store(sums, i16x8.add(b1, startV), 80);
    v128.store(sums, i16x8.sub(b2, i16x8.shl(b3, 8)), 96);
    v128.store(sums, i16x8.add(b3, startV), 112);
    limitU = pick(ru, sums, flip, limitU, firstU + i, to - i);
    limitV = pick(rv, sums + 64, flip, limitV, firstV + i, to - i);
  }
}

/** The visits to one list, one after the other in `visits`. */
function visitList(visits: usize, nvisits: i32, bbs: i32, M2: i32, flip: i32, scratch: usize): void {
  const codes = codesOf(visits), n = countOf(visits);
  const piece = max(1, PIECE / (32 * M2)) << 5;
  for (let from = 0; from < n; from += piece) {
    const to = min(n, from + piece);
    takeApart(codes, from, to, bbs, M2, scratch + SUMS);
    let i = 0;
    let visit = visits;
    for (; i + 2 <= nvisits; i += 2, visit += 2 * VISIT) {
      scanTwo(scratch + SUMS, from, to, M2, visit, visit + VISIT, flip, scratch);
    }
    if (i < nvisits) scanOne(codes, from, to, bbs, M2, visit, flip, scratch);
  }
}

export function pq4Select(visits: usize, nvisits: i32, bbs: i32, M2: i32, flip: i32, scratch: usize): void {
  const end = visits + <usize>nvisits * VISIT;
  while (visits < end) {
    const codes = codesOf(visits);
    let next = visits + VISIT;
    while (next < end && codesOf(next) == codes) next += VISIT;
    const count = <i32>((next - visits) / VISIT);
    if (count == 1) scanOne(codes, 0, countOf(visits), bbs, M2, visits, flip, scratch);
    else visitList(visits, count, bbs, M2, flip, scratch);
    visits = next;
  }
}
