import type { IndexData, Metric, RaBitQFastScanData } from '@lutra/core';
import { FLOAT_KEYS } from '@lutra/kernels';
import { viewRows } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { BlockStore } from '../fast-scan/block-store.js';
import { RaBitQBlocks } from '../fast-scan/rabitq-blocks.js';
import { assertKind, assertSame, assertSameTraining } from '../invariants.js';
import { keepMask } from '../keep-mask.js';
import type { IndexNode, NodeParameters, Prepared, RangeSink, ResultTable } from '../node.js';
import { RaBitQuantizer } from '../quantizers/rabitq.js';
import { scanRange } from '../scan-range.js';
import { floatDistance, maskFiltered, Selection, writeResults } from '../selection.js';
import type { Task } from '../task.js';
import { TopK } from '../top-k.js';

/** Bits of a query's component in indexes made by string. */
export const FAST_SCAN_QUERY_BITS = 8;

/** `ceil(d / 4)` indexes of four signs, rounded up to even. */
export function signIndexes(d: number): number {
  return 2 * Math.ceil(d / 8);
}

/**
 * IndexRaBitQFastScan: RaBitQ codes in blocks, their signs read through tables, 32 at a time.
 * @see faiss/IndexRaBitQFastScan.cpp
 */
export class RaBitQFastScanNode implements IndexNode {
  readonly d: number;
  readonly metric: Metric;
  readonly keepsIds = false;
  readonly #engine: Engine;
  readonly #codec: RaBitQuantizer;
  readonly #store: BlockStore;
  readonly #blocks: RaBitQBlocks;
  readonly #selection: Selection;
  /** What faiss leaves in `ntotal2` after a reset, as it was loaded. */
  readonly #emptyNtotal2: number;

  constructor(
    engine: Engine,
    codec: RaBitQuantizer,
    options: { readonly bbs: number; readonly ntotal2?: number },
  ) {
    const { d, metric, nbBits, qb } = codec;
    this.#engine = engine;
    this.d = d;
    this.metric = metric;
    this.#codec = codec;
    this.#store = new BlockStore(engine, options.bbs, signIndexes(d), codec.codeSize - Math.ceil(d / 8));
    this.#blocks = new RaBitQBlocks(engine, { d, metric, nbBits, qb, centered: false });
    this.#selection = new Selection(engine, 'rabitq.reservoirs');
    this.#emptyNtotal2 = options.ntotal2 ?? 0;
  }

  static create(
    engine: Engine,
    d: number,
    metric: Metric,
    options: { nbits: number; bbs: number },
  ): RaBitQFastScanNode {
    const data = { d, metric, nbBits: options.nbits };
    // faiss has a centre of zeros before training
    const state = { qb: FAST_SCAN_QUERY_BITS, center: new Float32Array(d) };
    return new RaBitQFastScanNode(engine, new RaBitQuantizer(engine, data, state), options);
  }

  static fromData(engine: Engine, data: RaBitQFastScanData): RaBitQFastScanNode {
    const node = new RaBitQFastScanNode(engine, new RaBitQuantizer(engine, data.rabitq, data), data);
    node.#store.load(data.codes, data.ntotal);
    return node;
  }

  get ntotal(): number {
    return this.#store.size;
  }

  get isTrained(): boolean {
    return this.#codec.isTrained;
  }

  train(x: Float32Array, n: number, task: Task): Promise<void> {
    return this.#codec.train(viewRows(x, n, this.d), task);
  }

  reserve(n: number): void {
    this.#store.reserve(n);
  }

  prepare(x: Float32Array, n: number): { codes: Uint8Array } {
    return { codes: this.#codec.encode(x, n) };
  }

  add(x: Float32Array, n: number, _ids?: Float64Array, prepared: Prepared = {}): void {
    const codes = prepared.codes ?? this.prepare(x, n).codes;
    this.#store.append(codes, n, this.#codec.codeSize);
  }

  bytesAQuery(): number {
    return this.ntotal * this.#codec.codeSize;
  }

  search(x: Float32Array, nq: number, k: number, { filter }: NodeParameters, out: ResultTable): void {
    const { metric } = this;
    const selection = this.#selection;
    const similarity = metric === 'ip';
    const best = filter || !this.#blocks.sifts ? undefined : new TopK(k, similarity);
    const outcome = { k, metric, distance: floatDistance(metric), label: (position: number) => position };
    for (let q = 0; q < nq; q++) {
      selection.start(1, k, FLOAT_KEYS);
      best?.reset();
      const values = this.#values(x.subarray(q * this.d, (q + 1) * this.d), best);
      if (filter) {
        maskFiltered(values, filter, { threshold: selection.threshold(0), similarity, first: 0 });
      }
      this.#engine.kernels.selectF32(
        values.byteOffset,
        values.length,
        similarity,
        0,
        0,
        selection.reservoir(0),
      );
      writeResults(this.#engine, selection, 0, outcome, out, q * k);
    }
  }

  rangeSearch(x: Float32Array, radius: number, { filter }: NodeParameters, sink: RangeSink): void {
    const similarity = this.metric === 'ip';
    scanRange(sink, this.#values(x, undefined), { radius, similarity, filter }, 0);
  }

  #values(x: Float32Array, best: TopK | undefined): Float32Array {
    const out = this.#engine.scratch('rabitq.values', this.ntotal * 4);
    this.#blocks.beginFlat(x, this.#codec.center);
    if (best) this.#blocks.sift(this.#store, 0, out, best);
    else this.#blocks.scan(this.#store, 0, out);
    return this.#engine.memory.f32(out, this.ntotal);
  }

  reconstruct(id: number, out: Float32Array): boolean {
    if (!(id >= 0 && id < this.ntotal)) return false;
    const code = new Uint8Array(this.#codec.codeSize);
    this.#store.read(id, code);
    this.#codec.decode(code, 0, out);
    return true;
  }

  remove(test: (id: number) => boolean): number {
    return this.#store.retain(keepMask(this.ntotal, test), this.#codec.codeSize);
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'RaBitQFastScan');
    assertSame('metric', this.metric, data.metric);
    this.#codec.assertSame(data.rabitq);
    assertSameTraining('the centre', this.#codec.center, data.center);
  }

  merge(data: IndexData): void {
    const other = data as RaBitQFastScanData;
    const layout = { bbs: other.bbs, M2: other.M2, extra: this.#store.extra };
    this.#store.appendBlocks(other.codes, other.ntotal, layout, this.#codec.codeSize);
  }

  reset(): void {
    this.#store.clear();
  }

  parameters(): Record<string, never> {
    return {};
  }

  setParameter(): void {}

  toData(): RaBitQFastScanData {
    const { d, ntotal, isTrained, metric } = this;
    const { bbs, M2, blocks } = this.#store;
    return {
      kind: 'RaBitQFastScan',
      ...{ d, ntotal, isTrained, metric, metricArg: 0 },
      rabitq: this.#codec.toData(),
      center: this.#codec.center,
      qb: this.#codec.qb,
      bbs,
      ntotal2: blocks === 0 ? this.#emptyNtotal2 : blocks * bbs,
      M2,
      codeSize: this.#codec.codeSize,
      codes: this.#store.bytes(),
    };
  }
}
