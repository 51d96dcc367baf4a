// FastScan with selection: the sums of pq4Scan go past the threshold of a reservoir while they are still in registers or in
// the first-level cache, and only what passes is stored.
//
// Queries that visit the same list share the work of taking the codes apart: a piece of the list becomes bytes of one
// index each (`scratch`, 32 bytes a sub-quantizer and group of 32 vectors: the low nibbles, then the high ones), and up to
// four queries at a time pass over it.
import { highOf, lookup, lowNibbles, lowOf } from './inline/lanes';
import { acceptPlain, acceptSaturated, largest, passing, rowsAGroup, saturated32, SUMS, widen } from './pq4-sums';
import { sums32 } from './pq4-scan';
import { thresholdOf } from './reservoir';

//
// All that is written is in `scratch`: instances on several threads share one memory, and with it whatever has a fixed place.

/** Bytes of a piece of a list taken apart; it stays in the second-level cache, with the tables of its queries. */
const PIECE = 65536;

/** Visits from which on it is worth taking a list apart. */
const SHARED = 4;

/** Visits, those of a query or a few, whose pages are opened together. */
const ONE_QUERY = 256;
/** Bytes of a list that are read ahead. */
const AHEAD: usize = 1024;

/** A visit: codes of the list, vectors in it, table, reservoir, position of the list's first vector, bias. */
const VISIT: usize = 24;

/** Scratch: sums, visits that wait for others, sums of groups of four queries, the piece. */
const WAITING: usize = SUMS;
const GROUPS: usize = WAITING + 16;

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
function biasOf(visit: usize): i32 {
  return load<u16>(visit, 20);
}

@inline
function startOf(visit: usize): v128 {
  return v128.load16_splat(visit, 20);
}

