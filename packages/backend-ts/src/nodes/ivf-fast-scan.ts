import type {
  IndexData,
  IndexHeader,
  IvfAdditiveFastScanData,
  IvfFields,
  IvfPqFastScanData,
  Metric,
} from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { RowView } from '../clustering/row-view.js';
import { SCAN_NANOS } from '../division.js';
import type { Engine } from '../engine.js';
import { type Dequantizer, dequantize, quantizeLut, quantizeLuts } from '../fast-scan/quantize-lut.js';
import type { ResidualTables } from '../fast-scan/residual-tables.js';
import { KSUB } from '../fast-scan/table-quantizer.js';
import { VisitOrder } from '../fast-scan/visit-order.js';
import { assertKind, assertSame } from '../invariants.js';
import type { BlockLists } from '../invlists/block-lists.js';
import type { ProbeTable } from '../probe-table.js';
import type { Selection } from '../selection.js';
import type { Task } from '../task.js';
import type { ListCodec, Probes } from './list-codec.js';

/** A record of `pq4Select`: codes, entries, lut, reservoir, first position, bias. */
const VISIT_BYTES = 24;

const NO_PROBES: Probes = { count: 0, lists: new Float64Array(0), distances: new Float32Array(0) };

type BlocksData = IvfPqFastScanData | IvfAdditiveFastScanData;
/** What is in a file besides quantizer and header. */
export type BlockListFields = IvfFields & Pick<BlocksData, 'byResidual' | 'bbs' | 'M2' | 'implem' | 'qbs2'>;

/** What is particular to a faiss class of 4-bit codes in inverted lists: codes, and a query's tables of 16 for them. */
export interface FastScanLists<D extends BlocksData> {
  readonly kind: D['kind'];
  /** Indices of a code. */
  readonly M: number;
  readonly byResidual: boolean;
  readonly isTrained: boolean;
  /** Where each list has tables of its own, and its coarse distance besides. */
  readonly tables?: ResidualTables | undefined;
  train(points: RowView, task: Task): Promise<void>;
  /** Codes of x, `(n, d)`, where row i goes to list `assign[i]`. */
  encode(x: Float32Array, assign: Uint32Array): Uint8Array;
  decode(lists: BlockLists, list: number, offset: number, out: Float32Array): void;
  /** Fills f32 `(M, 16)` at `lut` for the query at x: one table for all lists. */
  fillLut(x: Ptr, lut: Ptr): void;
  /** What each list adds to it, where it adds anything. */
  bias(x: Ptr, probes: Probes): Float32Array | undefined;
  /** @throws LutraError `ARGUMENT` unless `data` was trained alike */
  assertMergeable(data: D): void;
  toData(header: IndexHeader, fields: BlockListFields): D;
}

/**
 * IndexIVFFastScan: 4-bit codes in blocks, searched with u8 tables and u16 sums.
 * @see faiss/IndexIVFFastScan.cpp; André et al. 2015
 */
export class IvfFastScanCodec<D extends BlocksData> implements ListCodec {
  readonly lists: BlockLists;
  readonly visitsByNumber = true;
  readonly keys = 0xffff;
  readonly #engine: Engine;
  readonly #class: FastScanLists<D>;
  readonly #metric: Metric;
  readonly #implem: number;
  readonly #qbs2: number;
  readonly #tables: ResidualTables | undefined;
  readonly #order = new VisitOrder();
  #lutq: Ptr = 0;
  #probes: Probes | undefined;
  #biases: Uint32Array = new Uint32Array(0);
  readonly #dequantizers: Dequantizer[] = [];

  constructor(
    engine: Engine,
    own: FastScanLists<D>,
    metric: Metric,
    lists: BlockLists,
    options: { implem?: number; qbs2?: number } = {},
  ) {
    this.#engine = engine;
    this.#class = own;
    this.#metric = metric;
    this.lists = lists;
    this.#implem = options.implem ?? 0;
    this.#qbs2 = options.qbs2 ?? 0;
    this.#tables = own.tables;
  }

  get isTrained(): boolean {
    return this.#class.isTrained;
  }

  nanosAByte(): number {
    return SCAN_NANOS.fastScan;
  }

  async train(points: RowView, task: Task): Promise<void> {
    this.#tables?.clear();
    await this.#class.train(points, task);
  }

  encode(x: Float32Array, assign: Uint32Array): Uint8Array {
    return this.#class.encode(x, assign);
  }

