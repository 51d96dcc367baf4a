/**
 * SplitMix64, the same numbers as faiss's `SplitMix64RandomGenerator`.
 * @see Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators"; `faiss/utils/random.cpp`
 */
export class SplitMix64 {
  #state: bigint;

  /** @param seed - a safe integer; negative ones wrap to 64 bits */
  constructor(seed: number) {
    this.#state = BigInt.asUintN(64, BigInt(seed));
  }

  /** The next 64 random bits. */
  nextUint64(): bigint {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e3779b97f4a7c15n);
    let z = this.#state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }

  /** An integer in `[0, 2 ** 31)`. */
  randInt(): number {
    return Number(this.nextUint64() & 0x7fffffffn);
  }

  /** An integer in `[0, max)`. @param max - in `[1, 2 ** 31)` */
  randIntMax(max: number): number {
    return Number(this.nextUint64() % BigInt(max));
  }
}
