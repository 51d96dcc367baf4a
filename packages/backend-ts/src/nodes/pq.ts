import type { IndexData, Metric, PqData } from '@lutra/core';
import { FLOAT_KEYS, type Ptr } from '@lutra/kernels';
import { type Division, finish, rowsOf, SCAN_NANOS } from '../division.js';
import type { Engine } from '../engine.js';
import { GrowingStore } from '../growing-store.js';
import type { GraphVectors } from '../hnsw/graph-storage.js';
import { assertKind, assertSame, assertSameQuantizer } from '../invariants.js';
import type { IndexNode, NodeParameters, RangeSink, ResultTable } from '../node.js';
import { ProductQuantizer } from '../quantizers/product-quantizer.js';
import { QuantizerCoder, type RowCoder } from '../quantizers/row-coder.js';
import { scanRange } from '../scan-range.js';
import { floatDistance, maskFiltered, Selection } from '../selection.js';
import { EncodedNode } from './stored-node.js';

const SCAN_ROWS = 1024;

/**
 * IndexPQ: every vector by its product quantizer code, all codes compared through one table a query.
 * @see faiss/IndexPQ.cpp
 */
export class PqNode extends EncodedNode<GrowingStore, RowCoder> implements IndexNode {
  readonly metric: Metric;
  readonly #engine: Engine;
  readonly #pq: ProductQuantizer;
  readonly #selection: Selection;
  readonly #stored: Pick<PqData, 'searchType' | 'encodeSigns' | 'polysemousHt'>;

  constructor(engine: Engine, pq: ProductQuantizer, metric: Metric, stored?: PqData) {
    super(new GrowingStore(engine, pq.codeSize), new QuantizerCoder(pq, stored?.isTrained ?? false));
    this.#engine = engine;
    this.metric = metric;
    this.#pq = pq;
    this.#selection = new Selection(engine, 'pq.reservoirs');
    this.#stored = stored ?? { searchType: 0, encodeSigns: false, polysemousHt: pq.nbits * pq.M + 1 };
  }

  static fromData(engine: Engine, data: PqData): PqNode {
    const node = new PqNode(engine, ProductQuantizer.fromData(engine, data.pq), data.metric, data);
    node.store.load(data.codes, data.ntotal);
    return node;
  }

  dividedNanos(): number {
    return this.ntotal * this.#pq.codeSize * SCAN_NANOS.codes;
  }

  search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    const { metric } = this;
    const { filter, division } = parameters;
    const engine = this.#engine;
    const selection = this.#selection;
    const similarity = metric === 'ip';
    const outcome = { k, metric, distance: floatDistance(metric), label: (position: number) => position };
    for (let q = 0; q < nq; q++) {
      selection.start(1, k, FLOAT_KEYS);
      this.#scan(x.subarray(q * this.d, (q + 1) * this.d), division, (values, start, at) => {
        if (filter) {
          maskFiltered(values, filter, { threshold: selection.threshold(0), similarity, first: start });
        }
        engine.kernels.selectF32(at, values.length, similarity, start, 0, selection.reservoir(0));
      });
      finish({ engine, selection, q: 0, outcome }, division, out, q * k);
    }
  }

  rangeSearch(x: Float32Array, radius: number, { filter }: NodeParameters, sink: RangeSink): void {
    const similarity = this.metric === 'ip';
    this.#scan(x, undefined, (values, start) =>
      scanRange(sink, values, { radius, similarity, filter }, start),
    );
  }

  #scan(
    x: Float32Array,
    division: Division | undefined,
    visit: (values: Float32Array, start: number, at: Ptr) => void,
  ): void {
    const { from, to } = rowsOf(this.ntotal, 1, division);
    const engine = this.#engine;
    const lut = engine.scratch('pq.lut', this.#pq.M * this.#pq.ksub * 4);
    const dis = engine.scratch('pq.values', SCAN_ROWS * 4);
    this.#pq.fillLut(this.metric, engine.scratchOf('pq.query', x), lut);
    for (let start = from; start < to; start += SCAN_ROWS) {
      const count = Math.min(SCAN_ROWS, to - start);
      this.#pq.scan(this.store.ptr + start * this.#pq.codeSize, count, lut, 0, dis);
      visit(engine.memory.f32(dis, count), start, dis);
    }
  }

  graphVectors(): GraphVectors {
    const { codeSize, M, ksub, nbits } = this.#pq;
    const engine = this.#engine;
    return {
      vectors: this.store.ptr,
      d: M,
      kind: this.metric === 'ip' ? 5 : 4,
      codeSize,
      code: nbits,
      tableBytes: M * ksub * 4,
      prepare: (x, table) => this.#pq.fillLut(this.metric, engine.scratchOf('pq.query', x), table),
    };
  }

  reconstruct(id: number, out: Float32Array): boolean {
    if (id < 0 || id >= this.ntotal) return false;
    this.#pq.decode(this.store.bytes(), id * this.#pq.codeSize, out);
    return true;
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'Pq');
    assertSame('metric', this.metric, data.metric);
    assertSameQuantizer(this.#pq.toData(), data.pq);
  }

  merge(data: IndexData): void {
    this.store.append((data as PqData).codes);
  }

  toData(): PqData {
    const { d, ntotal, isTrained, metric } = this;
    const header = { d, ntotal, isTrained, metric, metricArg: 0 };
    return {
      kind: 'Pq',
      ...header,
      pq: this.#pq.toData(),
      codes: this.store.bytes(),
      ...pickStored(this.#stored),
    };
  }
}

function pickStored(s: Pick<PqData, 'searchType' | 'encodeSigns' | 'polysemousHt'>): typeof s {
  return { searchType: s.searchType, encodeSigns: s.encodeSigns, polysemousHt: s.polysemousHt };
}
