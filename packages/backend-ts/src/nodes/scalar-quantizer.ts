import type { IndexData, Metric, ScalarQuantizerData } from '@lutra/core';
import { FLOAT_KEYS, type Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { GrowingStore } from '../growing-store.js';
import type { GraphVectors } from '../hnsw/graph-storage.js';
import { assertKind, assertSame } from '../invariants.js';
import type { CandidateTable, IdTest, IndexNode, NodeParameters, RangeSink, ResultTable } from '../node.js';
import { type CodeScanner, createScanner } from '../quantizers/code-scanner.js';
import { QuantizerCoder, type RowCoder } from '../quantizers/row-coder.js';
import { ScalarBounds } from '../quantizers/scalar-bounds.js';
import { ScalarQuantizer } from '../quantizers/scalar-quantizer.js';
import { scanRange } from '../scan-range.js';
import { floatDistance, maskFiltered, queriesAtOnce, Selection, writeResults } from '../selection.js';
import { keepStored } from '../stored-ids.js';
import type { Task } from '../task.js';
import { EncodedNode } from './stored-node.js';

/** Codes a kernel call: their distances are read while still in cache. */
const SCAN_ROWS = 1024;
/** Queries that pass over a block of codes together. */
const QUERY_CHUNK = 32;
/** Fewer codes than this are compared in float32 straight away. */
const BOUNDED_ROWS = 256;
/** From so many queries on it repays to widen floats of 16 bits for all of them, that many bytes of float32 at once. */
const WIDE_QUERIES = 3;
const WIDE_BYTES = 2 ** 17;

const asLabel = (position: number): number => position;

/**
 * IndexScalarQuantizer: every vector by its scalar quantizer code, compared with all codes one by one.
 * @see faiss/IndexScalarQuantizer.cpp
 */
export class ScalarQuantizerNode extends EncodedNode<GrowingStore, RowCoder> implements IndexNode {
  readonly metric: Metric;
  readonly #engine: Engine;
  readonly #sq: ScalarQuantizer;
  readonly #selection: Selection;
  #scanner: CodeScanner | undefined;
  #bounds: ScalarBounds | undefined;

  /** @param isTrained - where there is nothing to learn, unless told; but faiss wants a training of codes without bits too */
  constructor(
    engine: Engine,
    sq: ScalarQuantizer,
    metric: Metric,
    isTrained: boolean = !sq.learns && sq.codeSize > 0,
  ) {
    super(new GrowingStore(engine, sq.codeSize), new QuantizerCoder(sq, isTrained));
    this.#engine = engine;
    this.metric = metric;
    this.#sq = sq;
    this.#selection = new Selection(engine, 'sq.reservoirs');
  }

  static fromData(engine: Engine, data: ScalarQuantizerData): ScalarQuantizerNode {
    const sq = ScalarQuantizer.fromData(data.sq);
    const node = new ScalarQuantizerNode(engine, sq, data.metric, data.isTrained);
    node.store.load(data.codes, data.ntotal);
    return node;
  }

  override train(x: Float32Array, n: number, task: Task): Promise<void> {
    this.#scanner = undefined;
    this.#bounds?.clear();
    this.#bounds = undefined;
    return super.train(x, n, task);
  }

  graphVectors(): GraphVectors {
    this.#scanner ??= createScanner(this.#engine, this.#sq, this.metric);
    const scanner = this.#scanner;
    return {
      vectors: this.store.ptr,
      d: this.d,
      kind: this.metric === 'ip' ? 3 : 2,
      codeSize: this.#sq.codeSize,
      code: scanner.code ?? 0,
      tableBytes: scanner.tableBytes,
      prepare: (x, table) => scanner.prepare(x, table),
    };
  }

  bytesAQuery(): number {
    return this.ntotal * this.#sq.codeSize;
  }

  search(x: Float32Array, nq: number, k: number, { filter }: NodeParameters, out: ResultTable): void {
    const { metric } = this;
    const outcome = { k, metric, distance: floatDistance(metric), label: asLabel };
    this.#select(x, nq, k, filter, (q, from) => {
      writeResults(this.#engine, this.#selection, q, outcome, out, (from + q) * k);
    });
  }

  candidates(
    x: Float32Array,
    nq: number,
    k: number,
    { filter }: NodeParameters,
    ids: Ptr,
    counts: Uint32Array,
  ): void {
    const similarity = this.metric === 'ip';
    this.#select(x, nq, k, filter, (q, from) => {
      counts[from + q] = this.#selection.takeIds(q, similarity, ids + (from + q) * k * 4);
    });
  }

  /** Selects the k best of each query, some queries at a time; `take` is given each one's number among the `from`th and on. */
  #select(
    x: Float32Array,
    nq: number,
    k: number,
    filter: IdTest,
    take: (q: number, from: number) => void,
  ): void {
    const step = Math.min(QUERY_CHUNK, queriesAtOnce(k));
    for (let from = 0; from < nq; from += step) {
      const count = Math.min(step, nq - from);
      this.#selection.start(count, k, FLOAT_KEYS);
      const tables = this.#tables(x.subarray(from * this.d, (from + count) * this.d), count);
      const bounds = filter ? undefined : this.#boundsThatPay(k);
      if (bounds) this.#scanBounds(bounds, tables, count, k);
      else this.#scan(tables, count, filter);
      for (let q = 0; q < count; q++) take(q, from);
    }
  }

  /** Bounds, if a pass over them spares more than it costs. */
  #boundsThatPay(k: number): ScalarBounds | undefined {
    const pays =
      this.#engine.kernels.level !== 'scalar' && this.ntotal >= BOUNDED_ROWS && 8 * k <= this.ntotal;
    if (!pays) return undefined;
    const scanner = this.#scannerOf();
    this.#bounds ??= ScalarBounds.for(this.#engine, scanner, this.#sq.codeSize, this.metric);
    return this.#bounds;
  }

  #scanBounds(bounds: ScalarBounds, tables: Ptr, nq: number, k: number): void {
    const { tableBytes } = this.#scannerOf();
    for (let q = 0; q < nq; q++) {
      bounds.select(tables + q * tableBytes, this.store.ptr, this.ntotal, k, this.#selection.reservoir(q));
    }
  }

  /** What the scanner needs of each of `nq` queries, one after the other. */
  #tables(x: Float32Array, nq: number): Ptr {
    const { d } = this;
    const scanner = this.#scannerOf();
    const tables = this.#engine.scratch('sq.tables', nq * scanner.tableBytes);
    for (let q = 0; q < nq; q++) {
      scanner.prepare(x.subarray(q * d, (q + 1) * d), tables + q * scanner.tableBytes);
    }
    return tables;
  }

  #scannerOf(): CodeScanner {
    this.#scanner ??= createScanner(this.#engine, this.#sq, this.metric);
    return this.#scanner;
  }

  #scan(tables: Ptr, nq: number, filter: IdTest): void {
    const engine = this.#engine;
    const selection = this.#selection;
    const scanner = this.#scannerOf();
    const similarity = this.metric === 'ip';
    const wide = nq >= WIDE_QUERIES ? scanner.wide : undefined;
    const step = wide ? Math.min(SCAN_ROWS, Math.max(16, Math.floor(WIDE_BYTES / (4 * this.d)))) : SCAN_ROWS;
    const rows = wide ? engine.scratch('sq.wide', step * this.d * 4) : 0;
    const out = engine.scratch('sq.values', SCAN_ROWS * 4);
    for (let start = 0; start < this.ntotal; start += step) {
      const n = Math.min(step, this.ntotal - start);
      const at = { codes: this.store.ptr + start * this.#sq.codeSize, ids: 0, n };
      wide?.widen(at.codes, n, rows);
      for (let q = 0; q < nq; q++) {
        const table = tables + q * scanner.tableBytes;
        if (wide) wide.scan(table, rows, n, out);
        else scanner.scan(table, 0, at, out);
        if (filter) {
          const threshold = selection.threshold(q);
          maskFiltered(engine.memory.f32(out, n), filter, { threshold, similarity, first: start });
        }
        engine.kernels.selectF32(out, n, similarity, start, 0, selection.reservoir(q));
      }
    }
  }

  rerank(x: Float32Array, nq: number, k: number, among: CandidateTable, out: ResultTable): void {
    const { d, metric } = this;
    const engine = this.#engine;
    const selection = this.#selection;
    const scanner = this.#scannerOf();
    const outcome = { k, metric, distance: floatDistance(metric), label: asLabel };
    const values = engine.scratch('sq.values', Math.max(among.stride, SCAN_ROWS) * 4);
    const table = engine.scratch('sq.tables', scanner.tableBytes);
    for (let q = 0; q < nq; q++) {
      const ids = among.ids + q * among.stride * 4;
      const n = keepStored(engine, ids, among.counts[q]!, this.ntotal);
      selection.start(1, k, FLOAT_KEYS);
      scanner.prepare(x.subarray(q * d, (q + 1) * d), table);
      scanner.scan(table, 0, { codes: this.store.ptr, ids, n }, values);
      engine.kernels.selectF32(values, n, metric === 'ip', 0, ids, selection.reservoir(0));
      writeResults(engine, selection, 0, outcome, out, q * k);
    }
  }

  rangeSearch(x: Float32Array, radius: number, { filter }: NodeParameters, sink: RangeSink): void {
    const engine = this.#engine;
    const scanner = this.#scannerOf();
    const test = { radius, similarity: this.metric === 'ip', filter };
    const table = this.#tables(x, 1);
    const out = engine.scratch('sq.values', SCAN_ROWS * 4);
    for (let start = 0; start < this.ntotal; start += SCAN_ROWS) {
      const n = Math.min(SCAN_ROWS, this.ntotal - start);
      const at = { codes: this.store.ptr + start * this.#sq.codeSize, ids: 0, n };
      scanner.scan(table, 0, at, out);
      scanRange(sink, engine.memory.f32(out, n), test, start);
    }
  }

  distancesTo(x: Float32Array, ids: Float64Array): Float32Array {
    const engine = this.#engine;
    const n = ids.length;
    const at = engine.scratch('sq.ids', n * 4);
    const out = engine.scratch('sq.values', Math.max(n, SCAN_ROWS) * 4);
    const table = this.#tables(x, 1);
    engine.memory.u32(at, n).set(ids);
    this.#scannerOf().scan(table, 0, { codes: this.store.ptr, ids: at, n }, out);
    return engine.memory.f32(out, n);
  }

  reconstruct(id: number, out: Float32Array): boolean {
    if (id < 0 || id >= this.ntotal) return false;
    this.#sq.decode(this.store.bytes(), id * this.#sq.codeSize, out);
    return true;
  }

  override remove(test: (id: number) => boolean): number {
    this.#bounds?.clear();
    return super.remove(test);
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'ScalarQuantizer');
    assertSame('metric', this.metric, data.metric);
    this.#sq.assertSame(data.sq);
  }

  merge(data: IndexData): void {
    const { codes, ntotal } = data as ScalarQuantizerData;
    this.store.append(codes, ntotal);
  }

  override reset(): void {
    this.#bounds?.clear();
    super.reset();
  }

  toData(): ScalarQuantizerData {
    const { d, ntotal, isTrained, metric } = this;
    const header = { d, ntotal, isTrained, metric, metricArg: 0 };
    return { kind: 'ScalarQuantizer', ...header, sq: this.#sq.toData(), codes: this.store.bytes() };
  }
}
