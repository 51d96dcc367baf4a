// Ids of candidates: of positions in lists, and the k best of a reservoir.
import { FEW, insertionSort, kOf, keyAt, heapSort, positionsOf, reservoirTake, workOf } from './reservoir';

// Writes the ids of n positions, u32, to `out`, which may be where these are. The searches do not depend on each other, so
// that the processor waits for their memory together.
function idsAt(positions: usize, n: i32, starts: usize, lists: usize, nlists: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const position = load<u32>(positions + (i << 2));
    let base: usize = 0;
    for (let left = <usize>nlists; left > 1; ) {
      const half = left >>> 1;
      // a choice and not a jump: which way is not to be foreseen
      base = select(base + half, base, load<u32>(starts + ((base + half) << 2)) <= position);
      left -= half;
    }
    const ids = load<usize>(lists + (base << 2));
    const id = load<f64>(ids + (<usize>(position - load<u32>(starts + (base << 2))) << 3));
    store<u32>(out + (i << 2), id < 4294967295 ? <u32>id : u32.MAX_VALUE);
  }
}

export function takeIds(r: usize, greatest: bool, starts: usize, lists: usize, nlists: i32, out: usize): i32 {
  const n = reservoirTake(r), k = kOf(r);
  const ids = positionsOf(r);
  if (nlists) idsAt(ids, n, starts, lists, nlists, ids);
  if (n <= k) {
    memory.copy(out, ids, <usize>n << 2);
    return n;
  }
  let worst = i32.MIN_VALUE;
  for (let i = 0; i < n; i++) worst = max(worst, keyAt(r, i));
  const work = workOf(r);
  // an order that puts those first that stay
  const flip: i64 = greatest ? -1 : 0;
  let sure: usize = 0, tied: usize = 0;
  for (let i = 0; i < n; i++) {
    const id = load<u32>(ids + (<usize>i << 2));
    if (keyAt(r, i) < worst) store<u32>(out + (sure++ << 2), id);
    else store<i64>(work + (tied++ << 3), <i64>id ^ flip);
  }
  if (<i32>tied <= FEW) insertionSort(work, <i32>tied);
  else heapSort(work, <i32>tied);
  for (let at = work; sure < <usize>k; sure++, at += 8) store<u32>(out + (sure << 2), <u32>(load<i64>(at) ^ flip));
  return k;
}
