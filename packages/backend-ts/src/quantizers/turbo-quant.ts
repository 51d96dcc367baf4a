import { RandomGenerator } from '../random/index.js';
import { walshHadamard } from '../transforms/walsh-hadamard.js';
import { countUpTo, type ScalarCoder } from './scalar-codes.js';

const { fround } = Math;
/** Bytes of the two floats behind the planes of bits. */
const FACTORS = 8;

/**
 * TurboQuant: the direction of a vector by a Lloyd–Max quantizer of `bits - 1` bits a component, the rest of it by the
 * signs of its Walsh–Hadamard transform, and two floats, the lengths of the vector and of that rest. A code is `bits - 1`
 * planes of one bit a component, a plane of signs, then the floats.
 *
 * Left out of faiss's: dense random rotations in place of the transform, which no factory string asks for.
 * @see Zandieh et al. 2025, "TurboQuant"; faiss/impl/scalar_quantizer/quantizers.h, QuantizerTurboQuantFull
 */
export class TurboQuant implements ScalarCoder {
  readonly d: number;
  readonly bits: number;
  /** Bytes of one plane. */
  readonly planeBytes: number;
  /** Components of the transform, a power of two. */
  readonly padded: number;
  readonly #centroids: Float32Array;
  readonly #boundaries: Float32Array;
  readonly #signs: Float32Array;

  /** @param trained - see `ScalarQuantizerFields.trained` */
  constructor(d: number, bits: number, trained: Float32Array) {
    const k = 2 ** (bits - 1);
    this.d = d;
    this.bits = bits;
    this.planeBytes = Math.ceil(d / 8);
    this.padded = 2 ** Math.ceil(Math.log2(d));
    this.#centroids = trained.subarray(0, k);
    this.#boundaries = trained.subarray(k, 2 * k - 1);
    // the low word of the seed is all that the generator takes
    const seed = new Uint32Array(trained.slice(2 * k - 1, 2 * k).buffer)[0]!;
    const random = new RandomGenerator(seed);
    this.#signs = Float32Array.from({ length: this.padded }, () => (random.randIntMax(2) === 0 ? 1 : -1));
  }

  /** Where the signs begin in a code. */
  get #signsAt(): number {
    return (this.bits - 1) * this.planeBytes;
  }

  encode(x: Float32Array, codes: Uint8Array, at: number): void {
    const { d, padded, planeBytes } = this;
    const root = fround(Math.sqrt(d));
    const inverse = fround(1 / root);
    const norm = Math.max(length(x, d), fround(1e-30));
    const rest = new Float32Array(padded);
    for (let j = 0; j < d; j++) {
      const v = fround(x[j]! / norm);
      const index = countUpTo(this.#boundaries, fround(v * root));
      for (let p = 0; p < this.bits - 1; p++) {
        if ((index >> p) & 1) codes[at + p * planeBytes + (j >> 3)]! |= 1 << (j & 7);
      }
      rest[j] = v - fround(this.#centroids[index]! * inverse);
    }
    const gamma = length(rest, d);
    this.#project(rest);
    for (let j = 0; j < d; j++) {
      if (rest[j]! > 0) codes[at + this.#signsAt + (j >> 3)]! |= 1 << (j & 7);
    }
    const factors = new Uint8Array(Float32Array.of(norm, gamma).buffer);
    codes.set(factors, at + this.bits * planeBytes);
  }

  decode(codes: Uint8Array, at: number, out: Float32Array): void {
    const { d, padded } = this;
    const inverse = fround(1 / fround(Math.sqrt(d)));
    const unit = fround(1 / fround(Math.sqrt(padded)));
    const { norm, gamma } = this.#factors(codes, at);
    const signs = new Float32Array(padded);
    for (let j = 0; j < d; j++) signs[j] = this.#isPositive(codes, at, j) ? unit : -unit;
    walshHadamard(signs);
    const weight = fround((Math.sqrt(Math.PI / 2) / d) * gamma);
    for (let j = 0; j < d; j++) {
      const main = fround(this.#centroids[this.#indexOf(codes, at, j)]! * inverse);
      out[j] = fround(main + fround(weight * fround(signs[j]! * this.#signs[j]!))) * norm;
    }
  }

  /** A query ready for {@link distance}. */
  prepare(x: Float32Array): PreparedQuery {
    const { d, padded } = this;
    const projected = new Float32Array(padded);
    projected.set(x.subarray(0, d));
    this.#project(projected);
    const unit = 1 / Math.sqrt(padded);
    let [square, total] = [0, 0];
    for (let j = 0; j < d; j++) {
      projected[j]! *= unit;
      square += x[j]! * x[j]!;
      total += projected[j]!;
    }
    return { x, projected, square, total };
  }

  /** The estimated squared distance of a prepared query to a code, or their product. */
  distance(query: PreparedQuery, codes: Uint8Array, at: number, ip: boolean): number {
    const { d } = this;
    const { x, projected, square, total } = query;
    let [main, positive] = [0, 0];
    for (let j = 0; j < d; j++) {
      main += x[j]! * this.#centroids[this.#indexOf(codes, at, j)]!;
      if (this.#isPositive(codes, at, j)) positive += projected[j]!;
    }
    const { norm, gamma } = this.#factors(codes, at);
    const rest = (Math.sqrt(Math.PI / 2) / d) * gamma * (2 * positive - total);
    const product = norm * (main / Math.sqrt(d) + rest);
    return ip ? product : square + norm * norm - 2 * product;
  }

  #indexOf(codes: Uint8Array, at: number, j: number): number {
    let index = 0;
    const byte = at + (j >> 3);
    for (let p = 0; p < this.bits - 1; p++) {
      index |= ((codes[byte + p * this.planeBytes]! >> (j & 7)) & 1) << p;
    }
    return index;
  }

  #isPositive(codes: Uint8Array, at: number, j: number): boolean {
    return ((codes[at + this.#signsAt + (j >> 3)]! >> (j & 7)) & 1) === 1;
  }

  #factors(codes: Uint8Array, at: number): { norm: number; gamma: number } {
    const from = at + this.bits * this.planeBytes;
    const [norm, gamma] = new Float32Array(codes.slice(from, from + FACTORS).buffer);
    return { norm: norm!, gamma: gamma! };
  }

  /** Signs, then the transform, in place. */
  #project(x: Float32Array): void {
    for (let j = 0; j < x.length; j++) x[j]! *= this.#signs[j]!;
    walshHadamard(x);
  }
}

/** A query of {@link TurboQuant}. */
export interface PreparedQuery {
  readonly x: Float32Array;
  /** Its signed transform, scaled to keep lengths. */
  readonly projected: Float32Array;
  readonly square: number;
  /** Sum of the first d of `projected`. */
  readonly total: number;
}

function length(x: Float32Array, d: number): number {
  let sum = 0;
  for (let j = 0; j < d; j++) sum += x[j]! * x[j]!;
  return fround(Math.sqrt(fround(sum)));
}
