import { type ArrayListsData, type InvertedListsData, LutraError } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { GrowingStore } from '../growing-store.js';
import { assertSame } from '../invariants.js';
import { IdList } from './id-list.js';
import type { Lists } from './lists.js';

/**
 * Codes one after the other, in kernel memory.
 * @see faiss/invlists/InvertedLists.h, ArrayInvertedLists
 */
export class ArrayLists implements Lists {
  readonly nlist: number;
  readonly codeSize: number;
  readonly #engine: Engine;
  readonly #codes: GrowingStore[];
  readonly #ids: IdList[];

  constructor(engine: Engine, nlist: number, codeSize: number) {
    this.#engine = engine;
    this.nlist = nlist;
    this.codeSize = codeSize;
    this.#codes = Array.from({ length: nlist }, () => new GrowingStore(engine, codeSize));
    this.#ids = Array.from({ length: nlist }, () => new IdList());
  }

  ids(list: number): IdList {
    return this.#ids[list]!;
  }

  codePtr(list: number): Ptr {
    return this.#codes[list]!.ptr;
  }

  append(codes: Uint8Array, assign: Uint32Array, ids: Float64Array): void {
    const counts = new Uint32Array(this.nlist);
    for (const list of assign) counts[list]!++;
    const next = new Float64Array(this.nlist);
    for (let list = 0; list < this.nlist; list++) {
      if (counts[list] === 0) continue;
      next[list] = this.#codes[list]!.extend(counts[list]!);
      this.#ids[list]!.reserve(counts[list]!);
    }
    const memory = new Uint8Array(this.#engine.memory.buffer);
    const size = this.codeSize;
    for (let i = 0; i < assign.length; i++) {
      const list = assign[i]!;
      memory.set(codes.subarray(i * size, (i + 1) * size), next[list]!);
      next[list]! += size;
      this.#ids[list]!.push(ids[i]!);
    }
  }

  remove(test: (id: number) => boolean): number {
    let gone = 0;
    for (let list = 0; list < this.nlist; list++) {
      const ids = this.#ids[list]!;
      const keep = Array.from(ids.values, (id) => !test(id));
      gone += this.#codes[list]!.retain((i) => keep[i]!);
      ids.retain((i) => keep[i]!);
    }
    return gone;
  }

  merge(data: InvertedListsData, addId: number): void {
    if (data.kind !== 'array') {
      throw new LutraError('ARGUMENT', `merge: the other index has ${data.kind} lists, wanted array`, {
        argument: 'other',
      });
    }
    assertSame('nlist', this.nlist, data.nlist);
    assertSame('code size', this.codeSize, data.codeSize);
    for (let list = 0; list < this.nlist; list++) {
      const ids = data.ids[list]!;
      if (ids.length === 0) continue;
      this.#codes[list]!.append(data.codes[list]!);
      this.#ids[list]!.reserve(ids.length);
      for (const id of ids) this.#ids[list]!.push(id + addId);
    }
  }

  readCode(list: number, offset: number, out: Uint8Array): void {
    out.set(this.#engine.memory.u8(this.codePtr(list) + offset * this.codeSize, this.codeSize));
  }

  clear(): void {
    for (const codes of this.#codes) codes.clear();
    for (const ids of this.#ids) ids.clear();
  }

  toData(): ArrayListsData {
    const { nlist, codeSize } = this;
    return {
      kind: 'array',
      nlist,
      codeSize,
      codes: this.#codes.map((codes) => codes.bytes()),
      ids: this.#ids.map((ids) => ids.values),
    };
  }
}
