import type { IndexData, IndexHeader, IvfFields, IvfFlatData, Metric } from '@lutra/core';
import { FLOAT_KEYS, type Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { assertKind } from '../invariants.js';
import { ArrayLists } from '../invlists/array-lists.js';
import type { ProbeTable } from '../probe-table.js';
import { floatDistance, type Selection } from '../selection.js';
import type { ListCodec, Probes } from './list-codec.js';
import { selectFloats } from './select-lists.js';

/**
 * IndexIVFFlat: the vectors themselves.
 * @see faiss/IndexIVFFlat.cpp
 */
export class IvfFlatCodec implements ListCodec {
  readonly lists: ArrayLists;
  readonly isTrained = true;
  readonly visitsByNumber = false;
  readonly keys: number = FLOAT_KEYS;
  readonly #engine: Engine;
  readonly #d: number;
  readonly #metric: Metric;
  readonly #distance: (key: number) => number;
  #query: Ptr = 0;
  #probes: Probes | undefined;

  constructor(engine: Engine, d: number, metric: Metric, nlist: number) {
    this.#engine = engine;
    this.#d = d;
    this.#metric = metric;
    this.#distance = floatDistance(metric);
    this.lists = new ArrayLists(engine, nlist, d * 4);
  }

  async train(): Promise<void> {}

  add(x: Float32Array, assign: Uint32Array, ids: Float64Array): void {
    this.lists.append(new Uint8Array(x.buffer, x.byteOffset, x.byteLength), assign, ids);
  }

  select(x: Float32Array, probes: ProbeTable, selection: Selection): void {
    selectFloats(this.#engine, this, x, probes, selection);
  }

  distance(_: number, key: number): number {
    return this.#distance(key);
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

  convert(): undefined {
    return undefined;
  }

  decode(list: number, offset: number, out: Float32Array): void {
    this.lists.readCode(list, offset, new Uint8Array(out.buffer, out.byteOffset, out.byteLength));
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'IvfFlat');
  }

  toData(header: IndexHeader, fields: Omit<IvfFields, 'invlists'>): IvfFlatData {
    return { kind: 'IvfFlat', ...header, ...fields, invlists: this.lists.toData() };
  }
}
