import type { IndexData, IndexHeader, IvfFields, IvfPqData, Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { type RowView, viewRows } from '../clustering/row-view.js';
import { subsample } from '../clustering/subsample.js';
import type { Engine } from '../engine.js';
import { assertKind, assertSame, assertSameQuantizer } from '../invariants.js';
import { ArrayLists } from '../invlists/array-lists.js';
import type { ProductQuantizer } from '../quantizers/product-quantizer.js';
import type { Task } from '../task.js';
import type { FlatNode } from './flat.js';
import type { ListCodec, Probes } from './list-codec.js';
import { residualsOf, subtractCentroids } from './residuals.js';

/**
 * IndexIVFPQ: product quantizer codes, of the vector or of its residual to the centroid. With residuals and l2 the table
 * is made anew for each list, from the query's own residual: exact, and no precomputed tables to hold.
 * @see Jégou et al. 2011, §IV; faiss/IndexIVFPQ.cpp
 */
export class IvfPqCodec implements ListCodec {
  readonly lists: ArrayLists;
  readonly visitsByNumber = false;
  isTrained = false;
  readonly #engine: Engine;
  readonly #metric: Metric;
  readonly #pq: ProductQuantizer;
  readonly #quantizer: FlatNode;
  readonly #byResidual: boolean;
  readonly #lut: Ptr;
  #x: Float32Array = new Float32Array(0);
  #probes: Probes | undefined;

  constructor(
    engine: Engine,
    quantizer: FlatNode,
    pq: ProductQuantizer,
    options: { nlist: number; byResidual: boolean; isTrained?: boolean },
  ) {
    this.#engine = engine;
    this.#metric = quantizer.metric;
    this.#quantizer = quantizer;
    this.#pq = pq;
    this.#byResidual = options.byResidual;
    this.isTrained = options.isTrained ?? false;
    this.lists = new ArrayLists(engine, options.nlist, pq.codeSize);
    this.#lut = engine.memory.alloc(pq.M * pq.ksub * 4);
  }

  async train(points: RowView, quantizer: FlatNode, task: Task): Promise<void> {
    this.isTrained = false;
    const sample = subsample(points, this.#pq.maxTrainRows, task.seed);
    await this.#pq.train(this.#byResidual ? residualsOf(sample, quantizer) : sample, task);
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
    this.#x = x;
    this.#probes = probes;
    if (this.#tablePerList) return;
    this.#pq.fillLut(this.#metric, this.#engine.scratchOf('ivf.query', x), this.#lut);
  }

  get #tablePerList(): boolean {
    return this.#byResidual && this.#metric === 'l2';
  }

  scan(rank: number): Float32Array {
    const probes = this.#probes!;
    const list = probes.lists[rank]!;
    const n = this.lists.ids(list).size;
    if (this.#tablePerList) {
      const residual = this.#x.slice();
      subtractCentroids(residual, Uint32Array.of(list), this.#quantizer.vectors, this.#pq.d);
      this.#pq.fillLut('l2', this.#engine.scratchOf('ivf.query', residual), this.#lut);
    }
    const base = this.#byResidual && this.#metric === 'ip' ? probes.distances[rank]! : 0;
    const out = this.#engine.scratch('ivf.values', n * 4);
    this.#pq.scan(this.lists.codePtr(list), n, this.#lut, base, out);
    return this.#engine.memory.f32(out, n);
  }

  convert(): undefined {
    return undefined;
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
    assertKind(data, 'IvfPq');
    assertSame('by_residual', this.#byResidual, data.byResidual);
    assertSameQuantizer(this.#pq.toData(), data.pq);
  }

  toData(header: IndexHeader, fields: Omit<IvfFields, 'invlists'>): IvfPqData {
    const invlists = this.lists.toData();
    const { codeSize } = this.#pq;
    return {
      kind: 'IvfPq',
      ...header,
      ...fields,
      byResidual: this.#byResidual,
      codeSize,
      pq: this.#pq.toData(),
      invlists,
    };
  }
}
