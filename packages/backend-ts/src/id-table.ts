const MIN_SLOTS = 16;
/** A slot without an entry; no place is negative. */
const EMPTY = -1;

/**
 * A table from safe integers to numbers of at least 0, by open addressing in typed arrays: a `Map` ends at 2^24 entries.
 * Made for a known number of entries; the last of several values for a key stays.
 */
export class IdTable {
  readonly #mask: number;
  readonly #keys: Float64Array;
  readonly #values: Float64Array;

  /** @param n - entries at most */
  constructor(n: number) {
    let slots = MIN_SLOTS;
    while (slots < 2 * n) slots *= 2;
    this.#mask = slots - 1;
    this.#keys = new Float64Array(slots);
    this.#values = new Float64Array(slots).fill(EMPTY);
  }

  set(key: number, value: number): void {
    const slot = this.#slotOf(key);
    this.#keys[slot] = key;
    this.#values[slot] = value;
  }

  /** The value of `key`, or undefined. */
  get(key: number): number | undefined {
    const value = this.#values[this.#slotOf(key)]!;
    return value === EMPTY ? undefined : value;
  }

  has(key: number): boolean {
    return this.#values[this.#slotOf(key)] !== EMPTY;
  }

  /** Where `key` is, or the free slot where it belongs. */
  #slotOf(key: number): number {
    let slot = hash(key) & this.#mask;
    while (this.#values[slot] !== EMPTY && this.#keys[slot] !== key) slot = (slot + 1) & this.#mask;
    return slot;
  }
}

/** Mixes both halves of a safe integer into 32 bits (the finaliser of MurmurHash3). */
function hash(key: number): number {
  let h = (key | 0) ^ Math.imul(Math.floor(key / 2 ** 32) | 0, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
