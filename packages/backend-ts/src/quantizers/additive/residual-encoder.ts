import type { ResidualQuantizerData } from '@lutra/core';
import type { Engine } from '../../engine.js';
import type { Task } from '../../task.js';
import type { AdditiveEncoder } from './additive-encoder.js';
import { progressiveKmeans } from './progressive-kmeans.js';

const BEAM = 5;
/** faiss's train_type: k-means in growing dimensions. */
const PROGRESSIVE = 1;
const POINTS_PER_CENTROID = 1024;
/** Vectors that are compared with a codebook at once. */
const BLOCK_ROWS = 128;

/** The best `beam` partial codes of each of `n` vectors. */
export interface Beam {
  readonly n: number;
  readonly beam: number;
  /** `(n, beam, d)`: what the partial codes leave. */
  readonly residuals: Float32Array;
  /** `(n, beam)` their squared norms, ascending. */
  readonly distances: Float64Array;
  /** `(n, beam, m)`. */
  readonly codes: Int32Array;
}

/**
 * A residual quantizer: each codebook encodes what the ones before it leave, and the best few partial codes are followed.
 *
 * Left out: the refinement of all codebooks at the end (faiss's train_type 2), which no factory string asks for.
 * @see Chen et al. 2010, "Approximate nearest neighbor search by residual vector quantization"; Babenko & Lempitsky 2014;
 *   faiss/impl/ResidualQuantizer.cpp
 */
export class ResidualEncoder implements AdditiveEncoder {
  readonly d: number;
  readonly nbits: readonly number[];
  readonly parts = 1;
  readonly fields: Pick<ResidualQuantizerData, 'trainType' | 'maxBeamSize'>;
  readonly #engine: Engine;
  /** Codebook after codebook; `#norms` of its rows. */
  #codebooks: Float32Array = new Float32Array(0);
  #norms: Float32Array = new Float32Array(0);

  constructor(
    engine: Engine,
    d: number,
    nbits: readonly number[],
    fields: Pick<ResidualQuantizerData, 'trainType' | 'maxBeamSize'> = {
      trainType: PROGRESSIVE,
      maxBeamSize: BEAM,
    },
  ) {
    this.#engine = engine;
    this.d = d;
    this.nbits = nbits;
    this.fields = { trainType: fields.trainType, maxBeamSize: fields.maxBeamSize };
  }

  get maxTrainRows(): number {
    return POINTS_PER_CENTROID * 2 ** this.nbits[0]!;
  }

  async train(x: Float32Array, n: number, task: Task): Promise<Float32Array> {
    const { d, nbits } = this;
    const found: Float32Array[] = [];
    let state = startBeam(x, n, d);
    for (const [m, bits] of nbits.entries()) {
      task.progress('residual quantizer', m, nbits.length);
      const rows = n * state.beam;
      const progressive = (this.fields.trainType & PROGRESSIVE) !== 0;
      const k = 2 ** bits;
      found.push(
        await progressiveKmeans(this.#engine, state.residuals, { n: rows, d, k, progressive }, task),
      );
      this.load(concat(found));
      state = await this.#grow(state, m, task);
    }
    task.progress('residual quantizer', nbits.length, nbits.length);
    return this.#codebooks;
  }

  load(codebooks: Float32Array): void {
    const { d } = this;
    this.#codebooks = codebooks.slice();
    this.#norms = Float32Array.from({ length: codebooks.length / d }, (_, i) =>
      squaredNorm(codebooks, i * d, d),
    );
  }

