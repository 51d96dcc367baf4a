// Search over lists of float32 rows that have a form in nibbles: all of the form is read, and of the rows those that its
// bounds do not rule out.
import { pick } from './distance';
import { indicesUpTo } from './int8-rows';
import { groupBytes, headerOf, padded } from './inline/nibbles';
import { listBounds, prepareQuery } from './nibble-bounds';
import { capacityOf, countOf, FLOAT_KEYS, kOf, limitOf, positionAt, reservoirStart, reservoirTake, selectF32, thresholdOf } from './reservoir';
import { tighten } from './bound-select';

/** Rows of one query whose bounds are looked at together, whole groups of four. */
const WINDOW = 2048;
/** Bytes of a visit: form, rows, count, position of the first row, query, reservoir. */
const VISIT: usize = 24;
const PAGE: usize = 4096;

/**
 * Scratch: bounds, positions, addresses and distances of a window, its pieces, a reservoir's head start, the query. A piece is
 * what a visit has of the window: address and position of the first row, count, query, reservoir; and the end of the candidates
 * of all pieces that follow each other for this query. Those pieces are a run.
 */
const POSITIONS: usize = 4 * WINDOW;
const ADDRESSES: usize = 8 * WINDOW;
const DISTANCES: usize = 12 * WINDOW;
const PIECES: usize = 16 * WINDOW;
const PIECE: usize = 24;
const QUERY: usize = PIECES + 6 * WINDOW;

@inline
function reservoirOf(piece: usize): usize {
  return load<usize>(piece, 16);
}

/** Bytes of bounds of a piece, whole groups. */
@inline
function boundBytes(piece: usize): usize {
  return <usize>((load<i32>(piece, 8) + 3) & ~3) << 2;
}

/**
 * Rows of a query that are compared first, those with the smallest bounds: some more than k, as the k-th best of them then limits
 * the others more, and most of them would be compared anyway. Twice as many, ties and all, fit into a reservoir for k.
 */
@inline
function firstOf(k: i32): i32 {
  return k + ((k + 1) >>> 1);
}

/** Adds some rows of the run from `piece` on with the smallest of `total` bounds to `found` candidates, and takes them out. */
function pickNearest(piece: usize, bounds: usize, total: i32, d: i32, found: usize, nearest: usize, scratch: usize): usize {
  const r = reservoirOf(piece);
  reservoirStart(nearest, firstOf(kOf(r)), capacityOf(r), FLOAT_KEYS);
  selectF32(bounds, total, false, 0, 0, nearest);
  const n = min(total, reservoirTake(nearest));
  for (let i = 0; i < n; i++, found++) {
    let offset = <usize>positionAt(nearest, i) << 2;
    store<f32>(bounds + offset, Infinity);
    let p = piece;
    for (; offset >= boundBytes(p); p += PIECE) offset -= boundBytes(p);
    store<i32>(scratch + POSITIONS + (found << 2), load<i32>(p, 4) + <i32>(offset >>> 2));
    store<usize>(scratch + ADDRESSES + (found << 2), load<usize>(p) + offset * <usize>d);
  }
  return found;
}

/** Adds the rows of a piece whose bounds are not above the limit. */
@inline
function pickLeft(piece: usize, bounds: usize, limit: f32, rowBytes: usize, found: usize, scratch: usize): usize {
  const addresses = scratch + ADDRESSES, positions = scratch + POSITIONS;
  const rows = load<usize>(piece), first = load<i32>(piece, 4);
  const more = indicesUpTo(bounds, load<i32>(piece, 8), limit, first, positions + (found << 2));
  for (const end = found + <usize>more; found < end; found++) {
    const i = load<i32>(positions + (found << 2)) - first;
    store<usize>(addresses + (found << 2), rows + <usize>i * rowBytes);
  }
  return found;
}

/** Compares the candidates of all runs; `first` says that they are the first of their queries. */
function compare(ip: bool, d: i32, pieces: usize, end: usize, found: usize, first: bool, scratch: usize): void {
  const addresses = scratch + ADDRESSES, distances = scratch + DISTANCES;
  const rowBytes = <usize>d << 2;
  if (load<usize>(end - PIECE, 16) != reservoirOf(pieces)) {
    // rows of many queries wait for their memory together; those of one do so where they are compared
    let seen: u32 = 0;
    for (let i: usize = 0; i < found; i++) {
      const row = load<usize>(addresses + (i << 2));
      for (let at: usize = 0; at < rowBytes; at += 64) seen |= load<u32>(row + at);
    }
    store<u32>(distances, seen);
  }
  let from: usize = 0;
  while (pieces < end) {
    const x = load<usize>(pieces, 12), r = reservoirOf(pieces), to = load<usize>(pieces, 20);
    if (to > from) {
      const at = addresses + (from << 2), n = <i32>(to - from), out = distances + (from << 2);
      if (ip) pick(true, x, 0, 1, d, at, n, out);
      else pick(false, x, 0, 1, d, at, n, out);
      selectF32(out, n, ip, 0, scratch + POSITIONS + (from << 2), r);
      // the first limit is worth any cut
      tighten(r, first || thresholdOf(r) == FLOAT_KEYS ? 0 : max(8, kOf(r) >>> 1));
    }
    from = to;
    for (pieces += PIECE; pieces < end && reservoirOf(pieces) == r; ) pieces += PIECE;
  }
}

