import { type IvfSpectralHashData, LutraError } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { gatherRows, type RowView } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { assertSame, assertSameTraining } from '../invariants.js';
import type { CoarseQuantizer } from '../nodes/coarse-quantizer.js';
import type { Task } from '../task.js';
import type { VectorTransform } from '../transforms/index.js';
import type { VectorCodec } from './vector-codec.js';

/** What of a spectral hash is not learned. */
export type SpectralHashShape = Pick<IvfSpectralHashData, 'period' | 'thresholdType'>;

const { fround } = Math;

/**
 * Spectral hashing in inverted lists: a bit for each component of a transform, by the half of a period that it is in, behind
 * a threshold of its own for each list; compared by the bits that differ. A long negative period makes it a sign.
 * @see Weiss et al. 2008, "Spectral hashing"; faiss/IndexIVFSpectralHash.cpp
 */
export class SpectralHashCodec implements VectorCodec {
  readonly d: number;
  readonly metric = 'l2';
  readonly nbit: number;
  readonly codeSize: number;
  isTrained: boolean;
  readonly #engine: Engine;
  readonly #map: VectorTransform;
  readonly #shape: SpectralHashShape;
  readonly #frequency: number;
  /** `(nlist, nbit)`, or more as in a file of faiss; empty where the threshold is 0. */
  #thresholds: Float32Array;
  #x: Float32Array = new Float32Array(0);
  #query: Ptr = 0;

  constructor(
    engine: Engine,
    map: VectorTransform,
    shape: SpectralHashShape,
    data?: Pick<IvfSpectralHashData, 'trained' | 'isTrained'>,
  ) {
    this.#engine = engine;
    this.#map = map;
    this.d = map.dIn;
    this.nbit = map.dOut;
    this.codeSize = Math.ceil(map.dOut / 8);
    this.#shape = shape;
    this.#frequency = fround(2 / shape.period);
    this.#thresholds = data?.trained.slice() ?? new Float32Array(0);
    this.isTrained = data?.isTrained ?? false;
  }

  async train(points: RowView, task: Task, coarse?: CoarseQuantizer): Promise<void> {
    this.isTrained = false;
    const { n, d } = points;
    const x = new Float32Array(n * d);
    gatherRows(points, 0, n, x);
    const { seed, signal, onProgress } = task;
    const context = { seed, ...(signal && { signal }), ...(onProgress && { onProgress }) };
    if (this.#map.trains) await this.#map.train(x, n, context);
    this.#engine.release('matmul.');
    this.#thresholds = coarse ? this.#thresholdsOf(x, n, coarse) : new Float32Array(0);
    this.isTrained = true;
  }

  #thresholdsOf(x: Float32Array, n: number, coarse: CoarseQuantizer): Float32Array {
    const { thresholdType, period } = this.#shape;
    if (thresholdType === 'global') return new Float32Array(0);
    if (thresholdType === 'median') return this.#medians(x, n, coarse);
    const nlist = coarse.ntotal;
    const centroids = new Float32Array(nlist * this.d);
    for (let list = 0; list < nlist; list++) centroids.set(coarse.centroid(list), list * this.d);
    const mapped = this.#map.apply(centroids, nlist);
    return thresholdType === 'centroid' ? mapped : mapped.map((v) => v - 0.25 * period);
  }

  /** The median of each component of the rows of each list; 0 in an empty one. */
  #medians(x: Float32Array, n: number, coarse: CoarseQuantizer): Float32Array {
    const { nbit } = this;
    const assign = new Uint32Array(n);
    coarse.assign(x, n, assign);
    const y = this.#map.apply(x, n);
    const rows = Array.from({ length: coarse.ntotal }, (): number[] => []);
    for (const [i, list] of assign.entries()) rows[list]!.push(i);
    const out = new Float32Array(coarse.ntotal * nbit);
    for (const [list, own] of rows.entries()) {
      if (own.length === 0) continue;
      for (let j = 0; j < nbit; j++) {
        const column = Float32Array.from(own, (i) => y[i * nbit + j]!).sort();
        const middle = column.length >>> 1;
        const upper = column[middle]!;
        out[list * nbit + j] = column.length % 2 === 1 ? upper : fround(column[middle - 1]! + upper) / 2;
      }
    }
    return out;
  }

  encode(
    x: Float32Array,
    n: number,
    _centroidOf?: (row: number) => Float32Array,
    assign?: Uint32Array,
  ): Uint8Array {
    const { nbit, codeSize } = this;
    const y = this.#map.apply(x.length === n * this.d ? x : x.subarray(0, n * this.d), n);
    const codes = new Uint8Array(n * codeSize);
    for (let i = 0; i < n; i++) {
      const threshold = this.#shape.thresholdType === 'global' ? -1 : (assign?.[i] ?? 0) * nbit;
      for (let j = 0; j < nbit; j++) {
        const v =
          threshold < 0 ? y[i * nbit + j]! : fround(y[i * nbit + j]! - this.#thresholds[threshold + j]!);
        const half = Math.floor(fround(v * this.#frequency));
        if (half % 2 !== 0) codes[i * codeSize + (j >>> 3)]! |= 1 << (j & 7);
      }
    }
    return codes;
  }

  decode(): void {
    throw new LutraError('UNSUPPORTED', 'reconstruct: a spectral hash has no way back to a vector', {
      feature: 'reconstruct of a spectral hash',
      by: 'faiss',
    });
  }

  begin(x: Float32Array): void {
    this.#x = x;
  }

  enter(_centroid?: Float32Array, _distance?: number, list = 0): void {
    const code = this.encode(this.#x, 1, undefined, Uint32Array.of(list));
    this.#query = this.#engine.scratch('sh.query', this.codeSize);
    this.#engine.memory.u8(this.#query, this.codeSize).set(code);
  }

  scan(codes: Ptr, n: number, out: Ptr): void {
    this.#engine.kernels.hammingNy(this.#query, codes, this.codeSize, n, out);
  }

  /** @throws LutraError `ARGUMENT` unless `data` was trained alike */
  assertSame(data: IvfSpectralHashData): void {
    const { period, thresholdType } = this.#shape;
    assertSame('bits', this.nbit, data.nbit);
    assertSame('period', period, data.period);
    assertSame('thresholds by', thresholdType, data.thresholdType);
    assertSameTraining('the thresholds', this.#thresholds, data.trained);
    const [mine, theirs] = [this.#map.toData(), data.transform];
    assertSame('a transform of kind', mine.kind, theirs.kind);
    if ('A' in mine && 'A' in theirs) assertSameTraining('the transform', mine.A, theirs.A);
  }

  toData(): Pick<IvfSpectralHashData, 'transform' | 'nbit' | 'period' | 'thresholdType' | 'trained'> {
    return {
      ...{ transform: this.#map.toData(), nbit: this.nbit, trained: this.#thresholds },
      ...this.#shape,
    };
  }
}
