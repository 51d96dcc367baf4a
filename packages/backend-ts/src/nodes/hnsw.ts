import {
  type BinaryHnswData,
  type HnswData,
  type HnswFlatPanoramaData,
  type IndexData,
  isSimilarity,
  LutraError,
  type Metric,
  MISSING_LABEL,
  missingDistance,
} from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { BoundsState, Engine } from '../engine.js';
import { GraphRecords } from '../hnsw/graph-records.js';
import type { GraphStorage, GraphVectors } from '../hnsw/graph-storage.js';
import { HnswBuilder } from '../hnsw/hnsw-builder.js';
import type { HnswGraph } from '../hnsw/hnsw-graph.js';
import { linkBatches, linkOrder } from '../hnsw/levels.js';
import { keepMask } from '../keep-mask.js';
import {
  cut,
  type IdTest,
  type IndexNode,
  type NodeParameters,
  type ParameterName,
  type RangeSink,
  type ResultTable,
  type Vectors,
  widthOf,
} from '../node.js';
import { cumSumsOf } from '../panorama.js';
import type { Task } from '../task.js';
import { FlatNode } from './flat.js';

/** Records of all vectors are made before nodes are linked where one in so many is new. */
const RECORDS_PAY = 64;
/** Times that searches came across a vector, on average, until they are: making a record costs about as much as it then spares. */
const VISITS = 8;

/**
 * IndexHNSWFlat, IndexHNSWSQ and IndexHNSWPQ: vectors, or codes of them, that are the nodes of a hierarchical graph, built and searched by faiss's rules. A graph that was
 * built here is that of faiss with one thread but where two distances are equal up to rounding.
 * @see Malkov & Yashunin 2018, "Efficient and robust approximate nearest neighbor search using hierarchical navigable small
 *   world graphs"; faiss/IndexHNSW.cpp
 */
export class HnswNode<V extends Vectors = Float32Array> implements IndexNode<V> {
  readonly d: number;
  readonly width: number;
  readonly metric: Metric;
  readonly keepsIds = false;
  readonly #engine: Engine;
  readonly #graph: HnswGraph;
  readonly #storage: GraphStorage<V>;
  readonly #records: GraphRecords;
  /** Of a HNSWFlatPanorama, whose file has norms besides. */
  readonly #levels: number | undefined;
  /** Nodes that have no links yet, in the batches and the order in which they get them. */
  #waiting: Uint32Array[] = [];
  /** Vectors of waiting nodes, where the storage keeps codes alone; block by block. */
  #rows: { readonly first: number; readonly x: Float32Array }[] = [];
  /** Nodes that are linked or waiting; those behind came with the addition that is under way. */
  #ordered: number;

