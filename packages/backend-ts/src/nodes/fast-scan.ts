import type {
  AdditiveFastScanData,
  FastScanFields,
  IndexData,
  IndexHeader,
  Metric,
  PqFastScanData,
} from '@lutra/core';
import { FLOAT_KEYS, type Ptr } from '@lutra/kernels';
import { type Division, finish, rowsOf, SCAN_NANOS } from '../division.js';
import type { Engine } from '../engine.js';
import { blockBytes } from '../fast-scan/block-layout.js';
import { BlockStore } from '../fast-scan/block-store.js';
import { type Dequantizer, dequantize, quantizeLut } from '../fast-scan/quantize-lut.js';
import { KSUB, type TableQuantizer } from '../fast-scan/table-quantizer.js';
import { assertKind, assertSame } from '../invariants.js';
import type { IdTest, IndexNode, NodeParameters, RangeSink, ResultTable } from '../node.js';
import { scanRange } from '../scan-range.js';
import { floatDistance, maskFiltered, queriesAtOnce, Selection } from '../selection.js';
import { EncodedNode } from './stored-node.js';

/** Blocks a kernel call: their sums are read while still in cache. */
const SCAN_VECTORS = 4096;

/** What is in a file besides quantizer and header. */
type BlockFields = FastScanFields & Pick<PqFastScanData, 'qbs' | 'ntotal2' | 'codes'>;
type BlocksData = PqFastScanData | AdditiveFastScanData;

/** What passes, and which share of the rows. */
interface How {
  readonly filter: IdTest;
  readonly division: Division | undefined;
}

/** What is particular to a faiss class of 4-bit codes in blocks. */
export interface FastScanClass<D extends BlocksData> {
  readonly kind: D['kind'];
  readonly quantizer: TableQuantizer;
  /** @throws LutraError `ARGUMENT` unless `data` was trained alike */
  assertMergeable(data: D): void;
  toData(header: IndexHeader, fields: BlockFields): D;
}

/**
 * IndexFastScan: all codes in blocks, one u8 table a query. With more than 257 indices a u16 sum can wrap, as in faiss.
 * @see faiss/IndexFastScan.cpp
 */
