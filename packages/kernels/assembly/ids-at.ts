// Ids of positions in lists. The searches do not depend on each other, so that the processor waits for their memory together.

export function idsAt(positions: usize, n: i32, starts: usize, lists: usize, nlists: i32, out: usize): void {
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