  encode(x: Float32Array, n: number): Int32Array {
    const { d, nbits } = this;
    const M = nbits.length;
    const out = new Int32Array(n * M);
    for (let start = 0; start < n; start += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, n - start);
      const state = this.search(x.subarray(start * d, (start + count) * d), count, this.fields.maxBeamSize);
      for (let i = 0; i < count; i++) {
        for (let m = 0; m < M; m++) out[(start + i) * M + m] = state.codes[i * state.beam * M + m]!;
      }
    }
    return out;
  }

  /** The best `most` codes of each row of x, `(n, d)`, nearest first, that are found by following as many partial ones. */
  search(x: Float32Array, n: number, most: number): Beam {
    let state = startBeam(x, n, this.d);
    for (let m = 0; m < this.nbits.length; m++) {
      const next = this.#room(state, m, most);
      this.#step(state, m, 0, n, next);
      state = next;
    }
    return state;
  }

  async #grow(state: Beam, m: number, task: Task): Promise<Beam> {
    const next = this.#room(state, m);
    for (let start = 0; start < state.n; start += BLOCK_ROWS) {
      this.#step(state, m, start, Math.min(BLOCK_ROWS, state.n - start), next);
      await task.breathe();
    }
    return next;
  }

  #room({ n, beam }: Beam, m: number, most: number = this.fields.maxBeamSize): Beam {
    const wider = Math.min(beam * 2 ** this.nbits[m]!, most);
    return {
      n,
      beam: wider,
      residuals: new Float32Array(n * wider * this.d),
      distances: new Float64Array(n * wider),
      codes: new Int32Array(n * wider * (m + 1)),
    };
  }

  /** Tries every row of codebook m behind the partial codes of `count` vectors, and keeps the best in `next`. */
  #step(state: Beam, m: number, start: number, count: number, next: Beam): void {
    const { d } = this;
    const engine = this.#engine;
    const k = 2 ** this.nbits[m]!;
    const first = this.nbits.slice(0, m).reduce((sum, b) => sum + 2 ** b, 0);
    const rows = count * state.beam;
    const from = start * state.beam;
    const book = engine.scratchOf('rq.book', this.#codebooks.subarray(first * d, (first + k) * d));
    const part = state.residuals.subarray(from * d, (from + rows) * d);
    const residuals = engine.scratchOf('rq.residuals', part);
    const out = engine.scratch('rq.products', rows * k * 4);
    engine.kernels.ipBlock(residuals, rows, book, k, d, out);
    const products = engine.memory.f32(out, rows * k);
    const best = new Float64Array(next.beam);
    const origin = new Int32Array(next.beam);
    for (let i = 0; i < count; i++) {
      best.fill(Number.POSITIVE_INFINITY);
      for (let b = 0; b < state.beam; b++) {
        const row = i * state.beam + b;
        const own = state.distances[from + row]!;
        for (let c = 0; c < k; c++) {
          const v = own - 2 * products[row * k + c]! + this.#norms[first + c]!;
          if (!(v < best[next.beam - 1]!)) continue;
          let at = next.beam - 1;
          for (; at > 0 && best[at - 1]! > v; at--) {
            best[at] = best[at - 1]!;
            origin[at] = origin[at - 1]!;
          }
          best[at] = v;
          origin[at] = b * k + c;
        }
      }
      for (let b = 0; b < next.beam; b++) {
        const to = (start + i) * next.beam + b;
        const parent = from + i * state.beam + Math.floor(origin[b]! / k);
        const c = origin[b]! % k;
        for (let l = 0; l < m; l++) next.codes[to * (m + 1) + l] = state.codes[parent * m + l]!;
        next.codes[to * (m + 1) + m] = c;
        let sum = 0;
        for (let j = 0; j < d; j++) {
          const r = Math.fround(state.residuals[parent * d + j]! - this.#codebooks[(first + c) * d + j]!);
          next.residuals[to * d + j] = r;
          sum += r * r;
        }
        next.distances[to] = sum;
      }
    }
  }
}

function startBeam(x: Float32Array, n: number, d: number): Beam {
  const distances = Float64Array.from({ length: n }, (_, i) => squaredNorm(x, i * d, d));
  return { n, beam: 1, residuals: x, distances, codes: new Int32Array(0) };
}

function squaredNorm(x: Float32Array, from: number, d: number): number {
  let sum = 0;
  for (let j = from; j < from + d; j++) sum += x[j]! * x[j]!;
  return sum;
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
