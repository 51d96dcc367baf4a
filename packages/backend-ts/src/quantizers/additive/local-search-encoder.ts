import type { LocalSearchQuantizerData } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../../engine.js';
import { solvePositive } from '../../linalg/index.js';
import { RandomGenerator } from '../../random/index.js';
import type { Task } from '../../task.js';
import type { AdditiveEncoder } from './additive-encoder.js';
import { decodeIndices } from './additive-encoder.js';

/** What training and encoding are told; faiss's defaults. */
export type LocalSearchFields = Pick<
  LocalSearchQuantizerData,
  | 'K'
  | 'trainIters'
  | 'encodeIlsIters'
  | 'trainIlsIters'
  | 'icmIters'
  | 'p'
  | 'lambd'
  | 'chunkSize'
  | 'randomSeed'
  | 'nperts'
  | 'updateCodebooksWithDouble'
>;

const DEFAULTS: LocalSearchFields = {
  K: 0,
  trainIters: 25,
  encodeIlsIters: 16,
  trainIlsIters: 8,
  icmIters: 4,
  p: 0.5,
  lambd: Math.fround(1e-2),
  chunkSize: 10000,
  randomSeed: 0x12345,
  nperts: 4,
  updateCodebooksWithDouble: true,
};
const POINTS_PER_CENTROID = 1024;
/** Vectors that are encoded at once. */
const BLOCK_ROWS = 256;
/** The seed whose shift is that of a training. */
const FAISS_SEED = 1234;

/**
 * A local-search quantizer: indices improved one at a time by iterated conditional modes, out of disturbed starts, in turns
 * with codebooks by least squares. Random numbers are not those of faiss, whose distributions its compiler defines.
 * @see Martinez et al. 2016, "Revisiting additive quantization"; Martinez et al. 2018, "LSQ++";
 *   faiss/impl/LocalSearchQuantizer.cpp
 */
export class LocalSearchEncoder implements AdditiveEncoder {
  readonly d: number;
  readonly nbits: readonly number[];
  readonly parts = 1;
  readonly fields: LocalSearchFields;
  readonly #engine: Engine;
  readonly #M: number;
  readonly #K: number;
  #codebooks: Float32Array = new Float32Array(0);

