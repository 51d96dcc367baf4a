import { type HadamardRotationData, LutraError } from '@lutra/core';
import { SplitMix64 } from '../random/index.js';
import { assertRows } from './transform-checks.js';
import type { TrainContext, VectorTransform } from './vector-transform.js';
import { walshHadamard } from './walsh-hadamard.js';

/** faiss's seed when a string names none. */
export const HADAMARD_SEED = 12345;
const ROUNDS = 3;

/** The smallest power of two that is at least `d`. */
function nextPowerOfTwo(d: number): number {
  let p = 1;
  while (p < d) p *= 2;
  return p;
}

/**
 * `HR`: a pseudo-random rotation in `O(d log d)`: three rounds of random signs and a Walsh–Hadamard transform, vectors
 * padded with zeros to a power of two. The same float32 numbers as faiss's.
 * @see Ailon & Chazelle 2009, "The fast Johnson–Lindenstrauss transform"; `faiss/VectorTransform.cpp`, HadamardRotation
 */
export class HadamardRotationTransform implements VectorTransform {
  readonly dIn: number;
  readonly dOut: number;
  readonly isTrained = true;
  readonly trains = false;
  readonly #seed: number;
  readonly #signs: readonly Float32Array[];
  readonly #scale: number;

  /** @param seed - in `[0, 2 ** 32)` */
  constructor(dIn: number, seed: number = HADAMARD_SEED) {
    const p = nextPowerOfTwo(dIn);
    this.dIn = dIn;
    this.dOut = p;
    this.#seed = seed;
    const random = new SplitMix64(seed);
    this.#signs = Array.from({ length: ROUNDS }, () =>
      Float32Array.from({ length: p }, () => (random.randIntMax(2) === 0 ? -1 : 1)),
    );
    this.#scale = Math.fround(1 / Math.fround(p * Math.fround(Math.sqrt(p))));
  }

  async train(_x: Float32Array, _n: number, _context: TrainContext): Promise<void> {}

  apply(x: Float32Array, n: number): Float32Array {
    assertRows('hadamard rotation', x, n, this.dIn);
    const y = new Float32Array(n * this.dOut);
    for (let i = 0; i < n; i++) {
      const row = y.subarray(i * this.dOut, (i + 1) * this.dOut);
      row.set(x.subarray(i * this.dIn, (i + 1) * this.dIn));
      for (const signs of this.#signs) {
        multiplyBy(row, signs);
        walshHadamard(row);
      }
      for (let j = 0; j < row.length; j++) row[j] = row[j]! * this.#scale;
    }
    return y;
  }

  /** The inverse, which faiss does not have; the padding is cut off. */
  reverse(y: Float32Array, n: number): Float32Array {
    assertRows('hadamard rotation', y, n, this.dOut);
    const x = new Float32Array(n * this.dIn);
    for (let i = 0; i < n; i++) {
      const row = y.slice(i * this.dOut, (i + 1) * this.dOut);
      for (const signs of [...this.#signs].reverse()) {
        walshHadamard(row);
        multiplyBy(row, signs);
      }
      for (let j = 0; j < this.dIn; j++) x[i * this.dIn + j] = row[j]! * this.#scale;
    }
    return x;
  }

  toData(): HadamardRotationData {
    return { kind: 'HadamardRotation', dIn: this.dIn, dOut: this.dOut, isTrained: true, seed: this.#seed };
  }

  /** @throws LutraError `SHAPE` if the output is not the next power of two of the input */
  static load(data: HadamardRotationData): HadamardRotationTransform {
    const made = new HadamardRotationTransform(data.dIn, data.seed);
    if (made.dOut !== data.dOut) {
      throw new LutraError('SHAPE', `hadamard rotation: dOut wants ${made.dOut}, is ${data.dOut}`, {
        argument: 'dOut',
        expected: String(made.dOut),
        actual: String(data.dOut),
      });
    }
    return made;
  }
}

function multiplyBy(x: Float32Array, signs: Float32Array): void {
  for (let j = 0; j < x.length; j++) x[j] = x[j]! * signs[j]!;
}
