import { type BlockListsData, type InvertedListsData, LutraError } from '@lutra/core';
import type { Engine } from '../engine.js';
import { blockBytes, unpackCode } from '../fast-scan/block-layout.js';
import { BlockStore } from '../fast-scan/block-store.js';
import { assertSame } from '../invariants.js';
import { IdList } from './id-list.js';
import type { Lists } from './lists.js';

/**
 * 4-bit codes packed in blocks; the packing starts anew in each list.
 * @see faiss/invlists/BlockInvertedLists.h
 */
export class BlockLists implements Lists {
  readonly nlist: number;
  readonly bbs: number;
  readonly M2: number;
  /** Bytes of a plain code. */
  readonly codeSize: number;
  readonly #engine: Engine;
  readonly #stores: BlockStore[];
  readonly #ids: IdList[];

  constructor(engine: Engine, nlist: number, bbs: number, M2: number, codeSize: number) {
    this.#engine = engine;
    this.nlist = nlist;
    this.bbs = bbs;
    this.M2 = M2;
    this.codeSize = codeSize;
    this.#stores = Array.from({ length: nlist }, () => new BlockStore(engine, bbs, M2));
    this.#ids = Array.from({ length: nlist }, () => new IdList());
  }

  static fromData(engine: Engine, data: BlockListsData, M2: number, codeSize: number): BlockLists {
    const lists = new BlockLists(engine, data.nlist, data.nPerBlock, M2, codeSize);
    for (let list = 0; list < data.nlist; list++) {
      const ids = data.ids[list]!;
      if (ids.length === 0) continue;
      lists.#stores[list]!.load(data.codes[list]!, ids.length);
      lists.#ids[list]!.reserve(ids.length);
      for (const id of ids) lists.#ids[list]!.push(id);
    }
    return lists;
  }

  ids(list: number): IdList {
    return this.#ids[list]!;
  }

  store(list: number): BlockStore {
    return this.#stores[list]!;
  }

  append(codes: Uint8Array, assign: Uint32Array, ids: Float64Array): void {
    const counts = new Uint32Array(this.nlist);
    for (const list of assign) counts[list]!++;
    for (let list = 0; list < this.nlist; list++) {
      if (counts[list] === 0) continue;
      this.#stores[list]!.extend(counts[list]!);
      this.#ids[list]!.reserve(counts[list]!);
    }
    const memory = new Uint8Array(this.#engine.memory.buffer);
    for (let i = 0; i < assign.length; i++) {
      const list = assign[i]!;
      this.#stores[list]!.push(codes, i * this.codeSize, this.codeSize, memory);
      this.#ids[list]!.push(ids[i]!);
    }
  }

  remove(test: (id: number) => boolean): number {
    let gone = 0;
    for (let list = 0; list < this.nlist; list++) {
      const ids = this.#ids[list]!;
      const keep = Array.from(ids.values, (id) => !test(id));
      if (keep.every(Boolean)) continue;
      gone += this.#stores[list]!.retain((i) => keep[i]!, this.codeSize);
      ids.retain((i) => keep[i]!);
    }
    return gone;
  }

  merge(data: InvertedListsData, addId: number): void {
    if (data.kind !== 'block') {
      throw new LutraError('ARGUMENT', `merge: the other index has ${data.kind} lists, wanted block`, {
        argument: 'other',
      });
    }
    assertSame('nlist', this.nlist, data.nlist);
    assertSame('block size', blockBytes(data.nPerBlock, this.M2), data.blockSize);
    const code = new Uint8Array(this.codeSize);
    for (let list = 0; list < this.nlist; list++) {
      const ids = data.ids[list]!;
      const store = this.#stores[list]!;
      store.extend(ids.length);
      const memory = new Uint8Array(this.#engine.memory.buffer);
      this.#ids[list]!.reserve(ids.length);
      for (let i = 0; i < ids.length; i++) {
        const block = Math.floor(i / data.nPerBlock) * data.blockSize;
        unpackCode(data.codes[list]!, block, i % data.nPerBlock, data.nPerBlock, code);
        store.push(code, 0, this.codeSize, memory);
        this.#ids[list]!.push(ids[i]! + addId);
      }
    }
  }

  readCode(list: number, offset: number, out: Uint8Array): void {
    this.#stores[list]!.read(offset, out);
  }

  clear(): void {
    for (const store of this.#stores) store.clear();
    for (const ids of this.#ids) ids.clear();
  }

  toData(): BlockListsData {
    return {
      kind: 'block',
      nlist: this.nlist,
      nPerBlock: this.bbs,
      blockSize: blockBytes(this.bbs, this.M2),
      codes: this.#stores.map((store) => store.bytes()),
      ids: this.#ids.map((ids) => ids.values),
    };
  }
}
