import type { IndexData, Metric, PqFastScanData } from '@lutra/core';
import { FLOAT_KEYS, type Ptr } from '@lutra/kernels';
import { viewRows } from '../clustering/row-view.js';
import { type Division, finish, rowsOf, SCAN_NANOS } from '../division.js';
import type { Engine } from '../engine.js';
import { blockBytes } from '../fast-scan/block-layout.js';
import { BlockStore } from '../fast-scan/block-store.js';
import { type Dequantizer, dequantize, quantizeLut } from '../fast-scan/quantize-lut.js';
import { assertKind, assertSame, assertSameQuantizer } from '../invariants.js';
import { keepMask } from '../keep-mask.js';
import type { IndexNode, NodeParameters, Prepared, RangeSink, ResultTable } from '../node.js';
import { ProductQuantizer } from '../quantizers/product-quantizer.js';
import { scanRange } from '../scan-range.js';
import { floatDistance, maskFiltered, queriesAtOnce, Selection, writeCandidates } from '../selection.js';
import type { Task } from '../task.js';

/** Blocks a kernel call: their sums are read while still in cache. */
const SCAN_VECTORS = 4096;

/**
 * IndexPQFastScan: all codes in blocks, one u8 table a query. With more than 257 sub-quantizers a u16 sum can wrap, as
 * in faiss.
 * @see faiss/IndexPQFastScan.cpp
 */
export class PqFastScanNode implements IndexNode {
  readonly d: number;
  readonly metric: Metric;
  readonly keepsIds = false;
  isTrained = false;
  readonly #engine: Engine;
  readonly #pq: ProductQuantizer;
  readonly #store: BlockStore;
  readonly #selection: Selection;
  readonly #implem: number;
  readonly #qbs: number;
  /** What faiss leaves in `ntotal2` after a reset, as it was loaded. */
  readonly #emptyNtotal2: number;

  constructor(
    engine: Engine,
    pq: ProductQuantizer,
    metric: Metric,
    options: { bbs: number; implem?: number; qbs?: number; ntotal2?: number },
  ) {
    this.#engine = engine;
    this.d = pq.d;
    this.metric = metric;
    this.#pq = pq;
    this.#store = new BlockStore(engine, options.bbs, pq.M + (pq.M % 2));
    this.#selection = new Selection(engine, 'fs.reservoirs');
    this.#implem = options.implem ?? 0;
    this.#qbs = options.qbs ?? 0;
    this.#emptyNtotal2 = options.ntotal2 ?? 0;
  }

  static fromData(engine: Engine, data: PqFastScanData): PqFastScanNode {
    const node = new PqFastScanNode(engine, ProductQuantizer.fromData(engine, data.pq), data.metric, data);
    node.isTrained = data.isTrained;
    node.#store.load(data.codes, data.ntotal);
    return node;
  }

  get ntotal(): number {
    return this.#store.size;
  }

  async train(x: Float32Array, n: number, task: Task): Promise<void> {
    this.isTrained = false;
    await this.#pq.train(viewRows(x, n, this.d), task);
    this.isTrained = true;
  }

  reserve(n: number): void {
    this.#store.reserve(n);
  }

