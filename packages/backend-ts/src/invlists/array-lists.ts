import type { ArrayListsData, InvertedListsData, OnDiskListsData, PanoramaListsData } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { GrowingStore } from '../growing-store.js';
import { assertSame } from '../invariants.js';
import { keepMask } from '../keep-mask.js';
import { appendIds } from './append-ids.js';
import { IdList } from './id-list.js';
import { ListDirectory } from './list-directory.js';
import { ListPages } from './list-pages.js';
import type { Lists } from './lists.js';

/**
 * Codes one after the other, in kernel memory, or in a file from which lists come into it when they are visited.
 * @see faiss/invlists/InvertedLists.h, ArrayInvertedLists
 */
export class ArrayLists implements Lists {
  readonly nlist: number;
  readonly codeSize: number;
  readonly #engine: Engine;
  readonly #codes: GrowingStore[];
  readonly #ids: IdList[];
  #directory: ListDirectory | undefined;
  #pages: ListPages | undefined;
  /** Raised when entries move or go. */
  epoch = 0;

  constructor(engine: Engine, nlist: number, codeSize: number) {
    this.#engine = engine;
    this.nlist = nlist;
    this.codeSize = codeSize;
    this.#codes = Array.from({ length: nlist }, () => new GrowingStore(engine, codeSize));
    this.#ids = Array.from({ length: nlist }, () => new IdList(engine));
  }

  get pages(): ListPages | undefined {
    return this.#pages;
  }

  ids(list: number): IdList {
    this.#pages?.ensure([list]);
    return this.#ids[list]!;
  }

  directory(): ListDirectory {
    this.#directory ??= new ListDirectory(this.#ids, (list) => this.#codes[list]!.ptr);
    return this.#directory;
  }

  /** All ids of a list, without its codes where it is on disk. */
  idsAlone(list: number): Float64Array {
    const pages = this.#pages;
    if (!pages || pages.has(list)) return this.#ids[list]!.values;
    const count = pages.sizeOf(list);
    const ids = new Float64Array(count);
    if (count > 0) pages.read({ list, first: 0, count, ids });
    return ids;
  }

  idAt(list: number, offset: number): number {
    const ptr = this.directory().ids(list);
    if (ptr > 0) return this.#engine.doubles[ptr / 8 + offset]!;
    const ids = new Float64Array(1);
    this.#pages!.read({ list, first: offset, count: 1, ids });
    return ids[0]!;
  }

  codePtr(list: number): Ptr {
    return this.#codes[list]!.ptr;
  }

  reserve(counts: Uint32Array): void {
    this.#directory = undefined;
    for (let list = 0; list < this.nlist; list++) {
      if (counts[list] === 0) continue;
      this.#codes[list]!.reserve(counts[list]!);
      this.#ids[list]!.reserve(counts[list]!);
    }
  }

  append(codes: Uint8Array, assign: Uint32Array, ids: Float64Array): void {
    this.#directory = undefined;
    const counts = new Uint32Array(this.nlist);
    for (const list of assign) counts[list]!++;
    // room everywhere before anything is added: an allocation that fails leaves codes and ids in step
    this.reserve(counts);
    const next = new Float64Array(this.nlist);
    for (let list = 0; list < this.nlist; list++) {
      if (counts[list]! > 0) next[list] = this.#codes[list]!.extend(counts[list]!);
    }
    const memory = new Uint8Array(this.#engine.memory.buffer);
    const size = this.codeSize;
    for (let i = 0; i < assign.length; i++) {
      const list = assign[i]!;
      memory.set(codes.subarray(i * size, (i + 1) * size), next[list]!);
      next[list]! += size;
    }
    appendIds(this.#engine, this.#ids, counts, assign, ids);
  }

  remove(test: (id: number) => boolean): number {
    this.epoch++;
    this.#directory = undefined;
    const keep = this.#ids.map((ids) => keepMask(ids.size, test, ids.values));
    let gone = 0;
    for (let list = 0; list < this.nlist; list++) {
      if (!keep[list]!.includes(0)) continue;
      gone += this.#codes[list]!.retain(keep[list]!);
      this.#ids[list]!.retain(keep[list]!);
    }
    return gone;
  }

  assertMergeable(data: InvertedListsData): void {
    assertSame('lists of kind', 'array', data.kind);
    if (data.kind !== 'array') return;
    assertSame('nlist', this.nlist, data.nlist);
    assertSame('code size', this.codeSize, data.codeSize);
  }

  merge(data: InvertedListsData, addId: number): void {
    this.#directory = undefined;
    this.assertMergeable(data);
    if (data.kind !== 'array') return;
    for (let list = 0; list < this.nlist; list++) {
      const { length } = data.ids[list]!;
      if (length === 0) continue;
      this.#codes[list]!.reserve(length);
      this.#ids[list]!.reserve(length);
    }
    for (let list = 0; list < this.nlist; list++) {
      const ids = data.ids[list]!;
      if (ids.length === 0) continue;
      this.#codes[list]!.append(data.codes[list]!, ids.length);
      this.#ids[list]!.append(ids, addId);
    }
  }

  /** Becomes `data`, which fits; the lists are empty. Arrays that were given over stay where they are. */
  load(data: ArrayListsData | OnDiskListsData | PanoramaListsData): void {
    this.#directory = undefined;
    if (data.kind === 'onDisk') {
      this.#open(data);
      return;
    }
    for (let list = 0; list < this.nlist; list++) {
      const ids = data.ids[list]!;
      if (ids.length === 0) continue;
      this.#codes[list]!.load(data.codes[list]!, ids.length);
      this.#ids[list]!.load(ids);
    }
  }

  #open(data: OnDiskListsData): void {
    const pages = new ListPages(this.#engine, data, (list, codes, ids) => {
      const n = ids === 0 ? 0 : pages.sizeOf(list);
      this.#ids[list]!.adopt(ids, n);
      this.#codes[list]!.adopt(codes, n);
      directory.place(list, codes, ids);
    });
    const sizes = Array.from({ length: this.nlist }, (_, list) => ({ ptr: 0, size: pages.sizeOf(list) }));
    const directory = new ListDirectory(sizes, () => 0);
    this.#directory = directory;
    this.#pages = pages;
  }

  readCode(list: number, offset: number, out: Uint8Array): void {
    if (this.#pages && !this.#pages.has(list)) {
      this.#pages.read({ list, first: offset, count: 1, codes: out });
      return;
    }
    out.set(this.#engine.memory.u8(this.codePtr(list) + offset * this.codeSize, this.codeSize));
  }

  clear(): void {
    this.epoch++;
    this.#directory = undefined;
    for (const codes of this.#codes) codes.clear();
    for (const ids of this.#ids) ids.clear();
  }

  toData(): ArrayListsData | OnDiskListsData | PanoramaListsData {
    if (this.#pages) return this.#pages.data;
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
