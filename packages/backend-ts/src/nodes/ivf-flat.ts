import type {
  IndexData,
  IndexHeader,
  IvfFields,
  IvfFlatData,
  IvfFlatPanoramaData,
  Metric,
} from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { SCAN_NANOS } from '../division.js';
import type { Engine } from '../engine.js';
import { Int8Lists } from '../int8-lists.js';
import { assertKind } from '../invariants.js';
import { ArrayLists } from '../invlists/array-lists.js';
import type { NodeParameters } from '../node.js';
import type { ProbeTable } from '../probe-table.js';
import type { Selection } from '../selection.js';
import type { ListCodec, Probes } from './list-codec.js';
import { selectFloats } from './select-lists.js';

/** A record of `boundSelect`: codes, facts, rows, entries, first position. */
const VISIT_BYTES = 20;

/**
 * IndexIVFFlat: the vectors themselves.
 * @see faiss/IndexIVFFlat.cpp
 */
export class IvfFlatCodec implements ListCodec {
  readonly lists: ArrayLists;
  readonly isTrained = true;
  readonly #engine: Engine;
  readonly #d: number;
  readonly #metric: Metric;
  /** Undefined where bounds can spare nothing. */
  readonly #int8: Int8Lists | undefined;
  #query: Ptr = 0;
  #probes: Probes | undefined;

  constructor(
    engine: Engine,
    d: number,
    metric: Metric,
    nlist: number,
    lists: ArrayLists = new ArrayLists(engine, nlist, d * 4),
  ) {
    this.#engine = engine;
    this.#d = d;
    this.#metric = metric;
    this.lists = lists;
    const bounded = engine.kernels.level !== 'scalar' && d >= 16;
    this.#int8 = bounded ? new Int8Lists(engine, d, metric, this.lists) : undefined;
  }

  nanosAByte({ filter }: NodeParameters): number {
    return this.#int8 && !filter ? SCAN_NANOS.bounds : SCAN_NANOS.floats;
  }

  async train(): Promise<void> {}

  select(x: Float32Array, probes: ProbeTable, selection: Selection): void {
    const int8 = this.#int8;
    if (int8 === undefined) {
      selectFloats(this.#engine, this, x, probes, selection);
      return;
    }
    const { nq } = probes;
    const d = this.#d;
    for (let q = 0; q < nq; q++) this.#select(int8, x.subarray(q * d, (q + 1) * d), q, probes, selection);
  }

  /** The lists that have bounds by those, nearest first, the others row by row. */
  #select(int8: Int8Lists, x: Float32Array, q: number, probes: ProbeTable, selection: Selection): void {
    const engine = this.#engine;
    const { kernels } = engine;
    const { nprobe } = probes;
    const reservoir = selection.reservoir(q);
    const directory = this.lists.directory();
    this.begin(x, probes.probes(q));
    const visits = engine.scratch('ivf.visits', nprobe * VISIT_BYTES);
    let count = 0;
    for (let i = 0; i < nprobe; i++) {
      const rank = probes.nearest[q * nprobe + i]!;
      const n = probes.sizeOf(q, rank);
      if (n === 0) continue;
      const list = probes.listOf(q, rank);
      const first = probes.startOf(q, rank);
      const codes = int8.visit(list);
      if (codes !== 0) {
        const visit = [codes, int8.facts(codes, n), directory.codes(list), n, first];
        engine.words.set(visit, (visits >>> 2) + 5 * count++);
      } else {
        const values = this.scan(rank).byteOffset;
        kernels.selectF32(values, n, this.#metric === 'ip', first, 0, reservoir);
      }
    }
    if (count === 0) return;
    const { u, weights } = int8.weigh(this.#query);
    const scratch = engine.scratch('int8.select', kernels.scratchBoundSelect(selection.k));
    kernels.boundSelect(
      visits,
      count,
      this.#query,
      this.#d,
      this.#d,
      u,
      weights,
      this.#metric === 'ip',
      reservoir,
      scratch,
    );
  }

  begin(x: Float32Array, probes: Probes): void {
    this.#query = this.#engine.scratchOf('ivf.query', x);
    this.#probes = probes;
  }

  scan(rank: number): Float32Array {
    const list = this.#probes!.lists[rank]!;
    const n = this.lists.directory().size(list);
    const { kernels, memory } = this.#engine;
    const out = this.#engine.scratch('ivf.values', n * 4);
    const rows = this.lists.directory().codes(list);
    if (this.#metric === 'ip') kernels.ipNy(this.#query, rows, this.#d, n, out);
    else kernels.l2sqrNy(this.#query, rows, this.#d, n, out);
    return memory.f32(out, n);
  }

  decode(list: number, offset: number, out: Float32Array): void {
    this.lists.readCode(list, offset, new Uint8Array(out.buffer, out.byteOffset, out.byteLength));
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'IvfFlat');
  }

  toData(header: IndexHeader, fields: Omit<IvfFields, 'invlists'>): IvfFlatData | IvfFlatPanoramaData {
    return { kind: 'IvfFlat', ...header, ...fields, invlists: this.lists.toData() };
  }
}