/** Where the piece starts. */
@inline
function pieceOf(scratch: usize, M2: i32): usize {
  return scratch + GROUPS + (<usize>M2 << 6);
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
  const rows = rowsAGroup(threshold, biasOf(visit), M2, flip);
  if (rows < 0) return;
  const block = <u32>from / <u32>bbs;
  let lane = from - <i32>block * bbs;
  let p = codes + <usize>block * blockBytes + <usize>lane;
  for (let i = from; i < to; i += 32) {
    if (rows) {
      saturated32(p, step, lut, lutEnd, <usize>rows << 5, start, mask, sums);
      const passes = passing(sums, 0, threshold, to - i);
      if (passes) threshold = acceptSaturated(r, sums, passes, first + i, p, step, lut, lutEnd, start);
    } else {
      sums32(p, step, lut, lutEnd, start, mask, sums);
      threshold = acceptPlain(r, sums, flip, threshold, first + i, to - i);
    }
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

/** Sums of groups of `rows` pairs of sub-quantizers, saturated, of four queries: 128 bytes a group, 32 a query. */
function groups4(indices: usize, M2: i32, rows: i32, s: usize, t: usize, u: usize, v: usize, out: usize): void {
  const size = <usize>rows << 5;
  for (const end = s + (<usize>M2 << 4); s < end; out += 128) {
    let a0 = i64x2.splat(0), a1 = i64x2.splat(0), b0 = i64x2.splat(0), b1 = i64x2.splat(0);
    let c0 = i64x2.splat(0), c1 = i64x2.splat(0), d0 = i64x2.splat(0), d1 = i64x2.splat(0);
    for (const stop = min(end, s + size); s < stop; s += 32, t += 32, u += 32, v += 32, indices += 64) {
      let low = v128.load(indices), high = v128.load(indices, 16);
      let table = v128.load(s);
      a0 = i8x16.add_sat_u(a0, lookup(table, low));
      a1 = i8x16.add_sat_u(a1, lookup(table, high));
      table = v128.load(t);
      b0 = i8x16.add_sat_u(b0, lookup(table, low));
      b1 = i8x16.add_sat_u(b1, lookup(table, high));
      table = v128.load(u);
      c0 = i8x16.add_sat_u(c0, lookup(table, low));
      c1 = i8x16.add_sat_u(c1, lookup(table, high));
      table = v128.load(v);
      d0 = i8x16.add_sat_u(d0, lookup(table, low));
      d1 = i8x16.add_sat_u(d1, lookup(table, high));
      low = v128.load(indices, 32);
      high = v128.load(indices, 48);
      table = v128.load(s, 16);
      a0 = i8x16.add_sat_u(a0, lookup(table, low));
      a1 = i8x16.add_sat_u(a1, lookup(table, high));
      table = v128.load(t, 16);
      b0 = i8x16.add_sat_u(b0, lookup(table, low));
      b1 = i8x16.add_sat_u(b1, lookup(table, high));
      table = v128.load(u, 16);
      c0 = i8x16.add_sat_u(c0, lookup(table, low));
      c1 = i8x16.add_sat_u(c1, lookup(table, high));
      table = v128.load(v, 16);
      d0 = i8x16.add_sat_u(d0, lookup(table, low));
      d1 = i8x16.add_sat_u(d1, lookup(table, high));
    }
    v128.store(out, a0);
    v128.store(out, a1, 16);
    v128.store(out, b0, 32);
    v128.store(out, b1, 48);
    v128.store(out, c0, 64);
    v128.store(out, c1, 80);
    v128.store(out, d0, 96);
    v128.store(out, d1, 112);
  }
}

/** What a block of 32 vectors gives one query of four: its groups, at `from`, widened and offered. */
@inline
function settle(
  visit: usize,
  from: usize,
  ngroups: i32,
  i: i32,
  to: i32,
  codes: usize,
  step: usize,
  M2: i32,
  scratch: usize,
): void {
  const r = reservoirOf(visit), lut = lutOf(visit), start = startOf(visit);
  widen(from, ngroups, start, scratch);
  const passes = passing(scratch, 0, thresholdOf(r), to - i);
  if (!passes) return;
  largest(from, ngroups, scratch);
  acceptSaturated(r, scratch, passes, firstOf(visit) + i, codes, step, lut, lut + (<usize>M2 << 4), start);
}

/** Two to four queries over what `takeApart` made of vectors `from` to `to`. */
function scanSome(codes: usize, from: i32, to: i32, bbs: i32, M2: i32, count: i32, scratch: usize): void {
  const waiting = scratch + WAITING;
  const s = load<usize>(waiting), t = load<usize>(waiting, 4);
  const u = count > 2 ? load<usize>(waiting, 8) : s, v = count > 3 ? load<usize>(waiting, 12) : s;
  const rows = min(min(rowsOf(s, M2), rowsOf(t, M2)), min(rowsOf(u, M2), rowsOf(v, M2)));
  const ngroups = ((M2 >>> 1) + rows - 1) / rows;
  const groups = scratch + GROUPS;
  const step = <usize>bbs, blockBytes = (<usize>M2 >>> 1) * step;
  let indices = pieceOf(scratch, M2);
  for (let i = from; i < to; i += 32, indices += <usize>M2 << 5) {
    groups4(indices, M2, rows, lutOf(s), lutOf(t), lutOf(u), lutOf(v), groups);
    const block = <u32>i / <u32>bbs;
    const p = codes + <usize>block * blockBytes + <usize>(i - <i32>block * bbs);
    settle(s, groups, ngroups, i, to, p, step, M2, scratch);
    settle(t, groups + 32, ngroups, i, to, p, step, M2, scratch);
    if (count > 2) settle(u, groups + 64, ngroups, i, to, p, step, M2, scratch);
    if (count > 3) settle(v, groups + 96, ngroups, i, to, p, step, M2, scratch);
  }
}

@inline
function rowsOf(visit: usize, M2: i32): i32 {
  return max(1, rowsAGroup(thresholdOf(reservoirOf(visit)), biasOf(visit), M2, 0));
}

/** The visits to one list, one after the other in `visits`. */
function visitList(visits: usize, nvisits: i32, bbs: i32, M2: i32, flip: i32, scratch: usize): void {
  const codes = codesOf(visits), n = countOf(visits);
  const piece = max(1, PIECE / (32 * M2)) << 5;
  for (let from = 0; from < n; from += piece) {
    const to = min(n, from + piece);
    takeApart(codes, from, to, bbs, M2, pieceOf(scratch, M2));
    let waiting: usize = 0;
    let visit = visits;
    for (let i = 0; i < nvisits; i++, visit += VISIT) {
      const rows = rowsAGroup(thresholdOf(reservoirOf(visit)), biasOf(visit), M2, flip);
      if (rows == 0) {
        scanOne(codes, from, to, bbs, M2, visit, flip, scratch);
      } else if (rows > 0) {
        store<usize>(scratch + WAITING + (waiting << 2), visit);
        if (++waiting == 4) {
          scanSome(codes, from, to, bbs, M2, 4, scratch);
          waiting = 0;
        }
      }
    }
    if (waiting == 1) scanOne(codes, from, to, bbs, M2, load<usize>(scratch + WAITING), flip, scratch);
    else if (waiting) scanSome(codes, from, to, bbs, M2, <i32>waiting, scratch);
  }
}

/**
 * Reads a word of every page of the lists to come, so that their addresses are looked up side by side. One after the other
 * they would cost as much as a tenth of the scan.
 */
function openPages(visits: usize, end: usize, M2: i32, out: usize): void {
  let seen: u32 = 0;
  for (let visit = visits; visit < end; visit += VISIT) {
    const p = codesOf(visit), stop = p + listBytes(visit, M2);
    seen |= load<u32>(p);
    for (let at = (p | 4095) + 1; at < stop; at += 4096) seen |= load<u32>(at);
  }
  store<u32>(out, seen);
}

/** Reads the first lines of a list while those of the one before are still looked through. */
function openList(visit: usize, M2: i32, out: usize): void {
  let seen: u32 = 0;
  const p = codesOf(visit);
  for (let at = p, stop = p + min(AHEAD, listBytes(visit, M2)); at < stop; at += 64) seen |= load<u32>(at);
  store<u32>(out, seen);
}

@inline
function listBytes(visit: usize, M2: i32): usize {
  return (<usize>countOf(visit) * <usize>M2) >>> 1;
}

export function pq4Select(visits: usize, nvisits: i32, bbs: i32, M2: i32, flip: i32, scratch: usize): void {
  const end = visits + <usize>nvisits * VISIT;
  if (nvisits <= ONE_QUERY) openPages(visits, end, M2, scratch);
  while (visits < end) {
    const codes = codesOf(visits);
    let next = visits + VISIT;
    while (next < end && codesOf(next) == codes) next += VISIT;
    const count = <i32>((next - visits) / VISIT);
    if (next < end) openList(next, M2, scratch);
    if (count >= SHARED) {
      visitList(visits, count, bbs, M2, flip, scratch);
    } else {
      for (let visit = visits; visit < next; visit += VISIT) {
        scanOne(codes, 0, countOf(visit), bbs, M2, visit, flip, scratch);
      }
    }
    visits = next;
  }
}
