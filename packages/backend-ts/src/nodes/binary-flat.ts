import type { BinaryFlatData, IndexData } from '@lutra/core';
import { FLOAT_KEYS, type Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { GrowingStore } from '../growing-store.js';
import type { GraphStorage, GraphVectors } from '../hnsw/graph-storage.js';
import { assertKind, assertSame } from '../invariants.js';
import { cut, type NodeParameters, type RangeSink, type ResultTable } from '../node.js';
import { scanRange } from '../scan-range.js';
import {
  floatDistance,
  maskFiltered,
  type Outcome,
  queriesAtOnce,
  Selection,
  writeResults,
} from '../selection.js';
import { StoredNode } from './stored-node.js';

/** Vectors a kernel call: their distances are read while still in cache. */
const SCAN_ROWS = 1024;
/** Queries that pass over a block of vectors together. */
const QUERY_CHUNK = 32;

/** The kind of the kernels' graph record that is bit strings. */
const BITS = 6;

/**
 * IndexBinaryFlat: all vectors of bits, compared one by one. Distances are whole numbers, exact as float32.
 * @see faiss/IndexBinaryFlat.cpp
 */
export class BinaryFlatNode extends StoredNode<GrowingStore> implements GraphStorage<Uint8Array> {
  readonly d: number;
  readonly width: number;
  readonly metric = 'l2';
  readonly isTrained = true;
  readonly #engine: Engine;
  readonly #selection: Selection;

  constructor(engine: Engine, d: number) {
    super(new GrowingStore(engine, d / 8));
    this.#engine = engine;
    this.d = d;
    this.width = d / 8;
    this.#selection = new Selection(engine, 'binary.reservoirs');
  }

  static fromData(engine: Engine, data: BinaryFlatData): BinaryFlatNode {
    const node = new BinaryFlatNode(engine, data.d);
    node.store.load(data.codes, data.ntotal);
    return node;
  }

  /** The vectors, `(ntotal, d / 8)`; a view valid until memory grows. */
  get vectors(): Uint8Array {
    return this.store.bytes();
  }

  graphVectors(): GraphVectors<Uint8Array> {
    const { d, width } = this;
    return {
      vectors: this.store.ptr,
      d,
      kind: BITS,
      codeSize: width,
      code: 0,
      tableBytes: width,
      prepare: (x, table) => this.#engine.memory.u8(table, width).set(x),
    };
  }

  async train(): Promise<void> {}

  add(x: Uint8Array, n: number): void {
    this.store.append(cut(x, 0, n * this.width), n);
  }

  bytesAQuery(): number {
    return this.ntotal * this.width;
  }

  search(x: Uint8Array, nq: number, k: number, { filter }: NodeParameters, out: ResultTable): void {
    const { width, metric } = this;
    const step = Math.min(QUERY_CHUNK, queriesAtOnce(k));
    const outcome: Outcome = { k, metric, distance: floatDistance(metric), label: (position) => position };
    const selection = this.#selection;
    for (let q0 = 0; q0 < nq; q0 += step) {
      const count = Math.min(step, nq - q0);
      selection.start(count, k, FLOAT_KEYS);
      this.#scan(cut(x, q0 * width, (q0 + count) * width), count, (q, at, n, first) => {
        if (filter) {
          const options = { threshold: selection.threshold(q), similarity: false, first };
          maskFiltered(this.#engine.memory.f32(at, n), filter, options);
        }
        this.#engine.kernels.selectF32(at, n, false, first, 0, selection.reservoir(q));
      });
      for (let q = 0; q < count; q++) writeResults(this.#engine, selection, q, outcome, out, (q0 + q) * k);
    }
  }

  rangeSearch(x: Uint8Array, radius: number, { filter }: NodeParameters, sink: RangeSink): void {
    this.#scan(x, 1, (_, at, n, first) => {
      scanRange(sink, this.#engine.memory.f32(at, n), { radius, similarity: false, filter }, first);
    });
  }

  /** Gives `visit` the distances of each query to a block of vectors after the other: f32 at `at`, `n` of them from `first` on. */
  #scan(x: Uint8Array, nq: number, visit: (q: number, at: Ptr, n: number, first: number) => void): void {
    const engine = this.#engine;
    const { width, ntotal } = this;
    const queries = engine.scratchOf('binary.queries', x);
    const distances = engine.scratch('binary.distances', SCAN_ROWS * 4);
    for (let first = 0; first < ntotal; first += SCAN_ROWS) {
      const n = Math.min(SCAN_ROWS, ntotal - first);
      const codes = this.store.ptr + first * width;
      for (let q = 0; q < nq; q++) {
        engine.kernels.hammingNy(queries + q * width, codes, width, n, distances);
        visit(q, distances, n, first);
      }
    }
  }

  reconstruct(id: number, out: Uint8Array): boolean {
    if (!(id >= 0 && id < this.ntotal)) return false;
    out.set(this.vectors.subarray(id * this.width, (id + 1) * this.width));
    return true;
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'BinaryFlat');
    assertSame('d', this.d, data.d);
  }

  merge(data: IndexData): void {
    this.store.append((data as BinaryFlatData).codes);
  }

  toData(): BinaryFlatData {
    const { d, width: codeSize, ntotal, metric } = this;
    const header = { d, codeSize, ntotal, isTrained: true, metric, metricArg: 0 } as const;
    return { kind: 'BinaryFlat', ...header, codes: this.vectors };
  }
}