  constructor(
    engine: Engine,
    graph: HnswGraph,
    storage: GraphStorage<V>,
    options: { panoramaLevels?: number } = {},
  ) {
    this.#levels = options.panoramaLevels;
    this.#engine = engine;
    this.d = storage.d;
    this.width = widthOf(storage);
    this.metric = storage.metric;
    this.#graph = graph;
    this.#storage = storage;
    if (storage instanceof FlatNode) storage.searched = false;
    this.#ordered = storage.ntotal;
    this.#records = new GraphRecords(engine, storage.d, storage.metric, {
      floats: storage.width === undefined,
    });
    engine.sharedBounds.add(() => this.#shareBounds());
  }

  /** The records for other threads, made now where they are missing. */
  #shareBounds(): { at: Ptr; state: BoundsState } | undefined {
    if (!this.vectors || !this.#records.pay(this.ntotal)) return undefined;
    const { vectors } = this.#storage.graphVectors();
    this.#records.takeIn(vectors, this.ntotal);
    const { state } = this.#records;
    return state && { at: vectors, state };
  }

  /** Looks for the records of another thread, or makes them once searches have been through the graph often enough. */
  #makeRecords({ vectors }: GraphVectors<Vectors>): void {
    const { ntotal } = this;
    if (!this.vectors || !this.#records.pay(ntotal)) return;
    const given = this.#engine.givenBounds.get(vectors);
    if (given?.kind === 'graph') this.#records.adopt(given);
    else if (this.#graph.compared >= VISITS * ntotal) this.#records.takeIn(vectors, ntotal);
  }

  get ntotal(): number {
    return this.#storage.ntotal;
  }

  get isTrained(): boolean {
    return this.#storage.isTrained;
  }

  get vectors(): V | undefined {
    return this.#storage.vectors;
  }

  train(x: V, n: number, task: Task): Promise<void> {
    return this.#storage.train(x, n, task);
  }

  reserve(n: number): void {
    this.#storage.reserve(n);
    this.#graph.reserve(n);
  }

  add(x: V, n: number): void {
    const before = this.#graph.size;
    this.#graph.extend(n);
    try {
      this.#graph.makeReady();
      if (!this.vectors) this.#makeDecodedRoom();
      this.#storage.add(x, n, undefined);
    } catch (e) {
      this.#graph.truncate(before);
      throw e;
    }
    // a code is not what a search for its neighbours starts from
    if (!this.vectors) this.#rows.push({ first: before, x: Float32Array.from(cut(x, 0, n * this.d)) });
  }

  /** Links the nodes of the addition, all of them together: those of higher levels come first. */
  async finish(task: Task): Promise<void> {
    const graph = this.#graph;
    const { ntotal } = this;
    const come = linkOrder(graph.levels().subarray(this.#ordered), this.#ordered);
    this.#waiting.push(...linkBatches(come, ntotal));
    this.#ordered = ntotal;
    const total = this.#waiting.reduce((sum, batch) => sum + batch.length, 0);
    const source = this.vectors ? this.#storage.graphVectors() : this.#decoded();
    const rowOf = this.vectors
      ? (node: number) => source.vectors + node * source.codeSize
      : (node: number) => this.#engine.scratchOf('hnsw.row', this.#rowOf(node));
    if (this.#records.pay(ntotal) && total * RECORDS_PAY >= ntotal)
      this.#records.takeIn(source.vectors, ntotal);
    const builder = new HnswBuilder(this.#engine, graph, { source, records: this.#records, rowOf });
    let done = 0;
    task.progress('link', 0, total);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting[0]!;
      await builder.link(batch, task);
      done += batch.length;
      this.#waiting.shift();
      task.progress('link', done, total);
    }
    this.#rows = [];
    this.#engine.release('hnsw.decoded');
    if (!this.vectors) this.#records.clear();
  }

  /** Room for all vectors as floats, and for one, while nodes are linked. */
  #makeDecodedRoom(): Ptr {
    this.#engine.scratch('hnsw.row', this.d * 4);
    return this.#engine.scratch('hnsw.decoded', Math.max(1, this.#graph.size * this.d) * 4);
  }

  /** What the codes stand for, as floats in scratch memory. */
  #decoded(): GraphVectors {
    const { d, ntotal } = this;
    const vectors = this.#makeDecodedRoom();
    const row = new Float32Array(d);
    for (let id = 0; id < ntotal; id++) {
      (this.#storage as GraphStorage).reconstruct(id, row);
      this.#engine.memory.f32(vectors + id * d * 4, d).set(row);
    }
    const { distance: _, ...stored } = (this.#storage as GraphStorage).graphVectors();
    return { ...stored, vectors, d, kind: this.metric === 'ip' ? 1 : 0 };
  }

  /** The vector of a waiting node as it was added. */
  #rowOf(node: number): Float32Array {
    const { d } = this;
    const { x, first } = this.#rows.findLast((rows) => rows.first <= node)!;
    return x.subarray((node - first) * d, (node - first + 1) * d);
  }

  bytesAQuery(k: number, { efSearch }: NodeParameters): number {
    const visits = Math.max(k, efSearch ?? this.#graph.efSearch);
    return Math.min(this.ntotal, visits * this.#graph.lowestPlaces) * this.width * 4;
  }

  search(x: V, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    const engine = this.#engine;
    const graph = this.#graph;
    const ef = parameters.efSearch ?? graph.efSearch;
    const mask = this.#mask(parameters.filter);
    const vectors = this.#storage.graphVectors();
    this.#makeRecords(vectors);
    const query = engine.scratch('hnsw.query', vectors.tableBytes);
    const keys = engine.scratch('hnsw.keys', k * 4);
    const ids = engine.scratch('hnsw.ids', k * 4);
    if (graph.entryPoint < 0) {
      out.labels.fill(MISSING_LABEL, 0, nq * k);
      out.distances.fill(missingDistance(this.metric), 0, nq * k);
      return;
    }
    graph.open(vectors, this.#records);
    const sign = isSimilarity(this.metric) ? -1 : 1;
    for (let q = 0; q < nq; q++) {
      vectors.prepare(cut(x, q * this.width, (q + 1) * this.width), query);
      graph.search(query, k, ef, mask, keys, ids);
      const foundKeys = engine.floats;
      const foundIds = engine.words;
      for (let i = 0; i < k; i++) {
        out.labels[q * k + i] = foundIds[(ids >>> 2) + i]!;
        out.distances[q * k + i] = sign * foundKeys[(keys >>> 2) + i]!;
      }
    }
  }

  rangeSearch(x: V, radius: number, parameters: NodeParameters, sink: RangeSink): void {
    const engine = this.#engine;
    const graph = this.#graph;
    if (graph.entryPoint < 0) return;
    const ef = parameters.efSearch ?? graph.efSearch;
    const mask = this.#mask(parameters.filter);
    const vectors = this.#storage.graphVectors();
    this.#makeRecords(vectors);
    const query = engine.scratch('hnsw.query', vectors.tableBytes);
    vectors.prepare(x, query);
    const keys = engine.scratch('hnsw.keys', this.ntotal * 4);
    const ids = engine.scratch('hnsw.ids', this.ntotal * 4);
    graph.open(vectors, this.#records);
    const sign = isSimilarity(this.metric) ? -1 : 1;
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

  reconstruct(id: number, out: V): boolean {
    return this.#storage.reconstruct(id, out);
  }

  /** Takes back the last vectors of an addition that is under way; no others can be removed. */
  remove(test: (id: number) => boolean): number {
    const keep = keepMask(this.ntotal, test);
    const gone = keep.reduce((count, kept) => count + 1 - kept, 0);
    const left = this.ntotal - gone;
    if (gone === 0 || left < this.#ordered || keep.subarray(0, left).includes(0)) throw lacking('removeIds');
    this.#graph.truncate(left);
    this.#records.truncate(left);
    this.#rows = this.#rows.filter(({ first }) => first < left);
    return this.#storage.remove(test, true);
  }

  assertMergeable(): void {
    throw lacking('mergeFrom');
  }

  merge(): void {
    throw lacking('mergeFrom');
  }

  reset(): void {
    this.#graph.clear();
    this.#records.clear();
    this.#storage.reset();
    this.#waiting = [];
    this.#rows = [];
    this.#ordered = 0;
  }

  parameters(): Partial<Record<ParameterName, number>> {
    return { efSearch: this.#graph.efSearch };
  }

  setParameter(name: ParameterName, value: number): void {
    if (name === 'efSearch') this.#graph.efSearch = value;
  }

  toData(): HnswData | HnswFlatPanoramaData | BinaryHnswData {
    const { d, ntotal, isTrained, metric } = this;
    const header = { d, ntotal, isTrained, metric, metricArg: 0 };
    const storage = this.#storage.toData();
    const hnsw = this.#graph.toData();
    if (this.#levels !== undefined) {
      const vectors = this.vectors as Float32Array;
      const cumSums = cumSumsOf(vectors, ntotal, d, this.#levels);
      return { kind: 'HnswFlatPanorama', ...header, numLevels: this.#levels, cumSums, hnsw, storage };
    }
    if (storage.kind === 'BinaryFlat') {
      return { kind: 'BinaryHnsw', ...header, codeSize: storage.codeSize, hnsw, storage };
    }
    return { kind: KINDS[storage.kind]!, ...header, hnsw, storage };
  }
}

/** faiss's class over each kind of storage. */
const KINDS: Readonly<Record<string, HnswData['kind']>> = {
  Flat: 'HnswFlat',
  TwoLayer: 'HnswTwoLayer',
  Pq: 'HnswPq',
  ScalarQuantizer: 'HnswSq',
};

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
