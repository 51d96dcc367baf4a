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
import { assertKind } from '../invariants.js';
import { ArrayLists } from '../invlists/array-lists.js';
import { NibbleLists } from '../nibble-lists.js';
import type { NodeParameters } from '../node.js';
import type { ProbeTable } from '../probe-table.js';
import type { Selection } from '../selection.js';
import type { ListCodec, Probes } from './list-codec.js';
import { selectFloats } from './select-lists.js';

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
  readonly #bounds: NibbleLists | undefined;
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
    this.#bounds = bounded ? new NibbleLists(engine, d, metric, this.lists) : undefined;
  }

  nanosAByte({ filter }: NodeParameters): number {
    return this.#bounds && !filter ? SCAN_NANOS.bounds : SCAN_NANOS.floats;
  }

  async train(): Promise<void> {}

  select(x: Float32Array, probes: ProbeTable, selection: Selection): void {
    if (this.#bounds) this.#bounds.select(x, probes, selection);
    else selectFloats(this.#engine, this, x, probes, selection);
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
