import type { IndexData, IndexHeader, IvfFields } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { RowView } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { assertKind } from '../invariants.js';
import { ArrayLists } from '../invlists/array-lists.js';
import type { ProbeTable } from '../probe-table.js';
import type { VectorCodec } from '../quantizers/vector-codec.js';
import type { Selection } from '../selection.js';
import type { Task } from '../task.js';
import type { TopK } from '../top-k.js';
import type { CoarseQuantizer } from './coarse-quantizer.js';
import type { IvfData } from './ivf.js';
import type { ListCodec, Probes } from './list-codec.js';
import { selectFloats } from './select-lists.js';

/** What is particular to a faiss class of codes in inverted lists. */
export interface IvfCodesClass<D extends IvfData> {
  readonly kind: D['kind'];
  readonly codec: VectorCodec;
  /** @throws LutraError `ARGUMENT` unless `data` was trained alike */
  assertMergeable(data: D): void;
  toData(header: IndexHeader, fields: IvfFields): D;
}

/** Bytes of a visit of {@link VectorCodec.select}. */
const VISIT_BYTES = 16;

/** The lists of an IVF whose codes a {@link VectorCodec} makes and reads, one list after the other. */
export class IvfCodesCodec<D extends IvfData> implements ListCodec {
  readonly lists: ArrayLists;
  readonly #engine: Engine;
  readonly #class: IvfCodesClass<D>;
  readonly #codec: VectorCodec;
  readonly #coarse: CoarseQuantizer;
  #probes: Probes | undefined;

  constructor(engine: Engine, coarse: CoarseQuantizer, own: IvfCodesClass<D>, nlist: number) {
    this.#engine = engine;
    this.#class = own;
    this.#codec = own.codec;
    this.#coarse = coarse;
    this.lists = new ArrayLists(engine, nlist, own.codec.codeSize);
  }

  get isTrained(): boolean {
    return this.#codec.isTrained;
  }

  get readsInOrder(): boolean {
    return this.#codec.sift !== undefined;
  }

  train(points: RowView, task: Task): Promise<void> {
    return this.#codec.train(points, task, this.#coarse);
  }

  encode(x: Float32Array, assign: Uint32Array): Uint8Array {
    return this.#codec.encode(x, assign.length, (i) => this.#coarse.centroid(assign[i]!), assign);
  }

  select(x: Float32Array, probes: ProbeTable, selection: Selection): void {
    const codec = this.#codec;
    if (codec.select) {
      const { d } = codec;
      for (let q = 0; q < probes.nq; q++) {
        codec.begin(x.subarray(q * d, (q + 1) * d));
        const { visits, count } = this.#visits(q, probes);
        codec.select(visits, count, selection.k, selection.reservoir(q));
      }
      return;
    }
    const sift = (rank: number, best: TopK): Float32Array => this.#read(rank, best);
    selectFloats(this.#engine, this, x, probes, selection, this.#codec.sift ? sift : undefined);
  }

  /** The records of what query q visits, in the order of ranks. */
  #visits(q: number, probes: ProbeTable): { visits: Ptr; count: number } {
    const engine = this.#engine;
    const { nprobe } = probes;
    const { d } = this.#codec;
    const directory = this.lists.directory();
    const visits = engine.scratch('ivf.visits', nprobe * VISIT_BYTES);
    const room = engine.scratch('ivf.centroids', nprobe * d * 4);
    let count = 0;
    for (let rank = 0; rank < nprobe; rank++) {
      const n = probes.sizeOf(q, rank);
      if (n === 0) continue;
      const list = probes.listOf(q, rank);
      const centroid = this.#coarse.place(list, room + rank * d * 4);
      const visit = [directory.codes(list), centroid, n, probes.startOf(q, rank)];
      engine.words.set(visit, (visits >>> 2) + 4 * count++);
    }
    return { visits, count };
  }

  begin(x: Float32Array, probes: Probes): void {
    this.#probes = probes;
    this.#codec.begin(x);
  }

  scan(rank: number): Float32Array {
    return this.#read(rank, undefined);
  }

  #read(rank: number, best: TopK | undefined): Float32Array {
    const probes = this.#probes!;
    const list = probes.lists[rank]!;
    const directory = this.lists.directory();
    const n = directory.size(list);
    const codes = directory.codes(list);
    const out = this.#engine.scratch('ivf.values', n * 4);
    this.#codec.enter(this.#coarse.centroid(list), probes.distances[rank]!, list);
    if (best) this.#codec.sift!(codes, n, out, best);
    else this.#codec.scan(codes, n, out);
    return this.#engine.memory.f32(out, n);
  }

  decode(list: number, offset: number, out: Float32Array): void {
    const code = new Uint8Array(this.lists.codeSize);
    this.lists.readCode(list, offset, code);
    this.#codec.decode(code, 0, out, this.#coarse.centroid(list));
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, this.#class.kind);
    this.#class.assertMergeable(data as D);
  }

  toData(header: IndexHeader, fields: Omit<IvfFields, 'invlists'>): D {
    return this.#class.toData(header, { ...fields, invlists: this.lists.toData() });
  }
}
