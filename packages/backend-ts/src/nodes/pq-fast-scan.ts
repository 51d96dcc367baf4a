import { type IndexData, type Metric, missingDistance, type PqFastScanData } from '@lutra/core';
import { viewRows } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { blockBytes, unpackCode } from '../fast-scan/block-layout.js';
import { BlockStore } from '../fast-scan/block-store.js';
import { type Dequantizer, quantizeLut } from '../fast-scan/quantize-lut.js';
import { assertKind, assertSame, assertSameQuantizer } from '../invariants.js';
import { keepMask } from '../keep-mask.js';
import type { IndexNode, NodeParameters, Prepared, RangeSink, ResultTable } from '../node.js';
import { ProductQuantizer } from '../quantizers/product-quantizer.js';
import { scanKeys, scanRange } from '../scan-keys.js';
import type { Task } from '../task.js';
import { TopK } from '../top-k.js';

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
    const size = this.#pq.codeSize;
    const codes = prepared.codes ?? this.prepare(x, n).codes;
    this.#store.extend(n);
    const memory = new Uint8Array(this.#engine.memory.buffer);
    for (let i = 0; i < n; i++) this.#store.push(codes, i * size, size, memory);
  }

  search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    const similarity = this.metric === 'ip';
    const heap = new TopK(k, similarity);
    for (let q = 0; q < nq; q++) {
      const { offset, step } = this.#scan(x.subarray(q * this.d, (q + 1) * this.d), (sums, start) =>
        scanKeys(heap, sums, similarity, start, parameters.filter),
      );
      const found = heap.size;
      heap.drain(out.distances, out.labels, q * k, missingDistance(this.metric));
      for (let i = q * k; i < q * k + found; i++)
        out.distances[i] = offset + Math.fround(out.distances[i]! * step);
    }
  }

  rangeSearch(x: Float32Array, radius: number, { filter }: NodeParameters, sink: RangeSink): void {
    const similarity = this.metric === 'ip';
    this.#scan(x, (sums, start, { offset, step }) => {
      const convert = (sum: number) => Math.fround(offset + Math.fround(sum * step));
      scanRange(sink, sums, { radius, similarity, filter, convert }, start);
    });
  }

  #scan(x: Float32Array, visit: (sums: Uint16Array, start: number, d: Dequantizer) => void): Dequantizer {
    const engine = this.#engine;
    const { M, ksub } = this.#pq;
    const { bbs, M2, blocks, ptr } = this.#store;
    const perCall = Math.max(1, Math.floor(SCAN_VECTORS / bbs));
    const lut = engine.scratch('fs.lut', M * ksub * 4);
    const lutq = engine.scratch('fs.lutq', M2 * ksub);
    const sums = engine.scratch('fs.sums', perCall * bbs * 2);
    const { memory } = engine;
    this.#pq.fillLut(this.metric, engine.scratchOf('fs.query', x), lut);
    const table = memory.u8(lutq, M2 * ksub);
    const dequantizer = quantizeLut(memory.f32(lut, M * ksub), M, M2, table, { capSum: false });
    for (let block = 0; block < blocks; block += perCall) {
      const count = Math.min(perCall, blocks - block);
      engine.kernels.pq4Scan(ptr + block * blockBytes(bbs, M2), count, bbs, M2, lutq, 0, sums);
      const start = block * bbs;
      visit(memory.u16(sums, Math.min(count * bbs, this.ntotal - start)), start, dequantizer);
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
    const size = this.#pq.codeSize;
    const code = new Uint8Array(size);
    this.#store.extend(other.ntotal);
    const memory = new Uint8Array(this.#engine.memory.buffer);
    for (let i = 0; i < other.ntotal; i++) {
      unpackCode(
        other.codes,
        Math.floor(i / other.bbs) * blockBytes(other.bbs, other.M2),
        i % other.bbs,
        other.bbs,
        code,
      );
      this.#store.push(code, 0, size, memory);
    }
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
