import type { IndexData, IndexHeader, IvfFields, IvfPqFastScanData, Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { type RowView, viewRows } from '../clustering/row-view.js';
import { subsample } from '../clustering/subsample.js';
import type { Engine } from '../engine.js';
import { type Dequantizer, quantizeLut, quantizeLuts } from '../fast-scan/quantize-lut.js';
import { ResidualTables } from '../fast-scan/residual-tables.js';
import { assertKind, assertSame, assertSameQuantizer } from '../invariants.js';
import type { BlockLists } from '../invlists/block-lists.js';
import type { ProductQuantizer } from '../quantizers/product-quantizer.js';
import type { Task } from '../task.js';
import type { FlatNode } from './flat.js';
import type { ListCodec, Probes } from './list-codec.js';
import { residualsOf, subtractCentroids } from './residuals.js';

/**
 * IndexIVFPQFastScan: 4-bit codes in blocks, searched with u8 tables and u16 sums.
 * @see faiss/IndexIVFPQFastScan.cpp; André et al. 2015
 */
export class IvfPqFastScanCodec implements ListCodec {
  readonly lists: BlockLists;
  readonly visitsByNumber = true;
  isTrained = false;
  readonly #engine: Engine;
  readonly #metric: Metric;
  readonly #pq: ProductQuantizer;
  readonly #quantizer: FlatNode;
  readonly #byResidual: boolean;
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
    quantizer: FlatNode,
    pq: ProductQuantizer,
    lists: BlockLists,
    options: { byResidual: boolean; isTrained?: boolean; implem?: number; qbs2?: number },
  ) {
    this.#engine = engine;
    this.#metric = quantizer.metric;
    this.#quantizer = quantizer;
    this.#pq = pq;
    this.lists = lists;
    this.#byResidual = options.byResidual;
    this.isTrained = options.isTrained ?? false;
    this.#implem = options.implem ?? 0;
    this.#qbs2 = options.qbs2 ?? 0;
    this.#tables =
      this.#byResidual && this.#metric === 'l2' ? new ResidualTables(engine, pq, quantizer) : undefined;
  }

  async train(points: RowView, quantizer: FlatNode, task: Task): Promise<void> {
    this.isTrained = false;
    const sample = subsample(points, this.#pq.maxTrainRows, task.seed);
    await this.#pq.train(this.#byResidual ? residualsOf(sample, quantizer) : sample, task);
    this.#tables?.clear();
    this.isTrained = true;
  }

  add(x: Float32Array, assign: Uint32Array, ids: Float64Array): void {
    let rows = x;
    if (this.#byResidual) {
      rows = x.slice();
      subtractCentroids(rows, assign, this.#quantizer.vectors, this.#pq.d);
    }
    const codes = new Uint8Array(assign.length * this.#pq.codeSize);
    this.#pq.encode(viewRows(rows, assign.length, this.#pq.d), codes);
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
    const { M, ksub } = this.#pq;
    const { M2 } = this.lists;
    const { memory } = this.#engine;
    const lut = this.#engine.scratch('fs.lut', M * ksub * 4);
    this.#lutq = this.#engine.scratch('fs.lutq', M2 * ksub);
    this.#lutStep = 0;
    this.#pq.fillLut(this.#metric, query, lut);
    this.#biases = new Uint16Array(probes.count);
    const options = this.#byResidual
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
    const { M, ksub } = this.#pq;
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
    const code = new Uint8Array(this.#pq.codeSize);
    this.lists.readCode(list, offset, code);
    this.#pq.decode(code, 0, out);
    if (!this.#byResidual) return;
    const centroid = this.#quantizer.vectors.subarray(list * this.#pq.d);
    for (let j = 0; j < out.length; j++) out[j]! += centroid[j]!;
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'IvfPqFastScan');
    assertSame('by_residual', this.#byResidual, data.byResidual);
    assertSameQuantizer(this.#pq.toData(), data.pq);
  }

  toData(header: IndexHeader, fields: Omit<IvfFields, 'invlists'>): IvfPqFastScanData {
    return {
      kind: 'IvfPqFastScan',
      ...header,
      ...fields,
      byResidual: this.#byResidual,
      codeSize: this.#pq.codeSize,
      bbs: this.lists.bbs,
      M2: this.lists.M2,
      implem: this.#implem,
      qbs2: this.#qbs2,
      pq: this.#pq.toData(),
      invlists: this.lists.toData(),
    };
  }
}
