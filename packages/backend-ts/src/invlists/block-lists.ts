import type { BlockListsData, InvertedListsData } from '@lutra/core';
import type { Engine } from '../engine.js';
import { blockStride } from '../fast-scan/block-layout.js';
import { BlockStore } from '../fast-scan/block-store.js';
import { assertSame } from '../invariants.js';
import { keepMask } from '../keep-mask.js';
import { appendIds } from './append-ids.js';
import { IdList } from './id-list.js';
import { ListDirectory } from './list-directory.js';
import type { Lists } from './lists.js';

/**
 * 4-bit codes packed in blocks; the packing starts anew in each list.
 * @see faiss/invlists/BlockInvertedLists.h
 */
export class BlockLists implements Lists {
  readonly nlist: number;
  readonly bbs: number;
  readonly M2: number;
  /** Bytes of each vector that stand behind its block. */
  readonly extra: number;
  /** Bytes of a plain code. */
  readonly codeSize: number;
  readonly #engine: Engine;
  readonly #stores: BlockStore[];
  readonly #ids: IdList[];
  #directory: ListDirectory | undefined;
  epoch = 0;

  constructor(engine: Engine, nlist: number, bbs: number, M2: number, codeSize: number, extra = 0) {
    this.#engine = engine;
    this.nlist = nlist;
    this.bbs = bbs;
    this.M2 = M2;
    this.extra = extra;
    this.codeSize = codeSize;
    this.#stores = Array.from({ length: nlist }, () => new BlockStore(engine, bbs, M2, codeSize, extra));
    this.#ids = Array.from({ length: nlist }, () => new IdList(engine));
  }

  static fromData(engine: Engine, data: BlockListsData, M2: number, codeSize: number, extra = 0): BlockLists {
    const lists = new BlockLists(engine, data.nlist, data.nPerBlock, M2, codeSize, extra);
    for (let list = 0; list < data.nlist; list++) {
      const ids = data.ids[list]!;
      if (ids.length === 0) continue;
      lists.#stores[list]!.load(data.codes[list]!, ids.length);
      lists.#ids[list]!.load(ids);
    }
    return lists;
  }

  ids(list: number): IdList {
    return this.#ids[list]!;
  }

  directory(): ListDirectory {
    this.#directory ??= new ListDirectory(this.#ids, (list) => this.#stores[list]!.ptr);
    return this.#directory;
  }

  store(list: number): BlockStore {
    return this.#stores[list]!;
  }

  reserve(counts: Uint32Array): void {
    this.#directory = undefined;
    this.#makeRoom((list) => counts[list]!);
  }

  append(codes: Uint8Array, assign: Uint32Array, ids: Float64Array): void {
    this.#directory = undefined;
    const counts = new Uint32Array(this.nlist);
    for (const list of assign) counts[list]!++;
    this.reserve(counts);
    for (let list = 0; list < this.nlist; list++) {
      if (counts[list]! > 0) this.#stores[list]!.extend(counts[list]!);
    }
    const memory = new Uint8Array(this.#engine.memory.buffer);
    for (let i = 0; i < assign.length; i++) {
      const list = assign[i]!;
      this.#stores[list]!.push(codes, i * this.codeSize, memory);
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
      gone += this.#stores[list]!.retain(keep[list]!);
      this.#ids[list]!.retain(keep[list]!);
    }
    return gone;
  }

  /** Room everywhere before anything is added: an allocation that fails leaves codes and ids in step. */
  #makeRoom(wanted: (list: number) => number): void {
    for (let list = 0; list < this.nlist; list++) {
      const n = wanted(list);
      if (n === 0) continue;
      this.#stores[list]!.reserve(n);
      this.#ids[list]!.reserve(n);
    }
  }

  assertMergeable(data: InvertedListsData): asserts data is BlockListsData {
    assertSame('lists of kind', 'block', data.kind);
    if (data.kind !== 'block') return;
    assertSame('nlist', this.nlist, data.nlist);
    const theirs = { bbs: data.nPerBlock, M2: this.M2, extra: this.extra };
    assertSame('block size', blockStride(theirs), data.blockSize);
  }

  merge(data: InvertedListsData, addId: number): void {
    this.#directory = undefined;
    this.assertMergeable(data);
    this.#makeRoom((list) => data.ids[list]!.length);
    for (let list = 0; list < this.nlist; list++) {
      const ids = data.ids[list]!;
      if (ids.length === 0) continue;
      this.#stores[list]!.appendBlocks(data.codes[list]!, ids.length, data.nPerBlock);
      this.#ids[list]!.append(ids, addId);
    }
  }

  readCode(list: number, offset: number, out: Uint8Array): void {
    this.#stores[list]!.read(offset, out);
  }

  clear(): void {
    this.epoch++;
    this.#directory = undefined;
    for (const store of this.#stores) store.clear();
    for (const ids of this.#ids) ids.clear();
  }

  toData(): BlockListsData {
    return {
      kind: 'block',
      nlist: this.nlist,
      nPerBlock: this.bbs,
      blockSize: blockStride(this),
      codes: this.#stores.map((store) => store.bytes()),
      ids: this.#ids.map((ids) => ids.values),
    };
  }
}
