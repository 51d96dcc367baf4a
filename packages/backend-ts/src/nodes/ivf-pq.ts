import type { IndexData, IndexHeader, IvfFields, IvfPqData, Metric } from '@lutra/core';
import { FLOAT_KEYS, type Ptr } from '@lutra/kernels';
import type { RowView } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { assertKind } from '../invariants.js';
import { ArrayLists } from '../invlists/array-lists.js';
import type { ProbeTable } from '../probe-table.js';
import type { ListQuantizer } from '../quantizers/list-quantizer.js';
import { floatDistance, type Selection } from '../selection.js';
import type { Task } from '../task.js';
import type { ListCodec, Probes } from './list-codec.js';
import { selectFloats } from './select-lists.js';

/**
 * IndexIVFPQ: product quantizer codes, of the vector or of its residual to the centroid. With residuals and l2 the table
 * is made anew for each list, from the query's own residual: exact, and no precomputed tables to hold.
 * @see Jégou et al. 2011, §IV; faiss/IndexIVFPQ.cpp
 */
export class IvfPqCodec implements ListCodec {
  readonly lists: ArrayLists;
  readonly visitsByNumber = false;
  readonly keys: number = FLOAT_KEYS;
  readonly #engine: Engine;
  readonly #quantizer: ListQuantizer;
  readonly #metric: Metric;
  readonly #lut: Ptr;
  readonly #distance: (key: number) => number;
  #x: Float32Array = new Float32Array(0);
  #probes: Probes | undefined;

  constructor(engine: Engine, quantizer: ListQuantizer, nlist: number) {
    const { pq } = quantizer;
    this.#engine = engine;
    this.#quantizer = quantizer;
    this.#metric = quantizer.coarse.metric;
    this.#distance = floatDistance(this.#metric);
    this.lists = new ArrayLists(engine, nlist, pq.codeSize);
    this.#lut = engine.memory.alloc(pq.M * pq.ksub * 4);
  }

  get isTrained(): boolean {
    return this.#quantizer.isTrained;
  }

  train(points: RowView, task: Task): Promise<void> {
    return this.#quantizer.train(points, task);
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

  select(x: Float32Array, probes: ProbeTable, selection: Selection): void {
    selectFloats(this.#engine, this, x, probes, selection);
  }

  distance(_: number, key: number): number {
    return this.#distance(key);
  }

  begin(x: Float32Array, probes: Probes): void {
    this.#x = x;
    this.#probes = probes;
    if (this.#tablePerList) return;
    this.#quantizer.pq.fillLut(this.#metric, this.#engine.scratchOf('ivf.query', x), this.#lut);
  }

  get #tablePerList(): boolean {
    return this.#quantizer.byResidual && this.#metric === 'l2';
  }

  scan(rank: number): Float32Array {
    const { pq, byResidual } = this.#quantizer;
    const probes = this.#probes!;
    const list = probes.lists[rank]!;
    const n = this.lists.directory().size(list);
    if (this.#tablePerList) {
      const residual = this.#quantizer.residual(this.#x, list);
      pq.fillLut('l2', this.#engine.scratchOf('ivf.query', residual), this.#lut);
    }
    const base = byResidual && this.#metric === 'ip' ? probes.distances[rank]! : 0;
    const out = this.#engine.scratch('ivf.values', n * 4);
    pq.scan(this.lists.directory().codes(list), n, this.#lut, base, out);
    return this.#engine.memory.f32(out, n);
  }

  convert(): undefined {
    return undefined;
  }

  decode(list: number, offset: number, out: Float32Array): void {
    this.#quantizer.decode(this.lists, list, offset, out);
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'IvfPq');
    this.#quantizer.assertMergeable(data);
  }

  toData(header: IndexHeader, fields: Omit<IvfFields, 'invlists'>): IvfPqData {
    const { pq, byResidual } = this.#quantizer;
    const invlists = this.lists.toData();
    const { codeSize } = pq;
    return { kind: 'IvfPq', ...header, ...fields, byResidual, codeSize, pq: pq.toData(), invlists };
  }
}
