/** Whether (a, i) comes nearer to the top of a heap, where the worst is, than (b, j). */
function above(a: number, b: number, i: number, j: number, flip: number): boolean {
  return a > b || (a === b && (i ^ flip) > (j ^ flip));
}

/** Moves (key, id) down from the top of a heap of n, worst on top, until it is above its children. */
export function sink(
  keys: Float32Array,
  ids: Int32Array,
  n: number,
  key: number,
  id: number,
  flip: number,
): void {
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= n) break;
    if (child + 1 < n && !above(keys[child]!, keys[child + 1]!, ids[child]!, ids[child + 1]!, flip)) child++;
    if (above(key, keys[child]!, id, ids[child]!, flip)) break;
    keys[i] = keys[child]!;
    ids[i] = ids[child]!;
    i = child;
  }
  keys[i] = key;
  ids[i] = id;
}

/**
 * The candidates of a graph search, the best so far, worst on top; what has been looked at keeps its place with id -1.
 * faiss's MinimaxHeap, move by move. Among equal keys the larger id, xor `flip`, is the worse.
 */
export class Candidates {
  readonly #room: number;
  readonly #flip: number;
  readonly #keys: Float32Array;
  readonly #ids: Int32Array;
  #size = 0;
  /** Those that are not taken. */
  valid = 0;

  constructor(room: number, flip: number) {
    this.#room = room;
    this.#flip = flip;
    this.#keys = new Float32Array(room);
    this.#ids = new Int32Array(room);
  }

  push(given: number, id: number): void {
    const keys = this.#keys;
    const ids = this.#ids;
    const key = Number.isNaN(given) ? MAX : given;
    if (this.#size === this.#room) {
      if (!(keys[0]! > key)) return;
      if (ids[0] !== -1) this.valid--;
      const last = this.#size - 1;
      // the last takes the top's place, among itself still: as faiss does
      sink(keys, ids, this.#size, keys[last]!, ids[last]!, this.#flip);
      this.#size--;
    }
    let i = this.#size++;
    while (i > 0) {
      const father = (i - 1) >> 1;
      if (!above(key, keys[father]!, id, ids[father]!, this.#flip)) break;
      keys[i] = keys[father]!;
      ids[i] = ids[father]!;
      i = father;
    }
    keys[i] = key;
    ids[i] = id;
    this.valid++;
  }

  /** Takes the best, the last among equals. */
  take(): { key: number; id: number } {
    let best = -1;
    for (let i = 0; i < this.#size; i++) {
      if (this.#ids[i] !== -1 && (best < 0 || this.#keys[i]! <= this.#keys[best]!)) best = i;
    }
    const taken = { key: this.#keys[best]!, id: this.#ids[best]! };
    this.#ids[best] = -1;
    this.valid--;
    return taken;
  }

  /** How many, taken ones too, are better than `key`. */
  countBelow(key: number): number {
    let count = 0;
    for (let i = 0; i < this.#size; i++) if (this.#keys[i]! < key) count++;
    return count;
  }
}

const MAX = 3.4028234663852886e38;
