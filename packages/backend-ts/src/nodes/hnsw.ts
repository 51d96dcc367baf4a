import {
  type HnswData,
  type IndexData,
  LutraError,
  type Metric,
  MISSING_LABEL,
  missingDistance,
} from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { HnswBuilder } from '../hnsw/hnsw-builder.js';
import type { GraphVectors, HnswGraph } from '../hnsw/hnsw-graph.js';
import { linkBatches, linkOrder } from '../hnsw/levels.js';
import { keepMask } from '../keep-mask.js';
import type { IdTest, IndexNode, NodeParameters, ParameterName, RangeSink, ResultTable } from '../node.js';
import type { Task } from '../task.js';
import type { FlatNode } from './flat.js';

/**
 * IndexHNSWFlat: vectors that are the nodes of a hierarchical graph, built and searched by faiss's rules. A graph that was
 * built here is that of faiss with one thread but where two distances are equal up to rounding.
 * @see Malkov & Yashunin 2018, "Efficient and robust approximate nearest neighbor search using hierarchical navigable small
 *   world graphs"; faiss/IndexHNSW.cpp
 */
export class HnswNode implements IndexNode {
  readonly d: number;
  readonly metric: Metric;
  readonly keepsIds = false;
  readonly #engine: Engine;
  readonly #graph: HnswGraph;
  readonly #storage: FlatNode;
  /** Nodes that have no links yet, in the batches and the order in which they get them. */
  #waiting: Uint32Array[] = [];
  /** Nodes that are linked or waiting; those behind came with the addition that is under way. */
  #ordered: number;

  constructor(engine: Engine, graph: HnswGraph, storage: FlatNode) {
    this.#engine = engine;
    this.d = storage.d;
    this.metric = storage.metric;
    this.#graph = graph;
    this.#storage = storage;
    storage.searched = false;
    this.#ordered = storage.ntotal;
  }

  get ntotal(): number {
    return this.#storage.ntotal;
  }

  get isTrained(): boolean {
    return this.#storage.isTrained;
  }

  get vectors(): Float32Array {
    return this.#storage.vectors;
  }

  async train(): Promise<void> {
    await this.#storage.train();
  }

  reserve(n: number): void {
    this.#storage.reserve(n);
    this.#graph.reserve(n);
  }

  add(x: Float32Array, n: number): void {
    const before = this.#graph.size;
    this.#graph.extend(n);
    try {
      this.#graph.makeReady();
      this.#storage.add(x, n);
    } catch (e) {
      this.#graph.truncate(before);
      throw e;
    }
  }

