import type { FlatData, FlatPanoramaData, IndexData, Metric } from '@lutra/core';
import { FLOAT_KEYS, type Ptr } from '@lutra/kernels';
import { createAssigner, RowAssigner, SHORT } from '../clustering/assigner.js';
import { type Division, finish, rowsOf, SCAN_NANOS } from '../division.js';
import type { Engine } from '../engine.js';
import { GrowingStore } from '../growing-store.js';
import type { GraphVectors } from '../hnsw/graph-storage.js';
import { INT8_ROWS, Int8Rows, type Int8State } from '../int8-rows.js';
import { assertKind, assertSame } from '../invariants.js';
import { keepMask } from '../keep-mask.js';
import {
  type CandidateTable,
  cut,
  type IndexNode,
  type NodeParameters,
  type RangeSink,
  type ResultTable,
} from '../node.js';
import { rowsOfFlat } from '../rows/far-rows.js';
import { scanRange } from '../scan-range.js';
import { floatDistance, maskFiltered, queriesAtOnce, Selection, writeResults } from '../selection.js';
import { keepStored } from '../stored-ids.js';

/** Rows a kernel call: their distances are read while still in cache. */
const SCAN_ROWS = 1024;
/** Queries that pass over a block of rows together. */
const QUERY_CHUNK = 32;
const ASSIGN_ROWS = 1024;

/**
 * IndexFlat: all vectors as they are, compared one by one.
 * @see faiss/IndexFlat.cpp
 */
export class FlatNode implements IndexNode {
  readonly d: number;
  readonly metric: Metric;
  readonly isTrained = true;
  readonly keepsIds = false;
  /** False for rows that only ever {@link rerank}. */
  searched = true;
  readonly #engine: Engine;
  readonly #rows: GrowingStore;
  readonly #selection: Selection;
  readonly #int8: Int8Rows;
  /** For {@link assign}, and squared lengths of the rows for it; made when it is asked after a change. */
  #assigner: RowAssigner | undefined;
  #norms: Ptr = 0;

  constructor(engine: Engine, d: number, metric: Metric) {
    this.#engine = engine;
    this.d = d;
    this.metric = metric;
    this.#rows = new GrowingStore(engine, d * 4);
    this.#selection = new Selection(engine, 'flat.reservoirs');
    this.#int8 = new Int8Rows(engine, d, metric);
    engine.sharedBounds.add(() => this.#shareBounds());
  }

  static fromData(engine: Engine, data: FlatData): FlatNode {
    const adopted = data.more ? undefined : FlatNode.adopt(engine, data);
    if (adopted) return adopted;
    const node = new FlatNode(engine, data.d, data.metric);
    node.reserve(data.ntotal);
    for (const rows of rowsOfFlat(data)) node.add(rows, rows.length / data.d);
    return node;
  }

  /** Over the rows of `data.vectors` where they are, if they were given over. */
  static adopt(engine: Engine, data: FlatData): FlatNode | undefined {
    const ptr = engine.take(data.vectors);
    if (ptr === undefined) return undefined;
    const node = new FlatNode(engine, data.d, data.metric);
    node.#adopt(ptr, data.vectors.length / data.d);
    return node;
  }

  #adopt(ptr: Ptr, n: number): void {
    this.#rows.adopt(ptr, n);
    const bounds = this.#engine.givenBounds.get(ptr);
    if (bounds?.kind === 'rows') this.#int8.adopt(bounds);
  }

