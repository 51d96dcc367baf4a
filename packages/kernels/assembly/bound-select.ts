// Search over float32 rows that have a second form in bytes: bounds say which rows are worth comparing, and only those are
// read in full.
import { ipByIdx, l2sqrByIdx } from './distance';
import { indicesUpTo, int8Bounds } from './int8-rows';
import { capacityOf, countOf, FLOAT_KEYS, kOf, limitOf, positionAt, reservoirStart, reservoirTake, selectF32, shrink } from './reservoir';

/** Rows whose bounds are looked at together, whole groups of four. */
export const BLOCK = 4096;
/** Bytes of a visit: codes, facts, rows, count, position of the first row. */
const VISIT: usize = 20;

/** Scratch: bounds, ids, distances of a block, and a reservoir. */
export const IDS: usize = 4 * BLOCK;
export const DISTANCES: usize = 8 * BLOCK;
export const NEAREST: usize = 12 * BLOCK;

/** A tight limit is worth more than what a cut costs, as long as it drops something: `more` candidates than k, at least. */
@inline
export function tighten(r: usize, more: i32): void {
  if (countOf(r) >= kOf(r) + more) shrink(r);
}

/** The numbers of the k rows with the smallest bounds to `ids`, which leave the block; returns how many they are. */
export function pickNearest(first: i32, count: i32, r: usize, scratch: usize): i32 {
  const nearest = scratch + NEAREST, ids = scratch + IDS;
  reservoirStart(nearest, kOf(r), capacityOf(r), FLOAT_KEYS);
  selectF32(scratch, count, false, 0, 0, nearest);
  const n = min(BLOCK, reservoirTake(nearest));
  for (let i = 0; i < n; i++) {
    const j = positionAt(nearest, i);
    store<i32>(ids + (<usize>i << 2), first + j);
    store<f32>(scratch + (<usize>j << 2), Infinity);
  }
  return n;
}

/** Compares the rows at positions `ids`; `rows` is where position 0 would be. */
function compare(ip: bool, x: usize, rows: usize, d: i32, ids: usize, n: i32, r: usize, scratch: usize): void {
  const distances = scratch + DISTANCES;
  if (ip) ipByIdx(x, rows, d, ids, n, distances);
  else l2sqrByIdx(x, rows, d, ids, n, distances);
  selectF32(distances, n, ip, 0, ids, r);
}

export function boundSelect(
  visits: usize,
  nvisits: i32,
  x: usize,
  d: i32,
  dCodes: i32,
  u: usize,
  weights: usize,
  ip: bool,
  r: usize,
  scratch: usize,
): void {
  const d16 = (dCodes + 15) & ~15;
  const ids = scratch + IDS;
  for (const end = visits + <usize>nvisits * VISIT; visits < end; visits += VISIT) {
    const codes = load<usize>(visits), facts = load<usize>(visits, 4);
    const n = load<i32>(visits, 12), first = load<i32>(visits, 16);
    const rows = load<usize>(visits, 8) - <usize>first * (<usize>d << 2);
    for (let from = 0; from < n; from += BLOCK) {
      const count = min(BLOCK, n - from);
      const at = <usize>from;
      int8Bounds(codes + at * <usize>d16, facts + at * 20, (count + 3) >>> 2, d16, u, weights, scratch);
      if (countOf(r) == 0 && kOf(r) << 2 <= count) {
        // the k-th best of those limits the rest
        compare(ip, x, rows, d, ids, pickNearest(first + from, count, r, scratch), r, scratch);
        tighten(r, 0);
      }
      const found = indicesUpTo(scratch, count, limitOf(r), first + from, ids);
      if (!found) continue;
      compare(ip, x, rows, d, ids, found, r, scratch);
      tighten(r, max(8, kOf(r) >>> 1));
    }
  }
}
