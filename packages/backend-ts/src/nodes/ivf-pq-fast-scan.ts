import type { IndexData, IndexHeader, IvfFields, IvfPqFastScanData, Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { RowView } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { type Dequantizer, quantizeLut, quantizeLuts } from '../fast-scan/quantize-lut.js';
import { ResidualTables } from '../fast-scan/residual-tables.js';
import { assertKind } from '../invariants.js';
import type { BlockLists } from '../invlists/block-lists.js';
import type { ListQuantizer } from '../quantizers/list-quantizer.js';
import type { Task } from '../task.js';
import type { ListCodec, Probes } from './list-codec.js';

/**
 * IndexIVFPQFastScan: 4-bit codes in blocks, searched with u8 tables and u16 sums.
 * @see faiss/IndexIVFPQFastScan.cpp; André et al. 2015
 */
export class IvfPqFastScanCodec implements ListCodec {
  readonly lists: BlockLists;
  readonly visitsByNumber = true;
  readonly #engine: Engine;
  readonly #quantizer: ListQuantizer;
  readonly #metric: Metric;
  readonly #implem: number;
  readonly #qbs2: number;
  readonly #tables: ResidualTables | undefined;
  #lutq: Ptr = 0;
  #lutStep = 0;
  #probes: Probes | undefined;
  #biases: Uint16Array = new Uint16Array(0);
  #dequantizer: Dequantizer = { offset: 0, step: 0 };

  constructor(
    engine: Engine,
    quantizer: ListQuantizer,
    lists: BlockLists,
    options: { implem?: number; qbs2?: number } = {},
  ) {
    const { coarse, pq, byResidual } = quantizer;
    this.#engine = engine;
    this.#quantizer = quantizer;
    this.#metric = coarse.metric;
    this.lists = lists;
    this.#implem = options.implem ?? 0;
    this.#qbs2 = options.qbs2 ?? 0;
    this.#tables = byResidual && this.#metric === 'l2' ? new ResidualTables(engine, pq, coarse) : undefined;
  }

  get isTrained(): boolean {
    return this.#quantizer.isTrained;
  }

  async train(points: RowView, task: Task): Promise<void> {
    this.#tables?.clear();
    await this.#quantizer.train(points, task);
  }

  encode(x: Float32Array, assign: Uint32Array): Uint8Array {
    return this.#quantizer.encode(x, assign);
  }

  add(
    x: Float32Array,
    assign: Uint32Array,
    ids: Float64Array,
    codes: Uint8Array = this.encode(x, assign),
  ): void {
    this.lists.append(codes, assign, ids);
  }

  begin(x: Float32Array, probes: Probes): void {
    this.#probes = probes;
    const query = this.#engine.scratchOf('ivf.query', x);
    if (this.#tables) this.#beginResidualL2(query, probes);
    else this.#beginShared(query, probes);
  }

  /** One table for all lists; with residuals and ip the coarse product is each list's bias. */
  #beginShared(query: Ptr, probes: Probes): void {
    const { M, ksub } = this.#quantizer.pq;
    const { M2 } = this.lists;
    const { memory } = this.#engine;
    const lut = this.#engine.scratch('fs.lut', M * ksub * 4);
    this.#lutq = this.#engine.scratch('fs.lutq', M2 * ksub);
    this.#lutStep = 0;
    this.#quantizer.pq.fillLut(this.#metric, query, lut);
    this.#biases = new Uint16Array(probes.count);
    const options = this.#quantizer.byResidual
      ? { capSum: true, bias: probes.distances.subarray(0, probes.count), biasOut: this.#biases }
      : { capSum: true };
    this.#dequantizer = quantizeLut(
      memory.f32(lut, M * ksub),
      M,
      M2,
      memory.u8(this.#lutq, M2 * ksub),
      options,
    );
  }

  /** A table a list, from the parts that depend on the list and on the query alone. */
  #beginResidualL2(query: Ptr, probes: Probes): void {
    const { M, ksub } = this.#quantizer.pq;
    const { M2 } = this.lists;
    const { memory } = this.#engine;
    const { count } = probes;
    const luts = this.#tables!.forQuery(query, probes);
    this.#lutStep = M2 * ksub;
    this.#lutq = this.#engine.scratch('fs.lutq', Math.max(1, count) * this.#lutStep);
    this.#biases = new Uint16Array(count);
    const bias = probes.distances.subarray(0, count);
    const out = memory.u8(this.#lutq, count * this.#lutStep);
    this.#dequantizer = quantizeLuts(luts, bias, M, M2, out, this.#biases);
  }

  scan(rank: number): Uint16Array {
    const store = this.lists.store(this.#probes!.lists[rank]!);
    const { kernels, memory } = this.#engine;
    const out = this.#engine.scratch('fs.sums', store.blocks * store.bbs * 2);
    const lut = this.#lutq + rank * this.#lutStep;
    kernels.pq4Scan(store.ptr, store.blocks, store.bbs, store.M2, lut, this.#biases[rank]!, out);
    return memory.u16(out, store.size);
  }

  convert(): (value: number) => number {
    const { offset, step } = this.#dequantizer;
    return (sum) => Math.fround(offset + Math.fround(sum * step));
  }

  decode(list: number, offset: number, out: Float32Array): void {
    this.#quantizer.decode(this.lists, list, offset, out);
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'IvfPqFastScan');
    this.#quantizer.assertMergeable(data);
  }

  toData(header: IndexHeader, fields: Omit<IvfFields, 'invlists'>): IvfPqFastScanData {
    return {
      kind: 'IvfPqFastScan',
      ...header,
      ...fields,
      byResidual: this.#quantizer.byResidual,
      codeSize: this.#quantizer.pq.codeSize,
      bbs: this.lists.bbs,
      M2: this.lists.M2,
      implem: this.#implem,
      qbs2: this.#qbs2,
      pq: this.#quantizer.pq.toData(),
      invlists: this.lists.toData(),
    };
  }
}