  /** Links the nodes of the addition, all of them together: those of higher levels come first. */
  async finish(task: Task): Promise<void> {
    const graph = this.#graph;
    const { ntotal } = this;
    const come = linkOrder(graph.levels().subarray(this.#ordered), this.#ordered);
    this.#waiting.push(...linkBatches(come, ntotal));
    this.#ordered = ntotal;
    const total = this.#waiting.reduce((sum, batch) => sum + batch.length, 0);
    const builder = new HnswBuilder(this.#engine, graph, this.#source);
    let done = 0;
    task.progress('link', 0, total);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting[0]!;
      await builder.link(batch, task);
      done += batch.length;
      this.#waiting.shift();
      task.progress('link', done, total);
    }
  }

  get #source(): GraphVectors {
    return { vectors: this.#storage.rows, d: this.d, kind: this.metric === 'ip' ? 1 : 0 };
  }

  bytesAQuery(k: number, { efSearch }: NodeParameters): number {
    const visits = Math.max(k, efSearch ?? this.#graph.efSearch);
    return Math.min(this.ntotal, visits * this.#graph.lowestPlaces) * this.d * 4;
  }

  search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    const engine = this.#engine;
    const graph = this.#graph;
    const ef = parameters.efSearch ?? graph.efSearch;
    const mask = this.#mask(parameters.filter);
    const query = engine.scratchOf('hnsw.queries', x.subarray(0, nq * this.d));
    const keys = engine.scratch('hnsw.keys', k * 4);
    const ids = engine.scratch('hnsw.ids', k * 4);
    if (graph.entryPoint < 0) {
      out.labels.fill(MISSING_LABEL, 0, nq * k);
      out.distances.fill(missingDistance(this.metric), 0, nq * k);
      return;
    }
    graph.open(this.#source);
    const sign = this.metric === 'ip' ? -1 : 1;
    for (let q = 0; q < nq; q++) {
      graph.search(query + q * this.d * 4, k, ef, mask, keys, ids);
      const foundKeys = engine.floats;
      const foundIds = engine.words;
      for (let i = 0; i < k; i++) {
        out.labels[q * k + i] = foundIds[(ids >>> 2) + i]!;
        out.distances[q * k + i] = sign * foundKeys[(keys >>> 2) + i]!;
      }
    }
  }

  rangeSearch(x: Float32Array, radius: number, parameters: NodeParameters, sink: RangeSink): void {
    const engine = this.#engine;
    const graph = this.#graph;
    if (graph.entryPoint < 0) return;
    const ef = parameters.efSearch ?? graph.efSearch;
    const mask = this.#mask(parameters.filter);
    const query = engine.scratchOf('hnsw.queries', x);
    const keys = engine.scratch('hnsw.keys', this.ntotal * 4);
    const ids = engine.scratch('hnsw.ids', this.ntotal * 4);
    graph.open(this.#source);
    const sign = this.metric === 'ip' ? -1 : 1;
    const n = graph.rangeSearch(query, Math.fround(sign * radius), ef, mask, keys, ids);
    // the sink may call for memory
    const foundKeys = engine.memory.f32(keys, n).slice();
    const foundIds = engine.memory.i32(ids, n).slice();
    for (let i = 0; i < n; i++) sink(sign * foundKeys[i]!, foundIds[i]!);
  }

  /** A byte a node that says whether it may be found; 0 without a filter. All nodes may be passed through. */
  #mask(filter: IdTest): Ptr {
    if (!filter) return 0;
    const { ntotal } = this;
    const passes = Uint8Array.from({ length: ntotal }, (_, id) => (filter(id) ? 1 : 0));
    const mask = this.#engine.scratch('hnsw.mask', ntotal);
    this.#engine.memory.u8(mask, ntotal).set(passes);
    return mask;
  }

  reconstruct(id: number, out: Float32Array): boolean {
    return this.#storage.reconstruct(id, out);
  }

  /** Takes back the last vectors of an addition that is under way; no others can be removed. */
  remove(test: (id: number) => boolean): number {
    const keep = keepMask(this.ntotal, test);
    const gone = keep.reduce((count, kept) => count + 1 - kept, 0);
    const left = this.ntotal - gone;
    if (gone === 0 || left < this.#ordered || keep.subarray(0, left).includes(0)) throw lacking('removeIds');
    this.#graph.truncate(left);
    return this.#storage.remove(test);
  }

  assertMergeable(): void {
    throw lacking('mergeFrom');
  }

  merge(): void {
    throw lacking('mergeFrom');
  }

  reset(): void {
    this.#graph.clear();
    this.#storage.reset();
    this.#waiting = [];
    this.#ordered = 0;
  }

  parameters(): Partial<Record<ParameterName, number>> {
    return { efSearch: this.#graph.efSearch };
  }

  setParameter(name: ParameterName, value: number): void {
    if (name === 'efSearch') this.#graph.efSearch = value;
  }

  toData(): HnswData {
    const { d, ntotal, isTrained, metric } = this;
    const header = { d, ntotal, isTrained, metric, metricArg: 0 };
    return { kind: 'HnswFlat', ...header, hnsw: this.#graph.toData(), storage: this.#storage.toData() };
  }
}

function lacking(what: string): LutraError {
  return new LutraError('UNSUPPORTED', `${what}: an HNSW graph cannot do this, nor can faiss's`, {
    feature: `${what} of HNSW`,
    by: 'faiss',
  });
}

/** Throws `FORMAT` unless graph and vectors are of one size. */
export function assertStorage(data: IndexData, storage: IndexData): void {
  for (const field of ['d', 'ntotal', 'metric'] as const) {
    if (data[field] === storage[field]) continue;
    const message = `load: ${data.kind} has ${field} ${data[field]}, its vectors ${storage[field]}`;
    throw new LutraError('FORMAT', message, { format: 'faiss', field: `storage.${field}` });
  }
}
