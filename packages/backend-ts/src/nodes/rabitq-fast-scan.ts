import type { IndexData, Metric, RaBitQFastScanData } from '@lutra/core';
import { FLOAT_KEYS } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { BlockStore } from '../fast-scan/block-store.js';
import { RaBitQBlocks } from '../fast-scan/rabitq-blocks.js';
import { assertKind, assertSame, assertSameTraining } from '../invariants.js';
import type { IndexNode, NodeParameters, RangeSink, ResultTable } from '../node.js';
import { RaBitQuantizer } from '../quantizers/rabitq.js';
import { scanRange } from '../scan-range.js';
import { floatDistance, maskFiltered, Selection, writeResults } from '../selection.js';
import { TopK } from '../top-k.js';
import { EncodedNode } from './stored-node.js';

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
export class RaBitQFastScanNode extends EncodedNode<BlockStore, RaBitQuantizer> implements IndexNode {
  readonly metric: Metric;
  readonly #engine: Engine;
  readonly #blocks: RaBitQBlocks;
  readonly #selection: Selection;
  /** What faiss leaves in `ntotal2` after a reset, as it was loaded. */
  readonly #emptyNtotal2: number;

  constructor(
    engine: Engine,
    codec: RaBitQuantizer,
    options: { readonly bbs: number; readonly ntotal2?: number },
  ) {
    const { d, metric, nbBits, qb, codeSize } = codec;
    const extra = codeSize - Math.ceil(d / 8);
    super(new BlockStore(engine, options.bbs, signIndexes(d), codeSize, extra), codec);
    this.#engine = engine;
    this.metric = metric;
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
    node.store.load(data.codes, data.ntotal);
    return node;
  }

  bytesAQuery(): number {
    return this.ntotal * this.coder.codeSize;
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
    this.#blocks.beginFlat(x, this.coder.center);
    if (best) this.#blocks.sift(this.store, 0, out, best);
    else this.#blocks.scan(this.store, 0, out);
    return this.#engine.memory.f32(out, this.ntotal);
  }

  reconstruct(id: number, out: Float32Array): boolean {
    if (!(id >= 0 && id < this.ntotal)) return false;
    const code = new Uint8Array(this.coder.codeSize);
    this.store.read(id, code);
    this.coder.decode(code, 0, out);
    return true;
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'RaBitQFastScan');
    assertSame('metric', this.metric, data.metric);
    this.coder.assertSame(data.rabitq);
    assertSameTraining('the centre', this.coder.center, data.center);
  }

  merge(data: IndexData): void {
    const { codes, ntotal, bbs } = data as RaBitQFastScanData;
    this.store.appendBlocks(codes, ntotal, bbs);
  }

  toData(): RaBitQFastScanData {
    const { d, ntotal, isTrained, metric } = this;
    const { bbs, M2, blocks } = this.store;
    return {
      kind: 'RaBitQFastScan',
      ...{ d, ntotal, isTrained, metric, metricArg: 0 },
      rabitq: this.coder.toData(),
      center: this.coder.center,
      qb: this.coder.qb,
      bbs,
      ntotal2: blocks === 0 ? this.#emptyNtotal2 : blocks * bbs,
      M2,
      codeSize: this.coder.codeSize,
      codes: this.store.bytes(),
    };
  }
}