  constructor(engine: Engine, d: number, M: number, nbits: number, fields: LocalSearchFields = DEFAULTS) {
    const { K, trainIters, encodeIlsIters, trainIlsIters, icmIters, p, lambd } = fields;
    const { chunkSize, randomSeed, nperts, updateCodebooksWithDouble } = fields;
    this.#engine = engine;
    this.d = d;
    this.nbits = new Array(M).fill(nbits);
    this.#M = M;
    this.#K = 2 ** nbits;
    this.fields = {
      ...{ K: K || this.#K, trainIters, encodeIlsIters, trainIlsIters, icmIters, p, lambd },
      ...{ chunkSize, randomSeed, nperts, updateCodebooksWithDouble },
    };
  }

  get maxTrainRows(): number {
    return POINTS_PER_CENTROID * this.#M * this.#K;
  }

  async train(x: Float32Array, n: number, task: Task): Promise<Float32Array> {
    const { trainIters, trainIlsIters, p } = this.fields;
    const random = new RandomGenerator(this.fields.randomSeed + task.seed - FAISS_SEED);
    const codes = this.#anyCodes(n, random);
    const deviations = deviationsOf(x, n, this.d);
    for (let i = 0; i < trainIters; i++) {
      task.progress('local search quantizer', i, trainIters);
      await task.breathe();
      this.#codebooks = this.#leastSquares(x, codes, n);
      this.#disturb((1 - (i + 1) / trainIters) ** p, deviations, random);
      await this.#search(codes, x, n, trainIlsIters, random, task);
    }
    task.progress('local search quantizer', trainIters, trainIters);
    return this.#codebooks;
  }

  load(codebooks: Float32Array): void {
    this.#codebooks = codebooks.slice();
  }

  encode(x: Float32Array, n: number): Int32Array {
    const { d } = this;
    const out = new Int32Array(n * this.#M);
    const tables = this.#tables();
    for (let i = 0; i < n; i++) {
      // a start of its own for each vector: its code does not depend on what is encoded beside it
      const random = new RandomGenerator(this.fields.randomSeed);
      const codes = this.#anyCodes(1, random);
      const row = x.subarray(i * d, (i + 1) * d);
      this.#searchBlock(codes, row, 1, this.fields.encodeIlsIters, random, tables);
      out.set(codes, i * this.#M);
    }
    return out;
  }

  #anyCodes(n: number, random: RandomGenerator): Int32Array {
    return Int32Array.from({ length: n * this.#M }, () => random.randIntMax(this.#K));
  }

  /** Codebooks that minimise `‖x - sum of rows‖² + lambd · ‖codebooks‖²` for given codes. */
  #leastSquares(x: Float32Array, codes: Int32Array, n: number): Float32Array {
    const { d } = this;
    const M = this.#M;
    const size = M * this.#K;
    const gram = new Float64Array(size * size);
    const right = new Float64Array(size * d);
    for (let i = 0; i < n; i++) {
      for (let m = 0; m < M; m++) {
        const a = m * this.#K + codes[i * M + m]!;
        for (let l = 0; l < M; l++) gram[a * size + l * this.#K + codes[i * M + l]!]! += 1;
        for (let j = 0; j < d; j++) right[a * d + j]! += x[i * d + j]!;
      }
    }
    for (let a = 0; a < size; a++) gram[a * size + a]! += this.fields.lambd;
    solvePositive(gram, size, right, d);
    return Float32Array.from(right);
  }

  /** Adds noise, less and less of it, so that codebooks do not settle early. */
  #disturb(temperature: number, deviations: Float64Array, random: RandomGenerator): void {
    const { d } = this;
    for (let i = 0; i < this.#codebooks.length; i++) {
      this.#codebooks[i]! += (temperature * deviations[i % d]! * normal(random)) / this.#M;
    }
  }

  async #search(
    codes: Int32Array,
    x: Float32Array,
    n: number,
    rounds: number,
    random: RandomGenerator,
    task: Task,
  ): Promise<void> {
    const { d } = this;
    const M = this.#M;
    const tables = this.#tables();
    for (let start = 0; start < n; start += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, n - start);
      const part = codes.subarray(start * M, (start + count) * M);
      this.#searchBlock(part, x.subarray(start * d, (start + count) * d), count, rounds, random, tables);
      await task.breathe();
    }
  }

  /** The codebooks, `2 <c, c'>` of all their rows, and `‖c‖²`. */
  #tables(): { books: Ptr; pairs: Ptr; norms: Float32Array } {
    const engine = this.#engine;
    const size = this.#M * this.#K;
    const books = engine.scratchOf('lsq.books', this.#codebooks);
    const pairs = engine.scratch('lsq.pairs', size * size * 4);
    engine.kernels.ipBlock(books, size, books, size, this.d, pairs);
    const values = engine.memory.f32(pairs, size * size);
    const norms = new Float32Array(size);
    for (let a = 0; a < size; a++) norms[a] = values[a * size + a]!;
    for (let i = 0; i < values.length; i++) values[i]! *= 2;
    return { books, pairs, norms };
  }

  /** Improves codes in place: rounds of disturbing them, settling, and keeping what became better. */
  #searchBlock(
    codes: Int32Array,
    x: Float32Array,
    n: number,
    rounds: number,
    random: RandomGenerator,
    { books, pairs, norms }: { books: Ptr; pairs: Ptr; norms: Float32Array },
  ): void {
    const engine = this.#engine;
    const { d } = this;
    const M = this.#M;
    const K = this.#K;
    const size = M * K;
    const { icmIters } = this.fields;
    const nperts = Math.min(this.fields.nperts, M);
    const rows = engine.scratchOf('lsq.rows', x);
    const unaries = engine.scratch('lsq.unaries', n * size * 4);
    const at = engine.scratch('lsq.codes', n * M * 4);
    engine.kernels.ipBlock(rows, n, books, size, d, unaries);
    const own = engine.memory.f32(unaries, n * size);
    for (let i = 0; i < own.length; i++) own[i] = norms[i % size]! - 2 * own[i]!;
    const best = this.#errors(codes, x, n);
    for (let round = 0; round < rounds; round++) {
      const tried = codes.slice();
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < nperts; j++) tried[i * M + random.randIntMax(M)] = random.randIntMax(K);
      }
      const { words } = engine;
      words.set(tried, at >>> 2);
      engine.kernels.lsqSettle(at, n, M, K, unaries, pairs, icmIters);
      tried.set(words.subarray(at >>> 2, (at >>> 2) + tried.length));
      const errors = this.#errors(tried, x, n);
      for (let i = 0; i < n; i++) {
        if (!(errors[i]! < best[i]!)) continue;
        best[i] = errors[i]!;
        codes.set(tried.subarray(i * M, (i + 1) * M), i * M);
      }
    }
  }

  #errors(codes: Int32Array, x: Float32Array, n: number): Float64Array {
    const { d } = this;
    const y = decodeIndices(this, this.#codebooks, codes, n);
    const out = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = i * d; j < (i + 1) * d; j++) sum += (x[j]! - y[j]!) ** 2;
      out[i] = sum;
    }
    return out;
  }
}

function deviationsOf(x: Float32Array, n: number, d: number): Float64Array {
  const out = new Float64Array(d);
  for (let j = 0; j < d; j++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < n; i++) sum += x[i * d + j]!;
    for (let i = 0; i < n; i++) squares += (x[i * d + j]! - sum / n) ** 2;
    out[j] = Math.sqrt(squares / n);
  }
  return out;
}

/** A standard normal number, by Box and Muller. */
function normal(random: RandomGenerator): number {
  const u = 1 - random.randDouble();
  return Math.sqrt(-2 * Math.log(u || Number.MIN_VALUE)) * Math.cos(2 * Math.PI * random.randDouble());
}
