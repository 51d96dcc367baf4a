import type { BinaryMultiHashData } from '@lutra/core';
import { readBits, writeBits } from './bit-string.js';

/** Hashes are exact numbers up to so many bits. */
export const MOST_HASH_BITS = 53;

const HALF = 2 ** 26;

/** Which vectors have a hash of `b` bits: positions by hash, in the order in which they came. */
export class HashTable {
  readonly b: number;
  /** The first bit of the hash in a vector. */
  readonly #from: number;
  readonly #buckets = new Map<number, number[]>();

  constructor(b: number, from: number) {
    this.b = b;
    this.#from = from;
  }

  get size(): number {
    return this.#buckets.size;
  }

  entries(): IterableIterator<[hash: number, positions: number[]]> {
    return this.#buckets.entries();
  }

  hashOf(code: Uint8Array): number {
    return readBits(code, this.#from, this.b);
  }

  add(hash: number, position: number): void {
    const bucket = this.#buckets.get(hash);
    if (bucket) bucket.push(position);
    else this.#buckets.set(hash, [position]);
  }

  clear(): void {
    this.#buckets.clear();
  }

  /**
   * Gives `visit` the positions under every hash that differs from `hash` in up to `nflip` bits: looked up one by one, or
   * found by going through the table where there are fewer entries than such hashes.
   */
  near(hash: number, nflip: number, visit: (positions: readonly number[]) => void): void {
    if (this.#flips(nflip) <= this.#buckets.size) {
      this.#flip(hash, hash, 0, nflip, visit);
      return;
    }
    for (const [other, positions] of this.#buckets) if (differing(hash, other) <= nflip) visit(positions);
  }

  /** Looks up `hash` and all that have up to `left` more bits from `first` on differ from `whole`. */
  #flip(
    whole: number,
    hash: number,
    first: number,
    left: number,
    visit: (positions: readonly number[]) => void,
  ): void {
    const bucket = this.#buckets.get(hash);
    if (bucket) visit(bucket);
    if (left === 0) return;
    for (let bit = first; bit < this.b; bit++) {
      const value = 2 ** bit;
      const set = Math.floor(whole / value) % 2 === 1;
      this.#flip(whole, set ? hash - value : hash + value, bit + 1, left - 1, visit);
    }
  }

  /** How many hashes differ in up to `nflip` bits from one. */
  #flips(nflip: number): number {
    let sum = 1;
    let ways = 1;
    for (let i = 1; i <= Math.min(nflip, this.b); i++) {
      ways = (ways * (this.b - i + 1)) / i;
      sum += ways;
    }
    return sum;
  }

  /** As the file of an IndexBinaryMultiHash over `ntotal` vectors has it. */
  toMap(ntotal: number): BinaryMultiHashData['maps'][number] {
    const { b } = this;
    let idBits = 0;
    while (ntotal > 2 ** idBits) idBits++;
    // of a power of two faiss's width does not hold the length of a bucket of all
    for (const [, { length }] of this.#buckets) while (length >= 2 ** idBits) idBits++;
    const bits = (b + idBits) * this.size + ntotal * idBits;
    const table = new Uint8Array(Math.ceil(bits / 8));
    let at = 0;
    const put = (n: number, value: number): void => {
      writeBits(table, at, n, value);
      at += n;
    };
    for (const [hash, positions] of this.#buckets) {
      put(b, hash);
      put(idBits, positions.length);
      for (const position of positions) put(idBits, position);
    }
    return { idBits, entries: this.size, table };
  }

  /** Adds the entries of `map`, in its order. */
  load({ idBits, entries, table }: BinaryMultiHashData['maps'][number]): void {
    let at = 0;
    const take = (n: number): number => {
      const value = readBits(table, at, n);
      at += n;
      return value;
    };
    for (let i = 0; i < entries; i++) {
      const hash = take(this.b);
      for (let left = take(idBits); left > 0; left--) this.add(hash, take(idBits));
    }
  }
}

function differing(a: number, b: number): number {
  return popcount((a % HALF) ^ (b % HALF)) + popcount(Math.floor(a / HALF) ^ Math.floor(b / HALF));
}

function popcount(x: number): number {
  let count = 0;
  for (let bits = x; bits !== 0; bits &= bits - 1) count++;
  return count;
}
