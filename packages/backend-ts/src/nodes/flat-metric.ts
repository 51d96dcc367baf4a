import { type FlatData, type IndexData, isSimilarity, missingDistance } from '@lutra/core';
import type { Engine } from '../engine.js';
import { type ExtraMetric, type RowDistance, rowDistance } from '../extra-metrics.js';
import { GrowingStore } from '../growing-store.js';
import type { GraphStorage, GraphVectors } from '../hnsw/graph-storage.js';
import { assertKind, assertSame } from '../invariants.js';
import type { IdTest, NodeParameters, RangeSink, ResultTable } from '../node.js';
import { TopK } from '../top-k.js';
import { StoredNode } from './stored-node.js';

/** About how much longer a component takes than in a kernel, which `bytesAQuery` is told in. */
const SLOWER = 8;

/**
 * IndexFlat by a metric beside l2 and ip: all vectors as they are, compared one by one, without kernels. A vector whose
 * distance is NaN is not found.
 * @see faiss/IndexFlat.cpp, faiss/utils/extra_distances.h
 */
export class FlatMetricNode extends StoredNode<GrowingStore> implements GraphStorage {
  readonly d: number;
  readonly metric: ExtraMetric;
  readonly isTrained = true;
  readonly #engine: Engine;
  readonly #metricArg: number;
  readonly #distance: RowDistance;
  readonly #similarity: boolean;

  constructor(engine: Engine, d: number, metric: ExtraMetric, metricArg: number) {
    super(new GrowingStore(engine, d * 4));
    this.#engine = engine;
    this.d = d;
    this.metric = metric;
    this.#metricArg = metricArg;
    this.#distance = rowDistance(metric, metricArg);
    this.#similarity = isSimilarity(metric);
  }

  static fromData(engine: Engine, data: FlatData): FlatMetricNode {
    const node = new FlatMetricNode(engine, data.d, data.metric as ExtraMetric, data.metricArg);
    node.store.load(data.vectors, data.ntotal);
    return node;
  }

  /** p of lp, else 0. */
  get metricArg(): number {
    return this.#metricArg;
  }

  /** The vectors, `(ntotal, d)`, a view valid until memory grows. */
  get vectors(): Float32Array {
    return this.#engine.memory.f32(this.store.ptr, this.ntotal * this.d);
  }

  graphVectors(): GraphVectors {
    const { d } = this;
    const engine = this.#engine;
    const distanceOf = this.#distance;
    const vectors = this.store.ptr;
    let query: Float32Array = new Float32Array(0);
    return {
      vectors,
      d,
      kind: this.#similarity ? 1 : 0,
      codeSize: d * 4,
      code: 0,
      distance: (x, node) => {
        if (query.byteOffset !== x || query.buffer !== engine.memory.buffer) query = engine.memory.f32(x, d);
        return distanceOf(query, engine.floats, vectors / 4 + node * d);
      },
      tableBytes: d * 4,
      prepare: (x, table) => engine.memory.f32(table, d).set(x),
    };
  }

  async train(): Promise<void> {}

  add(x: Float32Array, n: number): void {
    const at = this.store.extend(n);
    this.#engine.memory.f32(at, n * this.d).set(n * this.d === x.length ? x : x.subarray(0, n * this.d));
  }

  bytesAQuery(): number {
    return this.ntotal * this.d * 4 * SLOWER;
  }

  search(x: Float32Array, nq: number, k: number, { filter }: NodeParameters, out: ResultTable): void {
    const { d } = this;
    const best = new TopK(k, this.#similarity);
    const sign = this.#similarity ? -1 : 1;
    const missing = missingDistance(this.metric);
    for (let q = 0; q < nq; q++) {
      this.#scan(x.subarray(q * d, (q + 1) * d), filter, (distance, id) => best.push(sign * distance, id));
      best.drain(out.distances, out.labels, q * k, missing);
    }
  }

  /** Distances as float32, which ties are of; those that are not NaN. */
  #scan(x: Float32Array, filter: IdTest, sink: RangeSink): void {
    const { d, ntotal } = this;
    const rows = this.vectors;
    const distanceOf = this.#distance;
    for (let id = 0; id < ntotal; id++) {
      if (filter && !filter(id)) continue;
      const distance = Math.fround(distanceOf(x, rows, id * d));
      if (!Number.isNaN(distance)) sink(distance, id);
    }
  }

  rangeSearch(x: Float32Array, radius: number, { filter }: NodeParameters, sink: RangeSink): void {
    const similarity = this.#similarity;
    this.#scan(x.subarray(0, this.d), filter, (distance, id) => {
      if (similarity ? distance > radius : distance < radius) sink(distance, id);
    });
  }

  reconstruct(id: number, out: Float32Array): boolean {
    if (id < 0 || id >= this.ntotal) return false;
    out.set(this.#engine.memory.f32(this.store.ptr + id * this.d * 4, this.d));
    return true;
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'Flat');
    assertSame('d', this.d, data.d);
    assertSame('metric', this.metric, data.metric);
    assertSame('metricArg', this.#metricArg, data.metricArg);
  }

  merge(data: IndexData): void {
    const other = data as FlatData;
    this.add(other.vectors, other.ntotal);
  }

  toData(): FlatData {
    const { d, ntotal, metric } = this;
    const metricArg = this.#metricArg;
    return { kind: 'Flat', d, ntotal, isTrained: true, metric, metricArg, vectors: this.vectors };
  }
}