  /** Every query's tables first, then list by list the queries that visit it. */
  select(x: Float32Array, probes: ProbeTable, selection: Selection): void {
    const { nq } = probes;
    const d = x.length / nq;
    const engine = this.#engine;
    const tableBytes = this.#tableBytes;
    const tables = this.#tables ? probes.nprobe : 1;
    const queries = engine.scratchOf('fs.queries', x);
    const luts = engine.scratch('fs.lutqs', nq * tables * tableBytes);
    if (this.#biases.length < nq * probes.nprobe) this.#biases = new Uint32Array(nq * probes.nprobe);
    // of vectors themselves all lists have the same tables, and no bias
    const { byResidual } = this.#class;
    for (let q = 0; q < nq; q++) {
      const from = q * probes.nprobe;
      const to = luts + q * tables * tableBytes;
      const lists = byResidual ? probes.probes(q) : NO_PROBES;
      const biases = byResidual ? this.#biases.subarray(from, from + probes.nprobe) : this.#biases;
      this.#dequantizers[q] = this.#quantize(queries + q * d * 4, lists, to, biases);
    }
    this.#visit(probes, (q, rank) => luts + (q * tables + (this.#tables ? rank : 0)) * tableBytes, selection);
  }

  #visit(probes: ProbeTable, lutOf: (q: number, rank: number) => Ptr, selection: Selection): void {
    const { kernels } = this.#engine;
    const { M2, bbs } = this.lists;
    const flip = this.#metric === 'ip' ? 0xffff : 0;
    const visits = this.#engine.scratch('fs.visits', probes.nq * probes.nprobe * VISIT_BYTES);
    const scratch = this.#engine.scratch('fs.pieces', kernels.scratchPq4Select(M2));
    const order = this.#order;
    order.sort(probes);
    const { words } = this.#engine;
    const directory = this.lists.directory();
    const biases = this.#biases;
    for (let i = 0, at = visits >>> 2; i < order.count; i++, at += 6) {
      const { nprobe } = probes;
      const visit = order.visits[i]!;
      const q = Math.floor(visit / nprobe);
      const rank = visit - q * nprobe;
      const list = probes.labels[visit]!;
      words[at] = directory.codes(list);
      words[at + 1] = directory.size(list);
      words[at + 2] = lutOf(q, rank);
      words[at + 3] = selection.reservoir(q);
      words[at + 4] = probes.startOf(q, rank);
      words[at + 5] = biases[visit]!;
    }
    kernels.pq4Select(visits, order.count, bbs, M2, flip, scratch);
  }

  distance(q: number, key: number): number {
    return dequantize(this.#dequantizers[q]!, this.#metric === 'ip' ? key ^ 0xffff : key);
  }

  begin(x: Float32Array, probes: Probes): void {
    const engine = this.#engine;
    const query = engine.scratchOf('ivf.query', x);
    this.#probes = probes;
    this.#lutq = engine.scratch('fs.lutq', (this.#tables ? Math.max(1, probes.count) : 1) * this.#tableBytes);
    this.#biases = new Uint32Array(probes.count);
    this.#dequantizers[0] = this.#quantize(query, probes, this.#lutq, this.#biases);
  }

  /**
   * The u8 tables of one query to `out`, and its bias for each probe: one table for all lists, where each may have its bias,
   * or a table a list.
   */
  #quantize(query: Ptr, probes: Probes, out: Ptr, biasOut: Uint32Array): Dequantizer {
    const engine = this.#engine;
    const { M } = this.#class;
    const shape = { M, M2: this.lists.M2 };
    if (this.#tables) {
      const bias = probes.distances.subarray(0, probes.count);
      return quantizeLuts(engine, this.#tables.forQuery(query, probes), bias, shape, out, biasOut);
    }
    const bias = this.#class.bias(query, probes);
    const lut = engine.scratch('fs.lut', M * KSUB * 4);
    this.#class.fillLut(query, lut);
    return quantizeLut(engine, lut, shape, out, { capSum: true, ...(bias && { bias, biasOut }) });
  }

  get #tableBytes(): number {
    return this.lists.M2 * KSUB;
  }

  scan(rank: number): Uint16Array {
    const store = this.lists.store(this.#probes!.lists[rank]!);
    const { kernels, memory } = this.#engine;
    const out = this.#engine.scratch('fs.sums', store.blocks * store.bbs * 2);
    const lut = this.#lutq + (this.#tables ? rank * this.#tableBytes : 0);
    kernels.pq4Scan(store.ptr, store.blocks, store.bbs, store.M2, lut, this.#biases[rank]!, out);
    return memory.u16(out, store.size);
  }

  convert(): (value: number) => number {
    const dequantizer = this.#dequantizers[0]!;
    return (sum) => dequantize(dequantizer, sum);
  }

  decode(list: number, offset: number, out: Float32Array): void {
    this.#class.decode(this.lists, list, offset, out);
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, this.#class.kind);
    assertSame('by_residual', this.#class.byResidual, (data as D).byResidual);
    this.#class.assertMergeable(data as D);
  }

  toData(header: IndexHeader, fields: Omit<IvfFields, 'invlists'>): D {
    return this.#class.toData(header, {
      ...fields,
      byResidual: this.#class.byResidual,
      bbs: this.lists.bbs,
      M2: this.lists.M2,
      implem: this.#implem,
      qbs2: this.#qbs2,
      invlists: this.lists.toData(),
    });
  }
}
