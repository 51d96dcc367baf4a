import type { IndexData, IndexHeader, IvfFields, IvfPqData, Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { RowView } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { ResidualTables } from '../fast-scan/residual-tables.js';
import { assertKind } from '../invariants.js';
import { ArrayLists } from '../invlists/array-lists.js';
import type { ProbeTable } from '../probe-table.js';
import type { ListQuantizer } from '../quantizers/list-quantizer.js';
import type { Selection } from '../selection.js';
import type { Task } from '../task.js';
import type { ListCodec, Probes } from './list-codec.js';
import { selectFloats } from './select-lists.js';

/** Bytes of a visit of `pqSelect`: codes, part, count, first position, base. */
const VISIT_BYTES = 20;

/**
 * IndexIVFPQ: product quantizer codes, of the vector or of its residual to the centroid. With residuals and l2 each list has
 * a table of its own, made of what is kept of it and of one table of the query; where those would take too much memory, as
 * over an IMI, from the query's own residual.
 * @see Jégou et al. 2011, §IV; faiss/IndexIVFPQ.cpp
 */
export class IvfPqCodec implements ListCodec {
  readonly lists: ArrayLists;
  readonly #engine: Engine;
  readonly #quantizer: ListQuantizer;
  readonly #metric: Metric;
  readonly #lut: Ptr;
  readonly #tables: ResidualTables | undefined;
  /** The parts of the tables of the lists that the query visits, pointers by rank, and the query's products. */
  #parts: { parts: Ptr; products: Ptr } | undefined;
  #x: Float32Array = new Float32Array(0);
  #probes: Probes | undefined;

  constructor(engine: Engine, quantizer: ListQuantizer, nlist: number) {
    const { pq } = quantizer;
    this.#engine = engine;
    this.#quantizer = quantizer;
    this.#metric = quantizer.coarse.metric;
    this.lists = new ArrayLists(engine, nlist, pq.codeSize);
    if (this.#tablePerList) this.#tables = new ResidualTables(engine, pq, quantizer.coarse);
    this.#lut = engine.memory.alloc(pq.M * pq.ksub * 4);
  }

  get isTrained(): boolean {
    return this.#quantizer.isTrained;
  }

  train(points: RowView, task: Task): Promise<void> {
    this.#tables?.clear();
    return this.#quantizer.train(points, task);
  }

  encode(x: Float32Array, assign: Uint32Array): Uint8Array {
    return this.#quantizer.encode(x, assign);
  }

  select(x: Float32Array, probes: ProbeTable, selection: Selection): void {
    if (this.#tablePerList && !this.#tables?.kept) {
      selectFloats(this.#engine, this, x, probes, selection);
      return;
    }
    const engine = this.#engine;
    const { kernels } = engine;
    const { d, M, nbits, codeSize } = this.#quantizer.pq;
    const scratch = engine.scratch('ivf.pq-select', kernels.scratchPqSelect(M, nbits));
    const ip = this.#metric === 'ip';
    for (let q = 0; q < probes.nq; q++) {
      this.begin(x.subarray(q * d, (q + 1) * d), probes.probes(q));
      const { visits, count } = this.#visits(q, probes);
      const table = this.#parts?.products ?? this.#lut;
      kernels.pqSelect(visits, count, table, M, nbits, codeSize, ip, selection.reservoir(q), scratch);
    }
  }

  /** The records of what query q visits, after {@link begin}. */
  #visits(q: number, probes: ProbeTable): { visits: Ptr; count: number } {
    const engine = this.#engine;
    const { nprobe } = probes;
    const directory = this.lists.directory();
    const visits = engine.scratch('ivf.visits', nprobe * VISIT_BYTES);
    const { words, floats } = engine;
    let count = 0;
    for (let rank = 0; rank < nprobe; rank++) {
      const n = probes.sizeOf(q, rank);
      if (n === 0) continue;
      const at = (visits >>> 2) + 5 * count++;
      words[at] = directory.codes(probes.listOf(q, rank));
      words[at + 1] = this.#parts ? words[(this.#parts.parts >>> 2) + rank]! : 0;
      words[at + 2] = n;
      words[at + 3] = probes.startOf(q, rank);
      floats[at + 4] = this.#base(rank);
    }
    return { visits, count };
  }

  begin(x: Float32Array, probes: Probes): void {
    this.#x = x;
    this.#probes = probes;
    this.#parts = undefined;
    if (this.#tables?.kept) {
      this.#parts = this.#tables.forQuery(this.#engine.scratchOf('ivf.query', x), probes);
    } else if (!this.#tablePerList) {
      this.#quantizer.pq.fillLut(this.#metric, this.#engine.scratchOf('ivf.query', x), this.#lut);
    }
  }

  get #tablePerList(): boolean {
    return this.#quantizer.byResidual && this.#metric === 'l2';
  }

  /** What all entries of a list have in common: the coarse distance, unless a table is of the residual itself. */
  #base(rank: number): number {
    const apart = this.#parts !== undefined || this.#metric === 'ip';
    return this.#quantizer.byResidual && apart ? this.#probes!.distances[rank]! : 0;
  }

  scan(rank: number): Float32Array {
    const { pq } = this.#quantizer;
    const list = this.#probes!.lists[rank]!;
    const n = this.lists.directory().size(list);
    if (this.#parts) this.#fillFromParts(rank);
    else if (this.#tablePerList) {
      const residual = this.#quantizer.residual(this.#x, list);
      pq.fillLut('l2', this.#engine.scratchOf('ivf.query', residual), this.#lut);
    }
    const out = this.#engine.scratch('ivf.values', n * 4);
    pq.scan(this.lists.directory().codes(list), n, this.#lut, this.#base(rank), out);
    return this.#engine.memory.f32(out, n);
  }

  #fillFromParts(rank: number): void {
    const { pq } = this.#quantizer;
    const { memory, words } = this.#engine;
    const { parts, products } = this.#parts!;
    const size = pq.M * pq.ksub;
    const part = memory.f32(words[(parts >>> 2) + rank]! >>> 0, size);
    const product = memory.f32(products, size);
    const lut = memory.f32(this.#lut, size);
    for (let i = 0; i < size; i++) lut[i] = part[i]! - product[i]!;
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