/** Offers the rows of the pieces up to `end` whose bounds are not above the limits of their queries. */
function settle(end: usize, d: i32, ip: bool, nearest: usize, scratch: usize): void {
  const pieces = scratch + PIECES;
  let found: usize = 0, bounds = scratch;
  for (let run = pieces; run < end; ) {
    const r = reservoirOf(run);
    let next = run, bytes: usize = 0;
    for (; next < end && reservoirOf(next) == r; next += PIECE) bytes += boundBytes(next);
    const total = <i32>(bytes >>> 2);
    // the k-th best of those limits the rest
    if (countOf(r) == 0 && kOf(r) << 2 <= total) found = pickNearest(run, bounds, total, d, found, nearest, scratch);
    store<usize>(run, found, 20);
    bounds += bytes;
    run = next;
  }
  if (found) compare(ip, d, pieces, end, found, true, scratch);
  found = 0;
  bounds = scratch;
  for (let run = pieces; run < end; ) {
    const r = reservoirOf(run), limit = limitOf(r);
    let next = run;
    for (; next < end && reservoirOf(next) == r; next += PIECE) {
      found = pickLeft(next, bounds, limit, <usize>d << 2, found, scratch);
      bounds += boundBytes(next);
    }
    store<usize>(run, found, 20);
    run = next;
  }
  if (found) compare(ip, d, pieces, end, found, false, scratch);
}

/** Reads a word of every page of the forms of a window: their addresses are looked up side by side. */
function openPages(visits: usize, end: usize, from: i32, d: i32): u32 {
  const header = headerOf(d), ofGroup = groupBytes(d);
  let seen: u32 = 0;
  for (let rows = 0; visits < end && rows < WINDOW; visits += VISIT) {
    const groups = load<usize>(visits) + header, count = min(WINDOW - rows, load<i32>(visits, 8) - from);
    const last = groups + <usize>((from + count + 3) >>> 2) * ofGroup - 4;
    for (let p = groups + <usize>(from >>> 2) * ofGroup - header; p < last; p += PAGE) seen |= load<u32>(p);
    seen |= load<u32>(last);
    rows += (count + 3) & ~3;
    from = 0;
  }
  return seen;
}

export function nibbleSelect(visits: usize, nvisits: i32, d: i32, ip: bool, scratch: usize): void {
  const header = headerOf(d), ofGroup = groupBytes(d);
  const query = scratch + QUERY, nearest = query + 5 * padded(d);
  const end = visits + <usize>nvisits * VISIT;
  let from = 0;
  while (visits < end) {
    store<u32>(scratch, openPages(visits, end, from, d));
    let piece = scratch + PIECES, total = 0, seenFrom: usize = 0, x: usize = 0;
    while (visits < end && total < WINDOW) {
      const form = load<usize>(visits), n = load<i32>(visits, 8);
      const count = min(WINDOW - total, n - from);
      if (form != seenFrom || x != load<usize>(visits, 16)) {
        seenFrom = form;
        x = load<usize>(visits, 16);
        prepareQuery(x, form, d, ip, query);
      }
      const groups = (count + 3) >>> 2, bounds = scratch + (<usize>total << 2);
      listBounds(form + header + <usize>(from >>> 2) * ofGroup, groups, d, ip, query, bounds);
      // what fills a list up to whole groups is nothing
      for (let i = count; i < groups << 2; i++) store<f32>(bounds + (<usize>i << 2), Infinity);
      store<usize>(piece, load<usize>(visits, 4) + <usize>from * (<usize>d << 2));
      store<i32>(piece, load<i32>(visits, 12) + from, 4);
      store<i32>(piece, count, 8);
      store<usize>(piece, x, 12);
      store<usize>(piece, load<usize>(visits, 20), 16);
      piece += PIECE;
      total += groups << 2;
      from += count;
      if (from == n) {
        from = 0;
        visits += VISIT;
      }
    }
    settle(piece, d, ip, nearest, scratch);
  }
}
