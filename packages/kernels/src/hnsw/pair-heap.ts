/**
 * A binary heap of keys with ids, largest key on top, whose moves are those of C++'s `std::push_heap` and `std::pop_heap` in
 * libstdc++: where equal keys end up decides which neighbours a graph gets.
 */
export class PairHeap {
  readonly #keys: number[] = [];
  readonly #ids: number[] = [];

  get size(): number {
    return this.#keys.length;
  }

  get topKey(): number {
    return this.#keys[0]!;
  }

  get topId(): number {
    return this.#ids[0]!;
  }

  push(key: number, id: number): void {
    this.#up(this.#keys.length, key, id);
  }

  /** Takes the top off: the hole goes down to a leaf, and the last element up from there. */
  pop(): void {
    const last = this.size - 1;
    const key = this.#keys[last]!;
    const id = this.#ids[last]!;
    let hole = 0;
    let child = 0;
    while (child < (last - 1) >> 1) {
      child = 2 * (child + 1);
      if (this.#keys[child]! < this.#keys[child - 1]!) child--;
      this.#set(hole, this.#keys[child]!, this.#ids[child]!);
      hole = child;
    }
    if (last % 2 === 0 && last > 0 && child === (last - 2) >> 1) {
      child = 2 * (child + 1) - 1;
      this.#set(hole, this.#keys[child]!, this.#ids[child]!);
      hole = child;
    }
    this.#keys.length = last;
    this.#ids.length = last;
    if (last > 0) this.#up(hole, key, id);
  }

  #up(from: number, key: number, id: number): void {
    let hole = from;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!(this.#keys[parent]! < key)) break;
      this.#set(hole, this.#keys[parent]!, this.#ids[parent]!);
      hole = parent;
    }
    this.#set(hole, key, id);
  }

  #set(at: number, key: number, id: number): void {
    this.#keys[at] = key;
    this.#ids[at] = id;
  }
}