  prepare(x: Float32Array, n: number): { codes: Uint8Array } {
    const codes = new Uint8Array(n * this.#pq.codeSize);
    this.#pq.encode(viewRows(x, n, this.d), codes);
    return { codes };
  }

  add(x: Float32Array, n: number, _ids?: Float64Array, prepared: Prepared = {}): void {
    const codes = prepared.codes ?? this.prepare(x, n).codes;
    this.#store.append(codes, n, this.#pq.codeSize);
  }

  dividedNanos(): number {
    return this.ntotal * this.#pq.codeSize * SCAN_NANOS.fastScan;
  }

  search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    const { d, metric } = this;
    const { filter, division } = parameters;
    const step = filter ? 1 : queriesAtOnce(k);
    for (let q0 = 0; q0 < nq; q0 += step) {
      const count = Math.min(step, nq - q0);
      const rows = x.subarray(q0 * d, (q0 + count) * d);
      const dequantizers = filter
        ? [this.#selectFiltered(rows, k, filter, division)]
        : this.#select(rows, count, k, division);
      for (let q = 0; q < count; q++) {
        const dequantizer = dequantizers[q]!;
        const sumOf = filter ? floatDistance(metric) : metric === 'ip' ? flipped : same;
        const distance = (key: number) => dequantize(dequantizer, sumOf(key));
        const outcome = { k, metric, distance, label: same };
        const candidates = { engine: this.#engine, selection: this.#selection, q, outcome };
        finish(candidates, division, out, (q0 + q) * k);
      }
    }
  }

  candidates(
    x: Float32Array,
    nq: number,
    k: number,
    { division }: NodeParameters,
    ids: Ptr,
    counts: Uint32Array,
  ): void {
    const { d, metric } = this;
    const engine = this.#engine;
    const selection = this.#selection;
    // of no use above, where candidates are compared again
    const outcome = { k, metric, distance: same, label: same };
    const step = queriesAtOnce(k);
    for (let q0 = 0; q0 < nq; q0 += step) {
      const count = Math.min(step, nq - q0);
      this.#select(x.subarray(q0 * d, (q0 + count) * d), count, k, division);
      const labels = (at: Ptr, n: number, to: Ptr) =>
        engine.words.copyWithin(to >>> 2, at >>> 2, (at >>> 2) + n);
      const source = { k, metric, labels };
      for (let q = 0; q < count; q++) {
        const to = ids + (q0 + q) * k * 4;
        counts[q0 + q] = division
          ? division.settleIds({ engine, selection, q, outcome }, to)
          : writeCandidates(engine, selection, q, source, to);
      }
    }
  }

  /** Selects the k best of each query; returns what their sums stand for. */
  #select(x: Float32Array, nq: number, k: number, division: Division | undefined): Dequantizer[] {
    const engine = this.#engine;
    const selection = this.#selection;
    const { bbs, M2, ptr } = this.#store;
    const tableBytes = M2 * this.#pq.ksub;
    const luts = engine.scratch('fs.lutqs', nq * tableBytes);
    const visits = engine.scratch('fs.visits', nq * 24);
    const scratch = engine.scratch('fs.pieces', engine.kernels.scratchPq4Select(M2));
    selection.start(nq, k, 0xffff);
    const dequantizers = Array.from({ length: nq }, (_, q) =>
      this.#quantize(x.subarray(q * this.d, (q + 1) * this.d), luts + q * tableBytes),
    );
    const { from, to } = rowsOf(this.ntotal, bbs, division);
    if (from === to) return dequantizers;
    const { words } = engine;
    const codes = ptr + (from / bbs) * blockBytes(bbs, M2);
    for (let q = 0; q < nq; q++) {
      const visit = [codes, to - from, luts + q * tableBytes, selection.reservoir(q), from, 0];
      words.set(visit, (visits >>> 2) + 6 * q);
    }
    const flip = this.metric === 'ip' ? 0xffff : 0;
    engine.kernels.pq4Select(visits, nq, bbs, M2, flip, scratch);
    return dequantizers;
  }

  /** The same for one query whose vectors have to pass a filter: sums become floats first. */
  #selectFiltered(
    x: Float32Array,
    k: number,
    filter: (id: number) => boolean,
    division: Division | undefined,
  ): Dequantizer {
    const engine = this.#engine;
    const selection = this.#selection;
    const similarity = this.metric === 'ip';
    selection.start(1, k, FLOAT_KEYS);
    return this.#scan(x, division, (sums, first) => {
      const at = engine.scratch('fs.filtered', sums.length * 4);
      const floats = engine.memory.f32(at, sums.length);
      floats.set(sums);
      maskFiltered(floats, filter, { threshold: selection.threshold(0), similarity, first });
      engine.kernels.selectF32(at, floats.length, similarity, first, 0, selection.reservoir(0));
    });
  }

  rangeSearch(x: Float32Array, radius: number, { filter }: NodeParameters, sink: RangeSink): void {
    const similarity = this.metric === 'ip';
    this.#scan(x, undefined, (sums, start, dequantizer) => {
      const convert = (sum: number) => dequantize(dequantizer, sum);
      scanRange(sink, sums, { radius, similarity, filter, convert }, start);
    });
  }

  #quantize(x: Float32Array, out: Ptr): Dequantizer {
    const engine = this.#engine;
    const { M, ksub } = this.#pq;
    const lut = engine.scratch('fs.lut', M * ksub * 4);
    this.#pq.fillLut(this.metric, engine.scratchOf('fs.query', x), lut);
    return quantizeLut(engine, lut, { M, M2: this.#store.M2 }, out, { capSum: false });
  }

  #scan(
    x: Float32Array,
    division: Division | undefined,
    visit: (sums: Uint16Array, start: number, d: Dequantizer) => void,
  ): Dequantizer {
    const engine = this.#engine;
    const { bbs, M2, ptr } = this.#store;
    const { from, to } = rowsOf(this.ntotal, bbs, division);
    const perCall = Math.max(1, Math.floor(SCAN_VECTORS / bbs));
    const lutq = engine.scratch('fs.lutq', M2 * this.#pq.ksub);
    const sums = engine.scratch('fs.sums', perCall * bbs * 2);
    const dequantizer = this.#quantize(x, lutq);
    for (let block = from / bbs; block * bbs < to; block += perCall) {
      const count = Math.min(perCall, Math.ceil(to / bbs) - block);
      engine.kernels.pq4Scan(ptr + block * blockBytes(bbs, M2), count, bbs, M2, lutq, 0, sums);
      const start = block * bbs;
      visit(engine.memory.u16(sums, Math.min(count * bbs, to - start)), start, dequantizer);
    }
    return dequantizer;
  }

  reconstruct(id: number, out: Float32Array): boolean {
    if (id < 0 || id >= this.ntotal) return false;
    const code = new Uint8Array(this.#pq.codeSize);
    this.#store.read(id, code);
    this.#pq.decode(code, 0, out);
    return true;
  }

  remove(test: (id: number) => boolean): number {
    return this.#store.retain(keepMask(this.ntotal, test), this.#pq.codeSize);
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'PqFastScan');
    assertSame('metric', this.metric, data.metric);
    assertSameQuantizer(this.#pq.toData(), data.pq);
  }

  merge(data: IndexData): void {
    const other = data as PqFastScanData;
    const layout = { bbs: other.bbs, M2: other.M2, extra: this.#store.extra };
    this.#store.appendBlocks(other.codes, other.ntotal, layout, this.#pq.codeSize);
  }

  reset(): void {
    this.#store.clear();
  }

  parameters(): Record<string, never> {
    return {};
  }

  setParameter(): void {}

  toData(): PqFastScanData {
    const { d, ntotal, isTrained, metric } = this;
    const { bbs, M2, blocks } = this.#store;
    return {
      kind: 'PqFastScan',
      ...{ d, ntotal, isTrained, metric, metricArg: 0 },
      ...{ bbs, M2, implem: this.#implem, qbs: this.#qbs },
      ntotal2: blocks === 0 ? this.#emptyNtotal2 : blocks * bbs,
      pq: this.#pq.toData(),
      codes: this.#store.bytes(),
    };
  }
}

function same(x: number): number {
  return x;
}

function flipped(key: number): number {
  return key ^ 0xffff;
}
