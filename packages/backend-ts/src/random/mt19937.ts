const STATE_WORDS = 624;
const SHIFT_WORDS = 397;
const MATRIX = 0x9908b0df;
const UPPER = 0x80000000;
const LOWER = 0x7fffffff;

/**
 * The 32-bit Mersenne Twister, the same numbers as C++ `std::mt19937` and faiss's `RandomGenerator`.
 * @see Matsumoto & Nishimura 1998, "Mersenne twister"; `faiss/utils/random.cpp`
 */
export class RandomGenerator {
  readonly #state: Uint32Array = new Uint32Array(STATE_WORDS);
  #next: number = STATE_WORDS;

  /** @param seed - an integer; its lowest 32 bits count, as in faiss */
  constructor(seed: number) {
    const s = this.#state;
    s[0] = seed >>> 0;
    for (let i = 1; i < STATE_WORDS; i++) {
      const previous = s[i - 1]! ^ (s[i - 1]! >>> 30);
      s[i] = Math.imul(previous, 1812433253) + i;
    }
  }

  /** The next 32 random bits, in `[0, 2 ** 32)`. */
  nextUint32(): number {
    if (this.#next === STATE_WORDS) this.#refill();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** An integer in `[0, 2 ** 31)`. */
  randInt(): number {
    return this.nextUint32() & LOWER;
  }

  /** An integer in `[0, max)`: the remainder of 32 random bits, bias included. @param max - in `[1, 2 ** 31)` */
  randIntMax(max: number): number {
    return this.nextUint32() % max;
  }

  /** A float32 in `[0, 1]`; 1 itself comes up, since faiss divides by the largest value rounded to float32. */
  randFloat(): number {
    return Math.fround(this.nextUint32()) / 4294967296;
  }

  /** A float64 in `[0, 1]`. */
  randDouble(): number {
    return this.nextUint32() / 4294967295;
  }

  #refill(): void {
    const s = this.#state;
    for (let i = 0; i < STATE_WORDS; i++) {
      const y = (s[i]! & UPPER) | (s[(i + 1) % STATE_WORDS]! & LOWER);
      s[i] = s[(i + SHIFT_WORDS) % STATE_WORDS]! ^ (y >>> 1) ^ (y & 1 ? MATRIX : 0);
    }
    this.#next = 0;
  }
}
