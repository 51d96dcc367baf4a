import type { BinaryIvfData, IndexData, IndexHeader, IvfFields } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { assertKind, assertSame } from '../invariants.js';
import { ArrayLists } from '../invlists/array-lists.js';
import type { ProbeTable } from '../probe-table.js';
import type { Selection } from '../selection.js';
import type { ListCodec, Probes } from './list-codec.js';
import { selectFloats } from './select-lists.js';

/**
 * The lists of an IndexBinaryIVF: the vectors of bits themselves.
 * @see faiss/IndexBinaryIVF.cpp
 */
export class BinaryListCodec implements ListCodec<Uint8Array> {
  readonly lists: ArrayLists;
  readonly isTrained = true;
  readonly #engine: Engine;
  readonly #codeSize: number;
  #query: Ptr = 0;
  #probes: Probes | undefined;

  constructor(engine: Engine, codeSize: number, nlist: number) {
    this.#engine = engine;
    this.#codeSize = codeSize;
    this.lists = new ArrayLists(engine, nlist, codeSize);
  }

  async train(): Promise<void> {}

  select(x: Uint8Array, probes: ProbeTable<Uint8Array>, selection: Selection): void {
    selectFloats(this.#engine, this, x, probes, selection);
  }

  begin(x: Uint8Array, probes: Probes): void {
    this.#query = this.#engine.scratchOf('binary.query', x);
    this.#probes = probes;
  }

  scan(rank: number): Float32Array {
    const list = this.#probes!.lists[rank]!;
    const directory = this.lists.directory();
    const n = directory.size(list);
    const { kernels, memory } = this.#engine;
    const out = this.#engine.scratch('binary.values', n * 4);
    kernels.hammingNy(this.#query, directory.codes(list), this.#codeSize, n, out);
    return memory.f32(out, n);
  }

  decode(list: number, offset: number, out: Uint8Array): void {
    this.lists.readCode(list, offset, out);
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'BinaryIvf');
    assertSame('code size', this.#codeSize, data.codeSize);
  }

  toData(header: IndexHeader, fields: Omit<IvfFields, 'invlists'>): BinaryIvfData {
    const codeSize = this.#codeSize;
    return { kind: 'BinaryIvf', ...header, codeSize, ...fields, invlists: this.lists.toData() };
  }
}
