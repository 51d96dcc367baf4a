// The search of an HNSW graph: greedily down the levels, then best-first on the lowest with a bounded list of candidates.
// faiss's rules to the tie (faiss/impl/HNSW.cpp, search): what a search finds over a given graph is what faiss finds.
import { countBelow, findBest, idsOf, keysOf, push, sink, start } from './inline/candidates';
import { batchIds, batchKeys, descend, flipOf, keyTo, linksOf, mark, nearer, newVisit, placesOn, unvisited } from './inline/graph';

/** Offers one node to the k best, keys at outKeys and ids at outIds, worst on top. */
@inline
function offer(k: i32, outKeys: usize, outIds: usize, key: f32, id: i32, flip: i32): void {
  if (load<f32>(outKeys) > key) sink(outKeys, outIds, k, key, id, flip, 1);
}

@inline
function passes(mask: usize, id: i32): bool {
  return mask == 0 || load<u8>(mask + <usize>id) != 0;
}

/** Asks for the links of `node`. */
@inline
function ahead(g: usize, node: i32, places: i32): void {
  const links = linksOf(g, node, 0);
  const bytes = <usize>places << 2;
  let seen: u32 = 0;
  for (let at: usize = 0; at < bytes; at += 64) seen |= load<u32>(links + at);
  // where nothing is yet: what is read has to be used
  store<u32>(batchKeys(g), seen | load<u32>(links + bytes - 4));
}

/** Visits nodes from the entry point. With `range`, hits below `radius` are appended at outKeys and outIds; returns how many. */
@inline
function explore(
  range: bool,
  g: usize,
  x: usize,
  k: i32,
  radius: f32,
  ef: i32,
  mask: usize,
  work: usize,
  outKeys: usize,
  outIds: usize,
): i32 {
  const flip = flipOf(g);
  let hits = 0;
  let nearest = load<i32>(g, 32);
  // the first words of the work area hold the key of the nearest so far
  store<f32>(work, keyTo(g, x, nearest));
  for (let level = load<i32>(g, 36); level > 0; level--) nearest = descend(g, x, level, nearest, work);
  const first = load<f32>(work);
  const room = max<i32>(ef, k);
  start(work, room, flip);
  push(work, first, nearest);
  newVisit(g);
  mark(g, nearest);
  if (passes(mask, nearest)) {
    if (!range) offer(k, outKeys, outIds, first, nearest, flip);
    else if (first < radius) {
      store<f32>(outKeys, first);
      store<i32>(outIds, nearest);
      hits = 1;
    }
  }
  const places = placesOn(g, 0);
  const ids = batchIds(g), keys = batchKeys(g);
  while (load<i32>(work, 4) > 0) {
    const at = <usize>findBest(work) << 2;
    const node = load<i32>(idsOf(work) + at);
    store<i32>(idsOf(work) + at, -1);
    const valid = load<i32>(work, 4) - 1;
    store<i32>(work, valid, 4);
    // only what was taken can be nearer than the best that was not
    if (load<i32>(work) - valid > ef && countBelow(work, load<f32>(keysOf(work) + at)) >= ef) break;
    // most often the second best is the next: its links are asked for, to come while these nodes are compared
    if (valid > 0) ahead(g, load<i32>(idsOf(work) + (<usize>findBest(work) << 2)), places);
    let n = unvisited(g, linksOf(g, node, 0), places);
    // what is not below this changes nothing
    const worst = load<i32>(work) == room ? load<f32>(keysOf(work)) : Infinity;
    n = nearer(g, x, n, max<f32>(worst, range ? radius : load<f32>(outKeys)));
    for (let i: usize = 0, end = <usize>n << 2; i < end; i += 4) {
      const key = load<f32>(keys + i);
      const id = load<i32>(ids + i);
      if (passes(mask, id)) {
        if (!range) offer(k, outKeys, outIds, key, id, flip);
        else if (key < radius) {
          store<f32>(outKeys + (<usize>hits << 2), key);
          store<i32>(outIds + (<usize>hits << 2), id);
          hits++;
        }
      }
      push(work, key, id);
    }
  }
  return hits;
}

export function hnswSearch(
  g: usize,
  x: usize,
  k: i32,
  ef: i32,
  mask: usize,
  work: usize,
  outKeys: usize,
  outIds: usize,
): void {
  for (let i = 0; i < k; i++) {
    store<f32>(outKeys + (<usize>i << 2), f32.MAX_VALUE);
    store<i32>(outIds + (<usize>i << 2), -1);
  }
  explore(false, g, x, k, 0, ef, mask, work, outKeys, outIds);
  const flip = flipOf(g);
  // worst first off the top, to the end
  let size = k;
  for (; size > 1; size--) {
    const last = <usize>(size - 1) << 2;
    const key = load<f32>(outKeys), id = load<i32>(outIds);
    const moved = load<f32>(outKeys + last), movedId = load<i32>(outIds + last);
    sink(outKeys, outIds, size - 1, moved, movedId, flip, 1);
    store<f32>(outKeys + last, key);
    store<i32>(outIds + last, id);
  }
}

export function hnswRange(
  g: usize,
  x: usize,
  radius: f32,
  ef: i32,
  mask: usize,
  work: usize,
  outKeys: usize,
  outIds: usize,
): i32 {
  return explore(true, g, x, 1, radius, ef, mask, work, outKeys, outIds);
}