  /** The bounds for other threads, made now where they are missing. */
  #shareBounds(): { at: Ptr; state: Int8State } | undefined {
    if (!this.searched || !this.#boundsPay(1)) return undefined;
    this.#int8.complete(this.#rows.ptr, this.ntotal);
    return { at: this.#rows.ptr, state: this.#int8.state };
  }

  get ntotal(): number {
    return this.#rows.size;
  }

  graphVectors(): GraphVectors {
    const { d } = this;
    return {
      vectors: this.#rows.ptr,
      d,
      kind: this.metric === 'ip' ? 1 : 0,
      codeSize: d * 4,
      code: 0,
      tableBytes: d * 4,
      prepare: (x, table) => this.#engine.memory.f32(table, d).set(x),
    };
  }

  /** Where the rows are. */
  get rows(): Ptr {
    return this.#rows.ptr;
  }

  /** The vectors, `(ntotal, d)`, a view valid until memory grows. */
  get vectors(): Float32Array {
    return this.#engine.memory.f32(this.#rows.ptr, this.ntotal * this.d);
  }

  async train(): Promise<void> {}

  reserve(n: number): void {
    this.#forgetAssigner();
    this.#rows.reserve(n);
  }

  add(x: Float32Array, n: number): void {
    this.#forgetAssigner();
    const at = this.#rows.extend(n);
    this.#engine.memory.f32(at, n * this.d).set(n * this.d === x.length ? x : x.subarray(0, n * this.d));
  }

  dividedNanos(k: number, { filter }: NodeParameters): number {
    const scan = filter || !this.#boundsPay(k) ? 'floats' : 'bounds';
    return this.ntotal * this.d * 4 * SCAN_NANOS[scan];
  }

  search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    const { d, metric } = this;
    const { division } = parameters;
    const step = Math.min(QUERY_CHUNK, queriesAtOnce(k));
    const outcome = { k, metric, distance: floatDistance(metric), label: (position: number) => position };
    for (let q0 = 0; q0 < nq; q0 += step) {
      const count = Math.min(step, nq - q0);
      this.#selection.start(count, k, FLOAT_KEYS);
      const rows = cut(x, q0 * d, (q0 + count) * d);
      if (parameters.filter || !this.#boundsPay(k)) this.#scan(rows, count, parameters);
      else this.#scanBounds(rows, count, k, division);
      for (let q = 0; q < count; q++) {
        const candidates = { engine: this.#engine, selection: this.#selection, q, outcome };
        finish(candidates, division, out, (q0 + q) * k);
      }
    }
  }

  /** Whether a pass over bounds spares more than it costs. */
  #boundsPay(k: number): boolean {
    return (
      this.#engine.kernels.level !== 'scalar' &&
      this.ntotal >= INT8_ROWS &&
      this.d >= 16 &&
      8 * k <= this.ntotal
    );
  }

  #scanBounds(x: Float32Array, nq: number, k: number, division: Division | undefined): void {
    const rows = rowsOf(this.ntotal, 4, division);
    const query = this.#engine.scratchOf('flat.queries', x);
    for (let q = 0; q < nq; q++) {
      const reservoir = this.#selection.reservoir(q);
      this.#int8.select(query + q * this.d * 4, this.#rows.ptr, this.ntotal, rows, k, reservoir);
    }
  }

