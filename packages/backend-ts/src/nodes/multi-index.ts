import { type IndexData, type Metric, type MultiIndexQuantizerData, missingDistance } from '@lutra/core';
import { viewRows } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { assertKind, assertSameQuantizer } from '../invariants.js';
import type { NodeParameters, ResultTable } from '../node.js';
import { readIndex } from '../quantizers/bit-codes.js';
import { ProductQuantizer } from '../quantizers/product-quantizer.js';
import type { Task } from '../task.js';
import { minSums } from './min-sums.js';
import { VirtualCentroids } from './virtual-centroids.js';

/**
 * MultiIndexQuantizer: the `ksub^M` combinations of the centroids of a product quantizer, as the centroids of an IVF. They
 * are not stored, so none can be added or removed.
 * @see Babenko & Lempitsky 2012, "The inverted multi-index"; faiss/IndexPQ.cpp
 */
export class MultiIndexNode extends VirtualCentroids {
  readonly d: number;
  readonly metric: Metric = 'l2';
  isTrained = false;
  readonly #engine: Engine;
  readonly #pq: ProductQuantizer;

  constructor(engine: Engine, pq: ProductQuantizer) {
    super('multi-index');
    this.#engine = engine;
    this.d = pq.d;
    this.#pq = pq;
  }

  static fromData(engine: Engine, data: MultiIndexQuantizerData): MultiIndexNode {
    const node = new MultiIndexNode(engine, ProductQuantizer.fromData(engine, data.pq));
    node.isTrained = data.isTrained;
    return node;
  }

  get ntotal(): number {
    return this.isTrained ? this.#pq.ksub ** this.#pq.M : 0;
  }

  async train(x: Float32Array, n: number, task: Task): Promise<void> {
    this.isTrained = false;
    await this.#pq.train(viewRows(x, n, this.d), task);
    this.isTrained = true;
  }

  search(x: Float32Array, nq: number, k: number, _parameters: NodeParameters, out: ResultTable): void {
    const { d } = this;
    const { M, ksub } = this.#pq;
    const engine = this.#engine;
    const lut = engine.scratch('imi.lut', M * ksub * 4);
    const n = Math.min(k, this.ntotal);
    for (let q = 0; q < nq; q++) {
      const query = engine.scratchOf('imi.query', x.subarray(q * d, (q + 1) * d));
      this.#pq.fillLut('l2', query, lut);
      minSums(engine.memory.f32(lut, M * ksub), M, n, out, q * k);
      out.distances.fill(missingDistance('l2'), q * k + n, (q + 1) * k);
      out.labels.fill(-1, q * k + n, (q + 1) * k);
    }
  }

  assign(x: Float32Array, n: number, out: Uint32Array): void {
    const { M, nbits, codeSize } = this.#pq;
    const codes = new Uint8Array(n * codeSize);
    this.#pq.encode(viewRows(x, n, this.d), codes);
    for (let i = 0; i < n; i++) {
      let label = 0;
      for (let m = 0; m < M; m++) label += readIndex(codes, i * codeSize, m, nbits) * 2 ** (m * nbits);
      out[i] = label;
    }
  }

  reconstruct(id: number, out: Float32Array): boolean {
    if (id < 0 || id >= this.ntotal) return false;
    const { M, ksub, dsub, centroids } = this.#pq;
    let rest = id;
    for (let m = 0; m < M; m++) {
      const index = rest % ksub;
      rest = (rest - index) / ksub;
      const from = (m * ksub + index) * dsub;
      for (let j = 0; j < dsub; j++) out[m * dsub + j] = centroids[from + j]!;
    }
    return true;
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'MultiIndexQuantizer');
    assertSameQuantizer(this.#pq.toData(), data.pq);
  }

  reset(): void {
    this.isTrained = false;
  }

  toData(): MultiIndexQuantizerData {
    const { d, ntotal, isTrained, metric } = this;
    const header = { d, ntotal, isTrained, metric, metricArg: 0 };
    return { kind: 'MultiIndexQuantizer', ...header, pq: this.#pq.toData() };
  }
}
