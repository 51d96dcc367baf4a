import { FLT_MAX, MISSING_LABEL } from '@lutra/core';

/**
 * The k best of a stream of `(key, id)`, smaller keys first; a similarity is pushed negated. Ties follow faiss's heap:
 * a candidate enters only when strictly better than the worst kept, among equal worst ones the largest `order` leaves,
 * and equal keys come out by ascending `order`, which is the id for distances and the negated id for similarities.
 *
 * @see faiss/utils/Heap.h
 */
export class TopK {
  readonly k: number;
  /** A candidate is taken when its key is below this: the worst kept, or FLT_MAX while there is room. */
  threshold: number = FLT_MAX;
  readonly #sign: 1 | -1;
  readonly #keys: Float64Array;
  readonly #orders: Float64Array;
  #size = 0;

  constructor(k: number, similarity: boolean) {
    this.k = k;
    this.#sign = similarity ? -1 : 1;
    this.#keys = new Float64Array(k);
    this.#orders = new Float64Array(k);
  }

  get size(): number {
    return this.#size;
  }

  reset(): void {
    this.#size = 0;
    this.threshold = FLT_MAX;
  }

  /** Takes `(key, id)` if it is good enough. */
  push(key: number, id: number): void {
    if (!(key < this.threshold)) return;
    const order = this.#sign * id;
    if (this.#size < this.k) {
      this.#rise(this.#size++, key, order);
    } else {
      this.#sink(0, this.k, key, order);
    }
    if (this.#size === this.k) this.threshold = this.#keys[0]!;
  }

  /**
   * Sorts what was kept, writes it to `distances` and `labels` from `offset` on, pads with `missing` and -1, and
   * starts anew. Keys of a similarity are negated back.
   */
  drain(distances: Float32Array, labels: Float64Array, offset: number, missing: number): void {
    const keys = this.#keys;
    const orders = this.#orders;
    const found = this.#size;
    for (let end = found - 1; end >= 0; end--) {
      distances[offset + end] = this.#sign * keys[0]!;
      labels[offset + end] = this.#sign * orders[0]! + 0;
      this.#sink(0, end, keys[end]!, orders[end]!);
    }
    distances.fill(missing, offset + found, offset + this.k);
    labels.fill(MISSING_LABEL, offset + found, offset + this.k);
    this.reset();
  }

  #rise(at: number, key: number, order: number): void {
    const keys = this.#keys;
    const orders = this.#orders;
    let i = at;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const p = keys[parent]!;
      if (p > key || (p === key && orders[parent]! > order)) break;
      keys[i] = p;
      orders[i] = orders[parent]!;
      i = parent;
    }
    keys[i] = key;
    orders[i] = order;
  }

  #sink(at: number, size: number, key: number, order: number): void {
    const keys = this.#keys;
    const orders = this.#orders;
    let i = at;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      const right = child + 1;
      if (
        right < size &&
        (keys[right]! > keys[child]! || (keys[right] === keys[child] && orders[right]! > orders[child]!))
      ) {
        child = right;
      }
      const c = keys[child]!;
      if (c < key || (c === key && orders[child]! <= order)) break;
      keys[i] = c;
      orders[i] = orders[child]!;
      i = child;
    }
    keys[i] = key;
    orders[i] = order;
  }
}
