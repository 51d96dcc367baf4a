// Search over lists of float32 rows that have a form in nibbles: all of the form is read, and of the rows those that its
// bounds do not rule out.
import { pick } from './distance';
import { indicesUpTo } from './int8-rows';
import { groupBytes, headerOf, listBounds, padded, prepareQuery } from './nibble-rows';
import { capacityOf, countOf, kOf, limitOf, positionAt, reservoirStart, reservoirTake, selectF32, thresholdOf } from './reservoir';
import { tighten } from './bound-select';

/** Rows of one query whose bounds are looked at together, whole groups of four. */
const WINDOW = 2048;
/** Bytes of a visit: form, rows, count, position of the first row, query, reservoir. */
const VISIT: usize = 24;
/** The largest float key that is taken. */
const FLOAT_KEYS = 0x7f7ffffe;
const PAGE: usize = 4096;

/**
 * Scratch: bounds, positions, addresses and distances of a window, its pieces (rows of a list: address and position of the
 * first, count), a reservoir's head start, the query.
 */
const POSITIONS: usize = 4 * WINDOW;
const ADDRESSES: usize = 8 * WINDOW;
const DISTANCES: usize = 12 * WINDOW;
const PIECES: usize = 16 * WINDOW;
const PIECE: usize = 12;
const QUERY: usize = PIECES + 3 * WINDOW;

/** Compares the rows at n addresses and positions. */
function compare(ip: bool, x: usize, d: i32, n: i32, r: usize, scratch: usize): void {
  const addresses = scratch + ADDRESSES, distances = scratch + DISTANCES;
  if (ip) pick(true, x, 0, 1, d, addresses, n, distances);
  else pick(false, x, 0, 1, d, addresses, n, distances);
  selectF32(distances, n, ip, 0, scratch + POSITIONS, r);
}

/** Makes the k rows with the smallest bounds, of `total`, the first candidates, and takes them out of the window. */
function pickNearest(total: i32, d: i32, r: usize, nearest: usize, scratch: usize): i32 {
  reservoirStart(nearest, kOf(r), capacityOf(r), FLOAT_KEYS);
  selectF32(scratch, total, false, 0, 0, nearest);
  const n = min(total, reservoirTake(nearest));
  for (let i = 0; i < n; i++) {
    const at = positionAt(nearest, i);
    store<f32>(scratch + (<usize>at << 2), Infinity);
    let piece = scratch + PIECES, offset = at;
    for (; ; piece += PIECE) {
      const room = (load<i32>(piece, 8) + 3) & ~3;
      if (offset < room) break;
      offset -= room;
    }
    store<i32>(scratch + POSITIONS + (<usize>i << 2), load<i32>(piece, 4) + offset);
    store<usize>(scratch + ADDRESSES + (<usize>i << 2), load<usize>(piece) + <usize>offset * (<usize>d << 2));
  }
  return n;
}

/** Offers the rows of the pieces whose bounds are not above the limit. */
function settle(npieces: i32, total: i32, x: usize, d: i32, ip: bool, r: usize, nearest: usize, scratch: usize): void {
  if (countOf(r) == 0 && kOf(r) << 2 <= total) {
    // the k-th best of those limits the rest
    compare(ip, x, d, pickNearest(total, d, r, nearest, scratch), r, scratch);
    tighten(r, 0);
  }
  const limit = limitOf(r), rowBytes = <usize>d << 2;
  let found: usize = 0, bounds = scratch;
  const addresses = scratch + ADDRESSES, positions = scratch + POSITIONS;
  for (let piece = scratch + PIECES; npieces > 0; npieces--, piece += PIECE) {
    const first = load<i32>(piece, 4), count = load<i32>(piece, 8);
    const more = <usize>indicesUpTo(bounds, count, limit, first, positions + (found << 2));
    const rows = load<usize>(piece);
    for (const end = found + more; found < end; found++) {
      const i = load<i32>(positions + (found << 2)) - first;
      store<usize>(addresses + (found << 2), rows + <usize>i * rowBytes);
    }
    bounds += <usize>((count + 3) & ~3) << 2;
  }
  if (!found) return;
  compare(ip, x, d, <i32>found, r, scratch);
  // the first limit is worth any cut
  tighten(r, thresholdOf(r) == FLOAT_KEYS ? 0 : max(8, kOf(r) >>> 1));
}

export function nibbleSelect(visits: usize, nvisits: i32, d: i32, ip: bool, scratch: usize): void {
  const header = headerOf(d), ofGroup = groupBytes(d);
  const query = scratch + QUERY, nearest = query + 5 * padded(d);
  const end = visits + <usize>nvisits * VISIT;
  let from = 0;
  while (visits < end) {
    // pages are opened together: their addresses are looked up side by side
    const x = load<usize>(visits, 16), r = load<usize>(visits, 20);
    let seen: u32 = 0;
    let rows = 0, start = from;
    for (let v = visits; v < end && load<usize>(v, 16) == x && rows < WINDOW; v += VISIT) {
      const groups = load<usize>(v) + header, count = min(WINDOW - rows, load<i32>(v, 8) - start);
      const last = groups + <usize>((start + count + 3) >>> 2) * ofGroup - 4;
      for (let p = groups + <usize>(start >>> 2) * ofGroup - header; p < last; p += PAGE) seen |= load<u32>(p);
      seen |= load<u32>(last);
      rows += count;
      start = 0;
    }
    store<u32>(scratch, seen);
    let npieces = 0, total = 0;
    while (visits < end && total < WINDOW && load<usize>(visits, 16) == x) {
      const form = load<usize>(visits), n = load<i32>(visits, 8);
      const count = min(WINDOW - total, n - from);
      if (!from || npieces == 0) prepareQuery(x, form, d, ip, query);
      const groups = (count + 3) >>> 2;
      listBounds(form + header + <usize>(from >>> 2) * ofGroup, groups, d, ip, query, scratch + (<usize>total << 2));
      const piece = scratch + PIECES + <usize>npieces * PIECE;
      store<usize>(piece, load<usize>(visits, 4) + <usize>from * (<usize>d << 2));
      store<i32>(piece, load<i32>(visits, 12) + from, 4);
      store<i32>(piece, count, 8);
      npieces++;
      total += groups << 2;
      // what fills a list up to whole groups is nothing
      for (let i = count; i < groups << 2; i++) store<f32>(scratch + (<usize>(total - (groups << 2) + i) << 2), Infinity);
      from += count;
      if (from == n) {
        from = 0;
        visits += VISIT;
      }
    }
    settle(npieces, total, x, d, ip, r, nearest, scratch);
  }
}