  #scan(x: Float32Array, nq: number, { filter, division }: NodeParameters): void {
    const { d } = this;
    const { from, to } = rowsOf(this.ntotal, 4, division);
    const engine = this.#engine;
    const selection = this.#selection;
    const query = engine.scratchOf('flat.queries', x);
    const dis = engine.scratch('flat.distances', SCAN_ROWS * 4);
    const similarity = this.metric === 'ip';
    for (let start = from; start < to; start += SCAN_ROWS) {
      const count = Math.min(SCAN_ROWS, to - start);
      const rows = this.#rows.ptr + start * d * 4;
      for (let q = 0; q < nq; q++) {
        this.#distances(query + q * d * 4, rows, count, dis);
        if (filter) {
          const threshold = selection.threshold(q);
          maskFiltered(engine.memory.f32(dis, count), filter, { threshold, similarity, first: start });
        }
        engine.kernels.selectF32(dis, count, similarity, start, 0, selection.reservoir(q));
      }
    }
  }

  rerank(x: Float32Array, nq: number, k: number, among: CandidateTable, out: ResultTable): void {
    const { d, metric } = this;
    const engine = this.#engine;
    const { kernels } = engine;
    const selection = this.#selection;
    const query = engine.scratchOf('flat.queries', cut(x, 0, nq * d));
    const dis = engine.scratch('flat.distances', Math.max(among.stride, SCAN_ROWS) * 4);
    const outcome = { k, metric, distance: floatDistance(metric), label: (position: number) => position };
    selection.start(nq, k, FLOAT_KEYS);
    for (let q = 0; q < nq; q++) {
      const ids = among.ids + q * among.stride * 4;
      const n = keepStored(engine, ids, among.counts[q]!, this.ntotal);
      if (metric === 'ip') kernels.ipByIdx(query + q * d * 4, this.#rows.ptr, d, ids, n, dis);
      else kernels.l2sqrByIdx(query + q * d * 4, this.#rows.ptr, d, ids, n, dis);
      kernels.selectF32(dis, n, metric === 'ip', 0, ids, selection.reservoir(q));
      writeResults(engine, selection, q, outcome, out, q * k);
    }
  }

  #distances(query: Ptr, rows: Ptr, count: number, out: Ptr): void {
    const { kernels } = this.#engine;
    if (this.metric === 'ip') kernels.ipNy(query, rows, this.d, count, out);
    else kernels.l2sqrNy(query, rows, this.d, count, out);
  }

  rangeSearch(x: Float32Array, radius: number, { filter }: NodeParameters, sink: RangeSink): void {
    const engine = this.#engine;
    const query = engine.scratchOf('flat.queries', x);
    const dis = engine.scratch('flat.distances', SCAN_ROWS * 4);
    const similarity = this.metric === 'ip';
    const { ntotal } = this;
    for (let start = 0; start < ntotal; start += SCAN_ROWS) {
      const count = Math.min(SCAN_ROWS, ntotal - start);
      this.#distances(query, this.#rows.ptr + start * this.d * 4, count, dis);
      scanRange(sink, engine.memory.f32(dis, count), { radius, similarity, filter }, start);
    }
  }

  distancesTo(x: Float32Array, ids: Float64Array): Float32Array {
    const { kernels, memory } = this.#engine;
    const n = ids.length;
    const query = this.#engine.scratchOf('flat.queries', x);
    const rows = this.#engine.scratch('flat.ids', n * 4);
    const out = this.#engine.scratch('flat.distances', Math.max(n, SCAN_ROWS) * 4);
    memory.u32(rows, n).set(ids);
    if (this.metric === 'ip') kernels.ipByIdx(query, this.#rows.ptr, this.d, rows, n, out);
    else kernels.l2sqrByIdx(query, this.#rows.ptr, this.d, rows, n, out);
    return memory.f32(out, n);
  }

  /** The nearest row of each row of x, `(n, d)`, as u32 into `out`; as k-means assigns them. */
  assign(x: Float32Array, n: number, out: Uint32Array): void {
    const engine = this.#engine;
    const assigner = this.#assignerToRows();
    const block = engine.scratch('flat.assign', ASSIGN_ROWS * this.d * 4);
    for (let start = 0; start < n; start += ASSIGN_ROWS) {
      const count = Math.min(ASSIGN_ROWS, n - start);
      const rows = x.subarray(start * this.d, (start + count) * this.d);
      engine.memory.f32(block, rows.length).set(rows);
      assigner.assign(block, count);
      out.set(engine.memory.u32(assigner.indices, count), start);
    }
  }

  /** An assigner to the rows where they are; only short ones are turned round first. */
  #assignerToRows(): { readonly indices: Ptr; assign(x: Ptr, count: number): void } {
    const engine = this.#engine;
    const { d, metric, ntotal } = this;
    if (metric === 'l2' && d < SHORT) {
      const assigner = createAssigner(engine, metric, ntotal, d, ASSIGN_ROWS);
      assigner.load(this.vectors);
      return assigner;
    }
    if (this.#assigner) return this.#assigner;
    const rows = this.#rows.ptr;
    if (metric === 'l2') {
      this.#norms = engine.memory.alloc(ntotal * 4);
      engine.kernels.normsSqr(rows, d, ntotal, this.#norms);
    }
    this.#assigner = new RowAssigner(engine, metric, { rows, norms: this.#norms, k: ntotal, d }, ASSIGN_ROWS);
    return this.#assigner;
  }

  #forgetAssigner(): void {
    this.#assigner?.free();
    this.#assigner = undefined;
    this.#engine.memory.free(this.#norms);
    this.#norms = 0;
  }

  reconstruct(id: number, out: Float32Array): boolean {
    if (id < 0 || id >= this.ntotal) return false;
    out.set(this.#engine.memory.f32(this.#rows.ptr + id * this.d * 4, this.d));
    return true;
  }

  remove(test: (id: number) => boolean): number {
    this.#forgetAssigner();
    this.#int8.clear();
    return this.#rows.retain(keepMask(this.ntotal, test));
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'Flat');
    assertSame('d', this.d, data.d);
    assertSame('metric', this.metric, data.metric);
  }

  merge(data: IndexData): void {
    const other = data as FlatData;
    this.reserve(other.ntotal);
    const before = this.ntotal;
    try {
      for (const rows of rowsOfFlat(other)) this.add(rows, rows.length / this.d);
    } catch (e) {
      this.remove((id) => id >= before);
      throw e;
    }
  }

  reset(): void {
    this.#forgetAssigner();
    this.#int8.clear();
    this.#rows.clear();
  }

  parameters(): Record<string, never> {
    return {};
  }

  setParameter(): void {}

  toData(): FlatData | FlatPanoramaData {
    const { d, ntotal, metric } = this;
    return { kind: 'Flat', d, ntotal, isTrained: true, metric, metricArg: 0, vectors: this.vectors };
  }
}
