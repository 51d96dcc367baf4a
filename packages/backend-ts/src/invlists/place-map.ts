import type { DirectMapData } from '@lutra/core';
import type { Lists } from './lists.js';

/** A table by id is made when the largest id is at most this many times the entries. */
const DENSE = 4;

/** Where each id of an IVF is, made at the first question after a change. */
export class PlaceMap {
  readonly #lists: Lists;
  #find: ((id: number) => { list: number; offset: number } | undefined) | undefined;

  constructor(lists: Lists) {
    this.#lists = lists;
  }

  /** Forgets; the lists have changed. */
  clear(): void {
    this.#find = undefined;
  }

  find(id: number): { list: number; offset: number } | undefined {
    this.#find ??= this.#build();
    return this.#find(id);
  }

  /** faiss's direct map of the wanted kind; an entry is `list << 32 | offset`. */
  toData(kind: DirectMapData['kind'], ntotal: number): DirectMapData {
    if (kind === 'none') return { kind };
    const entries: [bigint, bigint][] = [];
    this.#each((id, list, offset) => entries.push([BigInt(id), (BigInt(list) << 32n) | BigInt(offset)]));
    if (kind === 'hash') return { kind, pairs: BigInt64Array.from(entries.flat()) };
    const places = new BigInt64Array(ntotal).fill(-1n);
    for (const [id, place] of entries) if (id < BigInt(ntotal)) places[Number(id)] = place;
    return { kind, places };
  }

  #each(f: (id: number, list: number, offset: number) => void): void {
    for (let list = 0; list < this.#lists.nlist; list++) {
      const ids = this.#lists.ids(list).values;
      for (let offset = 0; offset < ids.length; offset++) f(ids[offset]!, list, offset);
    }
  }

  #build(): (id: number) => { list: number; offset: number } | undefined {
    let count = 0;
    let max = -1;
    this.#each((id) => {
      count++;
      if (id > max) max = id;
    });
    const place = (at: number | undefined) =>
      at === undefined || at < 0 ? undefined : { list: Math.floor(at / 2 ** 32), offset: at % 2 ** 32 };
    if (max <= DENSE * count + 1024) {
      const table = new Float64Array(max + 1).fill(-1);
      this.#each((id, list, offset) => {
        table[id] = list * 2 ** 32 + offset;
      });
      return (id) => place(table[id]);
    }
    const table = new Map<number, number>();
    this.#each((id, list, offset) => table.set(id, list * 2 ** 32 + offset));
    return (id) => place(table.get(id));
  }
}
