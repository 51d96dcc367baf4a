import type { Metric, ProductQuantizerData } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { assertEnoughPoints, kmeans } from '../clustering/kmeans.js';
import type { RowView } from '../clustering/row-view.js';
import { gatherRows } from '../clustering/row-view.js';
import { subsample } from '../clustering/subsample.js';
import type { Engine } from '../engine.js';
import type { Task } from '../task.js';
import { codeSizeOf, readIndex, writeIndex } from './bit-codes.js';

const NITER = 25;
const POINTS_PER_CENTROID = 256;
const BLOCK_ROWS = 1024;

/** How to train other than by faiss's defaults. */
export interface PqTraining {
  readonly niter?: number;
  readonly maxPointsPerCentroid?: number;
  /** `(M, ksub, dsub)` to start from instead of random rows. */
  readonly initial?: Float32Array;
}

/**
 * A vector as M indices, each naming the nearest of `ksub` centroids for its slice of `dsub` dimensions. Centroids live
 * in kernel memory, once row-major for tables and once transposed for encoding.
 *
 * Left out of faiss's: polysemous ordering of the centroids, an annealing of 500,000 steps a slice that changes codes but
 * no distance, and serves only a filter by Hamming distance that is off unless it is asked for. Codes of either order are
 * searched alike, here and in faiss.
 * @see Jégou et al. 2011, "Product quantization for nearest neighbor search"; faiss/impl/ProductQuantizer.cpp
 */
export class ProductQuantizer {
  readonly d: number;
  readonly M: number;
  readonly nbits: number;
  readonly dsub: number;
  readonly ksub: number;
  readonly codeSize: number;
  readonly #engine: Engine;
  #centroids: Ptr = 0;
  #transposed: Ptr = 0;

  constructor(engine: Engine, d: number, M: number, nbits: number) {
    this.#engine = engine;
    this.d = d;
    this.M = M;
    this.nbits = nbits;
    this.dsub = d / M;
    this.ksub = 2 ** nbits;
    this.codeSize = codeSizeOf(M, nbits);
  }

  /** Rows that training looks at, at most. */
  get maxTrainRows(): number {
    return POINTS_PER_CENTROID * this.ksub;
  }

  /** `(M, ksub, dsub)`, a view into kernel memory; zeros before training. */
  get centroids(): Float32Array {
    const n = this.ksub * this.d;
    return this.#centroids === 0 ? new Float32Array(n) : this.#engine.memory.f32(this.#centroids, n);
  }

