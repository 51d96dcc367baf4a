import type { IndexData, IndexHeader, Metric } from '@lutra/core';
import { FLOAT_KEYS, type Ptr } from '@lutra/kernels';
import { type Division, finish, rowsOf, SCAN_NANOS } from '../division.js';
import type { Engine } from '../engine.js';
import { GrowingStore } from '../growing-store.js';
import { assertKind, assertSame } from '../invariants.js';
import type { IndexNode, NodeParameters, RangeSink, ResultTable } from '../node.js';
import type { VectorCodec } from '../quantizers/vector-codec.js';
import { scanRange } from '../scan-range.js';
import { floatDistance, maskFiltered, Selection } from '../selection.js';
import { TopK } from '../top-k.js';
import { EncodedNode } from './stored-node.js';

const SCAN_ROWS = 1024;

/** An index that holds a code of each vector and nothing else. */
type CodesData = Extract<IndexData, { readonly codes: Uint8Array }>;

/** What is particular to a faiss class of codes. */
export interface CodesClass<D extends CodesData> {
  readonly kind: D['kind'];
  readonly codec: VectorCodec;
  /** @throws LutraError `ARGUMENT` unless `data` was trained alike */
  assertMergeable(data: D): void;
  toData(header: IndexHeader, codes: Uint8Array): D;
}

/**
 * IndexFlatCodes: a code a vector, all compared with each query.
 * @see faiss/IndexFlatCodes.cpp
 */
export class CodesNode<D extends CodesData>
  extends EncodedNode<GrowingStore, VectorCodec>
  implements IndexNode
{
  readonly metric: Metric;
  readonly #engine: Engine;
  readonly #class: CodesClass<D>;
  readonly #selection: Selection;

  constructor(engine: Engine, own: CodesClass<D>, stored?: Pick<CodesData, 'codes' | 'ntotal'>) {
    super(new GrowingStore(engine, own.codec.codeSize), own.codec);
    this.#engine = engine;
    this.#class = own;
    this.metric = own.codec.metric;
    this.#selection = new Selection(engine, 'codes.reservoirs');
    if (stored) this.store.load(stored.codes, stored.ntotal);
  }

  /** All codes, `(ntotal, codeSize)`, a view valid until memory grows. */
  get codes(): Uint8Array {
    return this.store.bytes();
  }

  bytesAQuery(): number {
    return this.ntotal * this.coder.codeSize;
  }

  dividedNanos(): number {
    // sifting depends on what has been read before
    return this.coder.sift ? 0 : this.bytesAQuery() * SCAN_NANOS.codes;
  }

  search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    const { metric } = this;
    const { filter, division } = parameters;
    const engine = this.#engine;
    const selection = this.#selection;
    const similarity = metric === 'ip';
    const best = filter || !this.coder.sift ? undefined : new TopK(k, similarity);
    const outcome = { k, metric, distance: floatDistance(metric), label: (position: number) => position };
    for (let q = 0; q < nq; q++) {
      selection.start(1, k, FLOAT_KEYS);
      const row = x.subarray(q * this.d, (q + 1) * this.d);
      if (!filter && this.coder.select) {
        this.#selectAll(row, k, division);
        finish({ engine, selection, q: 0, outcome }, division, out, q * k);
        continue;
      }
      best?.reset();
      this.#scan(row, { best, division }, (values, start, at) => {
        if (filter) {
          maskFiltered(values, filter, { threshold: selection.threshold(0), similarity, first: start });
        }
        engine.kernels.selectF32(at, values.length, similarity, start, 0, selection.reservoir(0));
      });
      finish({ engine, selection, q: 0, outcome }, division, out, q * k);
    }
  }

  /** All codes, or a share of them, as one list. */
  #selectAll(x: Float32Array, k: number, division: Division | undefined): void {
    const codec = this.coder;
    codec.begin(x);
    const { from, to } = rowsOf(this.ntotal, 1, division);
    const visit = this.#engine.scratch('codes.visit', 16);
    const record = [this.store.ptr + from * codec.codeSize, codec.centerAt!(), to - from, from];
    this.#engine.words.set(record, visit >>> 2);
    codec.select!(visit, 1, k, this.#selection.reservoir(0));
  }

  rangeSearch(x: Float32Array, radius: number, { filter }: NodeParameters, sink: RangeSink): void {
    const similarity = this.metric === 'ip';
    this.#scan(x, {}, (values, start) => scanRange(sink, values, { radius, similarity, filter }, start));
  }

  #scan(
    x: Float32Array,
    { best, division }: { best?: TopK | undefined; division?: Division | undefined },
    visit: (values: Float32Array, start: number, at: Ptr) => void,
  ): void {
    const engine = this.#engine;
    const codec = this.coder;
    const values = engine.scratch('codes.values', SCAN_ROWS * 4);
    codec.begin(x);
    codec.enter();
    const { from, to } = rowsOf(this.ntotal, 1, division);
    for (let start = from; start < to; start += SCAN_ROWS) {
      const count = Math.min(SCAN_ROWS, to - start);
      const codes = this.store.ptr + start * codec.codeSize;
      if (best) codec.sift!(codes, count, values, best);
      else codec.scan(codes, count, values);
      visit(engine.memory.f32(values, count), start, values);
    }
  }

  distancesTo(x: Float32Array, ids: Float64Array): Float32Array {
    const engine = this.#engine;
    const codec = this.coder;
    const { codeSize } = codec;
    const values = engine.scratch('codes.values', Math.max(SCAN_ROWS, ids.length) * 4);
    const picked = engine.scratch('codes.picked', ids.length * codeSize);
    codec.begin(x);
    codec.enter();
    const all = this.store.bytes();
    const codes = engine.memory.u8(picked, ids.length * codeSize);
    for (let i = 0; i < ids.length; i++) {
      codes.set(all.subarray(ids[i]! * codeSize, (ids[i]! + 1) * codeSize), i * codeSize);
    }
    codec.scan(picked, ids.length, values);
    return engine.memory.f32(values, ids.length).slice();
  }

  reconstruct(id: number, out: Float32Array): boolean {
    if (!(id >= 0 && id < this.ntotal)) return false;
    this.coder.decode(this.store.bytes(), id * this.coder.codeSize, out);
    return true;
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, this.#class.kind);
    assertSame('metric', this.metric, (data as CodesData).metric);
    this.#class.assertMergeable(data as D);
  }

  merge(data: IndexData): void {
    this.store.append((data as D).codes);
  }

  toData(): D {
    const { d, ntotal, isTrained, metric } = this;
    return this.#class.toData({ d, ntotal, isTrained, metric, metricArg: 0 }, this.store.bytes());
  }
}
