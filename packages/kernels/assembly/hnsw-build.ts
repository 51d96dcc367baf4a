// How an HNSW graph grows, by faiss's rules to the tie (faiss/impl/HNSW.cpp from 1.15.1 on): a batch of nodes is linked each
// to what a search of the graph as it was finds, then whoever is linked to takes all of them up, or chooses anew.
import { sink } from './inline/candidates';
import { batchIds, batchKeys, descend, keysTo, keyTo, linksOf, mark, nearer, newVisit, placesOn, rowOf, unvisited } from './inline/graph';
import { heapPop, heapPush, idAt, keyAt, put } from './inline/pair-heap';

/** Of the places of a full list, faiss leaves these free when it chooses anew. */
const HEADROOM: f32 = 0.2;

/** The nearest to x on `level`, to the heap `found`, worst on top; returns how many. `open` has room for all nodes. */
function nearestOn(g: usize, x: usize, level: i32, from: i32, key: f32, found: usize, open: usize): i32 {
  const ef = load<i32>(g, 48);
  const places = placesOn(g, level);
  const ids = batchIds(g), keys = batchKeys(g);
  let nFound = 1, nOpen = 1;
  newVisit(g);
  mark(g, from);
  put(found, 0, key, from);
  put(open, 0, -key, from);
  while (nOpen > 0) {
    if (-keyAt(open, 0) > keyAt(found, 0)) break;
    const node = idAt(open, 0);
    heapPop(open, nOpen--);
    let n = unvisited(g, linksOf(g, node, level), places);
    n = nearer(g, x, n, nFound >= ef ? keyAt(found, 0) : Infinity);
    for (let i: usize = 0, end = <usize>n << 2; i < end; i += 4) {
      const k = load<f32>(keys + i);
      if (nFound >= ef && !(keyAt(found, 0) > k)) continue;
      const id = load<i32>(ids + i);
      heapPush(found, nFound++, k, id);
      heapPush(open, nOpen++, -k, id);
      if (nFound > ef) heapPop(found, nFound--);
    }
  }
  return nFound;
}

/** Whether one of the n nodes `ids` is nearer to `node` than `key`; four at a time. */
function covered(g: usize, node: i32, ids: usize, n: i32, key: f32): bool {
  const x = rowOf(g, node);
  const out = batchKeys(g);
  for (let i = 0; i < n; i += 4) {
    const count = min<i32>(4, n - i);
    keysTo(g, x, ids + (<usize>i << 2), count, out);
    for (let j = 0; j < count; j++) if (key > load<f32>(out + (<usize>j << 2))) return true;
  }
  return false;
}

/** As many as `most` of the n of the heap `found`, back into it: from the nearest on, those that are not covered. */
function choose(g: usize, found: usize, n: i32, most: i32, turned: usize): i32 {
  const stay = batchIds(g);
  let left = 0;
  for (; n > 0; n--) {
    heapPush(turned, left++, -keyAt(found, 0), idAt(found, 0));
    heapPop(found, n);
  }
  let kept = 0;
  while (left > 0 && kept < most) {
    const key = -keyAt(turned, 0);
    const id = idAt(turned, 0);
    heapPop(turned, left--);
    if (covered(g, id, stay, kept, key)) continue;
    store<i32>(stay + (<usize>kept << 2), id);
    heapPush(found, kept++, key, id);
  }
  return kept;
}

export function hnswLink(g: usize, x: usize, id: i32, level: i32, work: usize): void {
  let nearest = load<i32>(g, 32);
  const size = <usize>(load<i32>(g, 48) + 2) << 3;
  const found = work + 16, turned = found + size, open = turned + size;
  store<f32>(work, keyTo(g, x, nearest));
  let on = load<i32>(g, 36);
  for (; on > level; on--) nearest = descend(g, x, on, nearest, work);
  const key = load<f32>(work);
  for (; on >= 0; on--) {
    let n = nearestOn(g, x, on, nearest, key, found, open);
    const places = placesOn(g, on);
    if (n >= places) n = choose(g, found, n, places, turned);
    for (let at = linksOf(g, id, on); n > 0; at += 4) {
      store<i32>(at, idAt(found, 0));
      heapPop(found, n--);
    }
  }
}

/** Sorts n nodes by key and then id. */
function sort(keys: usize, ids: usize, n: i32): void {
  for (let i = n >> 1; i > 0; i--) {
    const at = <usize>(i - 1) << 2;
    sink(keys, ids, n, load<f32>(keys + at), load<i32>(ids + at), 0, i);
  }
  for (let left = n - 1; left > 0; left--) {
    const last = <usize>left << 2;
    const key = load<f32>(keys), id = load<i32>(ids);
    sink(keys, ids, left, load<f32>(keys + last), load<i32>(ids + last), 0, 1);
    store<f32>(keys + last, key);
    store<i32>(ids + last, id);
  }
}

export function hnswMerge(g: usize, node: i32, level: i32, incoming: usize, n: i32, work: usize): void {
  const places = placesOn(g, level);
  const links = linksOf(g, node, level);
  let used = places;
  while (used > 0 && load<i32>(links + (<usize>(used - 1) << 2)) == -1) used--;
  if (used + n <= places) {
    memory.copy(links + (<usize>used << 2), incoming, <usize>n << 2);
    return;
  }
  const all = used + n;
  const ids = work, keys = work + (<usize>(all + 4) << 2);
  memory.copy(ids, links, <usize>used << 2);
  memory.copy(ids + (<usize>used << 2), incoming, <usize>n << 2);
  keysTo(g, rowOf(g, node), ids, all, keys);
  sort(keys, ids, all);
  const most = <i32>(<f32>places - <f32>places * HEADROOM);
  let kept = 0;
  for (let i: usize = 0, end = <usize>all << 2; i < end && kept < most; i += 4) {
    const id = load<i32>(ids + i);
    if (covered(g, id, links, kept, load<f32>(keys + i))) continue;
    store<i32>(links + (<usize>kept << 2), id);
    kept++;
  }
  for (; kept < places; kept++) store<i32>(links + (<usize>kept << 2), -1);
}
