// A binary heap of (key f32, id i32), largest key on top, eight bytes each. A smallest-first heap is one of negated keys.
//
// Where equal keys end up decides which neighbours a graph gets, so moves are those of C++'s `std::push_heap` and
// `std::pop_heap` in libstdc++: a pop leads the hole down to a leaf, by the right child unless the left is larger, and
// then moves the last element up from there.

@inline
export function keyAt(heap: usize, i: i32): f32 {
  return load<f32>(heap + (<usize>i << 3));
}

@inline
export function idAt(heap: usize, i: i32): i32 {
  return load<i32>(heap + (<usize>i << 3), 4);
}

@inline
export function put(heap: usize, i: i32, key: f32, id: i32): void {
  store<f32>(heap + (<usize>i << 3), key);
  store<i32>(heap + (<usize>i << 3), id, 4);
}

@inline
function move(heap: usize, from: i32, to: i32): void {
  store<i64>(heap + (<usize>to << 3), load<i64>(heap + (<usize>from << 3)));
}

@inline
function up(heap: usize, from: i32, key: f32, id: i32): void {
  let hole = from;
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    if (!(keyAt(heap, parent) < key)) break;
    move(heap, parent, hole);
    hole = parent;
  }
  put(heap, hole, key, id);
}

/** Adds to a heap of n; there is room. */
export function heapPush(heap: usize, n: i32, key: f32, id: i32): void {
  up(heap, n, key, id);
}

/** Takes the top off a heap of n: what is left is one of n - 1. */
export function heapPop(heap: usize, n: i32): void {
  const last = n - 1;
  const key = keyAt(heap, last), id = idAt(heap, last);
  let hole = 0, child = 0;
  while (child < (last - 1) >> 1) {
    child = 2 * (child + 1);
    if (keyAt(heap, child) < keyAt(heap, child - 1)) child--;
    move(heap, child, hole);
    hole = child;
  }
  if ((last & 1) == 0 && last > 0 && child == (last - 2) >> 1) {
    child = 2 * (child + 1) - 1;
    move(heap, child, hole);
    hole = child;
  }
  if (last > 0) up(heap, hole, key, id);
}
