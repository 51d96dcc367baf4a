// The candidates of a graph search: the `room` best so far, worst on top, as a heap in two arrays; what has been looked at
// keeps its place with id -1. Among equal keys the larger id, xor `flip`, is the worse; an element is taken out by a look
// at all, which for some hundreds is as quick as any order. faiss's MinimaxHeap, move by move.
//
//   at    0 size   4 valid   8 room   12 flip
//   at + 16   keys, f32 (room)      filled up to a multiple of 16 bytes
//   …         ids, i32 (room)

@inline
export function keysOf(at: usize): usize {
  return at + 16;
}

@inline
export function idsOf(at: usize): usize {
  return at + 16 + (<usize>((load<i32>(at, 8) + 3) & ~3) << 2);
}

@inline
export function start(at: usize, room: i32, flip: i32): void {
  store<i32>(at, 0);
  store<i32>(at, 0, 4);
  store<i32>(at, room, 8);
  store<i32>(at, flip, 12);
}

/** Whether (a, i) comes nearer to the top than (b, j). */
@inline
export function above(a: f32, b: f32, i: i32, j: i32, flip: i32): bool {
  return a > b || (a == b && (i ^ flip) > (j ^ flip));
}

/** Moves (key, id) down from place `from`, 1 for the top, of a heap of n until it is above its children. */
@inline
export function sink(keys: usize, ids: usize, n: i32, key: f32, id: i32, flip: i32, from: i32): void {
  let i = from;
  for (;;) {
    let child = i << 1;
    if (child > n) break;
    let c = <usize>(child - 1) << 2;
    let k = load<f32>(keys + c), v = load<i32>(ids + c);
    if (child < n) {
      const k2 = load<f32>(keys + c, 4), v2 = load<i32>(ids + c, 4);
      if (!above(k, k2, v, v2, flip)) {
        child++;
        k = k2;
        v = v2;
      }
    }
    if (above(key, k, id, v, flip)) break;
    const to = <usize>(i - 1) << 2;
    store<f32>(keys + to, k);
    store<i32>(ids + to, v);
    i = child;
  }
  const to = <usize>(i - 1) << 2;
  store<f32>(keys + to, key);
  store<i32>(ids + to, id);
}

export function push(at: usize, given: f32, id: i32): void {
  const keys = keysOf(at), ids = idsOf(at);
  const flip = load<i32>(at, 12);
  const key = given == given ? given : f32.MAX_VALUE;
  let n = load<i32>(at);
  let valid = load<i32>(at, 4);
  if (n == load<i32>(at, 8)) {
    if (!(load<f32>(keys) > key)) return;
    if (load<i32>(ids) != -1) valid--;
    const last = <usize>(n - 1) << 2;
    // the last takes the top's place, among itself still: as faiss does
    sink(keys, ids, n, load<f32>(keys + last), load<i32>(ids + last), flip, 1);
    n--;
  }
  let i = ++n;
  while (i > 1) {
    const father = <usize>((i >> 1) - 1) << 2;
    const k = load<f32>(keys + father), v = load<i32>(ids + father);
    if (!above(key, k, id, v, flip)) break;
    const to = <usize>(i - 1) << 2;
    store<f32>(keys + to, k);
    store<i32>(ids + to, v);
    i >>= 1;
  }
  const to = <usize>(i - 1) << 2;
  store<f32>(keys + to, key);
  store<i32>(ids + to, id);
  store<i32>(at, n);
  store<i32>(at, valid + 1, 4);
}

/** Where the best that is not taken yet lies, the last among equals; -1 without any. */
export function findBest(at: usize): i32 {
  const n = load<i32>(at);
  const keys = keysOf(at), ids = idsOf(at);
  let best = f32x4.splat(Infinity), bestAt = i32x4.splat(-1);
  let now = i32x4(0, 1, 2, 3);
  const four = i32x4.splat(4);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at4 = <usize>i << 2;
    const k = v128.load(keys + at4);
    const taken = i32x4.shr_s(v128.load(ids + at4), 31);
    const keep = v128.or(taken, f32x4.lt(best, k));
    best = v128.bitselect(best, k, keep);
    bestAt = v128.bitselect(bestAt, now, keep);
    now = i32x4.add(now, four);
  }
  let found = i32x4.extract_lane(bestAt, 0);
  let least = f32x4.extract_lane(best, 0);
  for (let lane = 1; lane < 4; lane++) {
    const k = lane == 1 ? f32x4.extract_lane(best, 1) : lane == 2 ? f32x4.extract_lane(best, 2) : f32x4.extract_lane(best, 3);
    const p = lane == 1 ? i32x4.extract_lane(bestAt, 1) : lane == 2 ? i32x4.extract_lane(bestAt, 2) : i32x4.extract_lane(bestAt, 3);
    if (k < least || (k == least && found < p)) {
      least = k;
      found = p;
    }
  }
  for (; i < n; i++) {
    const at1 = <usize>i << 2;
    if (load<i32>(ids + at1) == -1) continue;
    const k = load<f32>(keys + at1);
    if (least >= k) {
      least = k;
      found = i;
    }
  }
  return found;
}

/** How many, taken ones too, are better than `key`. */
export function countBelow(at: usize, key: f32): i32 {
  const n = load<i32>(at);
  const keys = keysOf(at);
  let count = 0;
  for (let i = 0; i < n; i++) count += i32(load<f32>(keys + (<usize>i << 2)) < key);
  return count;
}