  setCentroids(centroids: Float32Array): void {
    const { memory } = this.#engine;
    if (this.#centroids === 0) this.#centroids = memory.alloc(centroids.length * 4);
    memory.f32(this.#centroids, centroids.length).set(centroids);
    this.#transpose();
  }

  /** Fills the transposed centroids, which encoding reads. */
  #transpose(): void {
    const { M, ksub, dsub } = this;
    const { memory } = this.#engine;
    if (this.#transposed === 0) this.#transposed = memory.alloc(ksub * this.d * 4);
    const { centroids } = this;
    const t = memory.f32(this.#transposed, centroids.length);
    for (let m = 0; m < M; m++) {
      for (let c = 0; c < ksub; c++) {
        for (let j = 0; j < dsub; j++) t[(m * dsub + j) * ksub + c] = centroids[(m * ksub + c) * dsub + j]!;
      }
    }
  }

  /** An independent k-means a slice: 25 iterations on at most 256 rows a centroid, unless told. */
  async train(points: RowView, task: Task, how: PqTraining = {}): Promise<void> {
    const { M, dsub, ksub } = this;
    // before anything is allocated: 2^24 centroids are many
    assertEnoughPoints(points.n, ksub);
    const maxPointsPerCentroid = how.maxPointsPerCentroid ?? POINTS_PER_CENTROID;
    const view = subsample(points, maxPointsPerCentroid * ksub, task.seed);
    const centroids = new Float32Array(this.d * ksub);
    const options = {
      k: ksub,
      niter: how.niter ?? NITER,
      seed: task.seed,
      metric: 'l2',
      spherical: false,
    } as const;
    const size = ksub * dsub;
    const parts = Array.from({ length: M }, (_, m) => {
      const initial = how.initial && { initial: how.initial.subarray(m * size, (m + 1) * size) };
      return { offset: m * dsub, d: dsub, options: { ...options, maxPointsPerCentroid, ...initial } };
    });
    const found = await task.threads?.kmeansEach(view, parts, (done) => task.progress('pq', done, M));
    for (const [m, part] of parts.entries()) {
      if (!found) task.progress('pq', m, M);
      const slice = { ...view, d: dsub, offset: view.offset + part.offset };
      centroids.set(found?.[m] ?? (await kmeans(this.#engine, slice, part.options, task)), m * size);
    }
    task.progress('pq', M, M);
    this.setCentroids(centroids);
  }

  /** The code of each row, `(n, codeSize)` into `codes`, which is overwritten. */
  encode(points: RowView, codes: Uint8Array): void {
    const { d, M, nbits, dsub, codeSize } = this;
    const { memory, kernels } = this.#engine;
    const block = this.#engine.scratch('pq.block', BLOCK_ROWS * d * 4);
    const out = this.#engine.scratch('pq.codes', BLOCK_ROWS * codeSize);
    if (this.#transposed === 0) this.#transpose();
    for (let start = 0; start < points.n; start += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, points.n - start);
      gatherRows(points, start, count, memory.f32(block, count * d));
      if (nbits === 4) kernels.pqEncode4(block, count, this.#transposed, M, dsub, out);
      else if (nbits === 8) kernels.pqEncode8(block, count, this.#transposed, M, dsub, out);
      else this.#encodeBits(block, count, out);
      codes.set(memory.u8(out, count * codeSize), start * codeSize);
    }
  }

  /** Codes of any width for the rows at `block`, a sub-quantizer at a time. */
  #encodeBits(block: Ptr, count: number, out: Ptr): void {
    const { d, M, nbits, dsub, ksub, codeSize } = this;
    const { memory, kernels } = this.#engine;
    const idx = this.#engine.scratch('pq.indices', BLOCK_ROWS * 4);
    const dis = this.#engine.scratch('pq.distances', BLOCK_ROWS * 4);
    // behind the allocations, which may move the memory
    const codes = memory.u8(out, count * codeSize).fill(0);
    for (let m = 0; m < M; m++) {
      const slice = m * dsub * 4;
      kernels.assignSub(block + slice, count, d, this.#transposed + slice * ksub, ksub, dsub, idx, dis);
      const indices = memory.u32(idx, count);
      for (let i = 0; i < count; i++) writeIndex(codes, i * codeSize, m, nbits, indices[i]!);
    }
  }

  /** The vector that the code at byte `at` stands for, `(d)` into `out`. */
  decode(codes: Uint8Array, at: number, out: Float32Array): void {
    const { M, nbits, dsub, ksub } = this;
    const { centroids } = this;
    for (let m = 0; m < M; m++) {
      const from = (m * ksub + readIndex(codes, at, m, nbits)) * dsub;
      for (let j = 0; j < dsub; j++) out[m * dsub + j] = centroids[from + j]!;
    }
  }

  /** Fills the f32 table `(M, ksub)` at `lut` with the distances (or products) of the slices of x to all centroids. */
  fillLut(metric: Metric, x: Ptr, lut: Ptr): void {
    const { M, ksub, dsub } = this;
    const { kernels } = this.#engine;
    if (metric === 'ip') kernels.pqLutIp(x, this.#centroids, M, ksub, dsub, lut);
    else kernels.pqLutL2(x, this.#centroids, M, ksub, dsub, lut);
  }

  /** `out[i] = base + sum of the table entries of code i`, f32 `(n)`; codes `(n, codeSize)`, all in kernel memory. */
  scan(codes: Ptr, n: number, lut: Ptr, base: number, out: Ptr): void {
    const { kernels } = this.#engine;
    const { M, nbits, codeSize } = this;
    if (nbits === 8) kernels.pq8Scan(codes, n, M, lut, base, out);
    else if (nbits === 4) kernels.pq4CodesScan(codes, n, M, codeSize, lut, base, out);
    else kernels.pqBitsScan(codes, n, M, nbits, codeSize, lut, base, out);
  }

  /** Gives the memory back; the quantizer is untrained afterwards. */
  free(): void {
    this.#engine.memory.free(this.#centroids);
    this.#engine.memory.free(this.#transposed);
    this.#centroids = 0;
    this.#transposed = 0;
  }

  toData(): ProductQuantizerData {
    return { d: this.d, M: this.M, nbits: this.nbits, centroids: this.centroids };
  }

  static fromData(engine: Engine, data: ProductQuantizerData): ProductQuantizer {
    const pq = new ProductQuantizer(engine, data.d, data.M, data.nbits);
    const ptr = engine.take(data.centroids);
    if (ptr === undefined) pq.setCentroids(data.centroids);
    else pq.#centroids = ptr;
    return pq;
  }
}