export class FastScanNode<D extends BlocksData>
  extends EncodedNode<BlockStore, TableQuantizer>
  implements IndexNode
{
  readonly metric: Metric;
  readonly #engine: Engine;
  readonly #class: FastScanClass<D>;
  readonly #selection: Selection;
  readonly #implem: number;
  readonly #qbs: number;
  /** What faiss leaves in `ntotal2` after a reset, as it was loaded. */
  readonly #emptyNtotal2: number;

  constructor(
    engine: Engine,
    own: FastScanClass<D>,
    metric: Metric,
    options: { bbs: number; implem?: number; qbs?: number; ntotal2?: number },
    stored?: D,
  ) {
    const { M, codeSize } = own.quantizer;
    super(new BlockStore(engine, options.bbs, M + (M % 2), codeSize), own.quantizer);
    this.#engine = engine;
    this.metric = metric;
    this.#class = own;
    this.#selection = new Selection(engine, 'fs.reservoirs');
    this.#implem = options.implem ?? 0;
    this.#qbs = options.qbs ?? 0;
    this.#emptyNtotal2 = options.ntotal2 ?? 0;
    if (stored) this.store.load(stored.codes, stored.ntotal);
  }

  dividedNanos(): number {
    return this.ntotal * this.coder.codeSize * SCAN_NANOS.fastScan;
  }

  search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    const { d, metric } = this;
    const { filter, division } = parameters;
    const scanned = filter !== undefined || this.#scaled;
    const step = scanned ? 1 : queriesAtOnce(k);
    for (let q0 = 0; q0 < nq; q0 += step) {
      const count = Math.min(step, nq - q0);
      const rows = x.subarray(q0 * d, (q0 + count) * d);
      const dequantizers = this.#selectAny(rows, count, k, { filter, division });
      for (let q = 0; q < count; q++) {
        const dequantizer = dequantizers[q]!;
        const sumOf = scanned ? floatDistance(metric) : metric === 'ip' ? flipped : same;
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
    const similarity = metric === 'ip';
    const step = this.#scaled ? 1 : queriesAtOnce(k);
    for (let q0 = 0; q0 < nq; q0 += step) {
      const count = Math.min(step, nq - q0);
      this.#selectAny(x.subarray(q0 * d, (q0 + count) * d), count, k, { filter: undefined, division });
      for (let q = 0; q < count; q++) {
        const to = ids + (q0 + q) * k * 4;
        counts[q0 + q] = division
          ? division.settleIds({ engine, selection, q, outcome }, to)
          : selection.takeIds(q, similarity, to);
      }
    }
  }

  /** Whether sums have to be put together from those of two scans. */
  get #scaled(): boolean {
    return (this.coder.normScale ?? 1) > 1;
  }

  #selectAny(x: Float32Array, nq: number, k: number, how: How): Dequantizer[] {
    return how.filter || this.#scaled
      ? [this.#selectScanned(x, k, how)]
      : this.#select(x, nq, k, how.division);
  }

  /** Selects the k best of each query; returns what their sums stand for. */
  #select(x: Float32Array, nq: number, k: number, division: Division | undefined): Dequantizer[] {
    const engine = this.#engine;
    const selection = this.#selection;
    const { bbs, M2, ptr } = this.store;
    const tableBytes = M2 * KSUB;
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

  /** The same for one query whose sums become floats first, so that a filter can mask them. */
  #selectScanned(x: Float32Array, k: number, { filter, division }: How): Dequantizer {
    const engine = this.#engine;
    const selection = this.#selection;
    const similarity = this.metric === 'ip';
    selection.start(1, k, FLOAT_KEYS);
    return this.#scan(x, division, (sums, first) => {
      const at = engine.scratch('fs.filtered', sums.length * 4);
      const floats = engine.memory.f32(at, sums.length);
      floats.set(sums);
      if (filter) maskFiltered(floats, filter, { threshold: selection.threshold(0), similarity, first });
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
    const { M } = this.coder;
    const lut = engine.scratch('fs.lut', M * KSUB * 4);
    this.coder.fillLut(this.metric, engine.scratchOf('fs.query', x), lut);
    return quantizeLut(engine, lut, { M, M2: this.store.M2 }, out, { capSum: false });
  }

  #scan(
    x: Float32Array,
    division: Division | undefined,
    visit: (sums: Uint16Array, start: number, d: Dequantizer) => void,
  ): Dequantizer {
    const engine = this.#engine;
    const { bbs, M2, ptr } = this.store;
    const { from, to } = rowsOf(this.ntotal, bbs, division);
    const perCall = Math.max(1, Math.floor(SCAN_VECTORS / bbs));
    const lutq = engine.scratch('fs.lutq', M2 * KSUB);
    const sums = engine.scratch('fs.sums', perCall * bbs * 2);
    const dequantizer = this.#quantize(x, lutq);
    const norms = this.#scaled ? this.#partNorms(lutq) : 0;
    const normSums = engine.scratch('fs.normSums', perCall * bbs * 2);
    for (let block = from / bbs; block * bbs < to; block += perCall) {
      const count = Math.min(perCall, Math.ceil(to / bbs) - block);
      const blocksAt = ptr + block * blockBytes(bbs, M2);
      engine.kernels.pq4Scan(blocksAt, count, bbs, M2, lutq, 0, sums);
      if (norms !== 0) {
        engine.kernels.pq4Scan(blocksAt, count, bbs, M2, norms, 0, normSums);
        this.#addNorms(sums, normSums, count * bbs);
      }
      const start = block * bbs;
      visit(engine.memory.u16(sums, Math.min(count * bbs, to - start)), start, dequantizer);
    }
    return dequantizer;
  }

  /**
   * Moves the last two tables out of those at `lutq` to tables of their own: those of the norm, but where M is odd, when faiss
   * takes the second of them and the one that fills up.
   */
  #partNorms(lutq: Ptr): Ptr {
    const engine = this.#engine;
    const bytes = this.store.M2 * KSUB;
    const from = (this.store.M2 - 2) * KSUB;
    const norms = engine.scratch('fs.norms', bytes);
    const own = engine.memory.u8(norms, bytes);
    const all = engine.memory.u8(lutq, bytes);
    own.fill(0).set(all.subarray(from), from);
    all.fill(0, from);
    return norms;
  }

  /** 16-bit sums with the norms as often as they count. */
  #addNorms(sums: Ptr, norms: Ptr, n: number): void {
    const scale = this.coder.normScale!;
    const out = this.#engine.memory.u16(sums, n);
    const more = this.#engine.memory.u16(norms, n);
    for (let i = 0; i < n; i++) out[i] = out[i]! + scale * more[i]!;
  }

  reconstruct(id: number, out: Float32Array): boolean {
    if (id < 0 || id >= this.ntotal) return false;
    const code = new Uint8Array(this.coder.codeSize);
    this.store.read(id, code);
    this.coder.decode(code, 0, out);
    return true;
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, this.#class.kind);
    assertSame('metric', this.metric, (data as BlocksData).metric);
    this.#class.assertMergeable(data as D);
  }

  merge(data: IndexData): void {
    const { codes, ntotal, bbs } = data as D;
    this.store.appendBlocks(codes, ntotal, bbs);
  }

  toData(): D {
    const { d, ntotal, isTrained, metric } = this;
    const { bbs, M2, blocks } = this.store;
    const header = { d, ntotal, isTrained, metric, metricArg: 0 };
    return this.#class.toData(header, {
      ...{ bbs, M2, implem: this.#implem, qbs: this.#qbs },
      ntotal2: blocks === 0 ? this.#emptyNtotal2 : blocks * bbs,
      codes: this.store.bytes(),
    });
  }
}

function same(x: number): number {
  return x;
}

function flipped(key: number): number {
  return key ^ 0xffff;
}
