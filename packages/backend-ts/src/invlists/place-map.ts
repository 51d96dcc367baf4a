import type { DirectMapData } from '@lutra/core';
import { IdTable } from '../id-table.js';
import type { Lists } from './lists.js';

/** A table by id is made when the largest id is at most this many times the entries. */
const DENSE = 4;
const LIST = 2 ** 32;

interface Place {
  readonly list: number;
  readonly offset: number;
}

/** Where each id of an IVF is, made at the first question after a change; of equal ids the last. */
export class PlaceMap {
  readonly #lists: Lists;
  #find: ((id: number) => number | undefined) | undefined;
  /** As it was loaded, until the lists change: the order of a hash map is in no other place. */
  #loaded: DirectMapData | undefined;

  constructor(lists: Lists, loaded?: DirectMapData) {
    this.#lists = lists;
    if (loaded?.kind === 'array') this.#loaded = { kind: 'array', places: loaded.places.slice() };
    if (loaded?.kind === 'hash') this.#loaded = { kind: 'hash', pairs: loaded.pairs.slice() };
  }

  /** Forgets; the lists have changed. */
  clear(): void {
    this.#find = undefined;
    this.#loaded = undefined;
  }

  find(id: number): Place | undefined {
    this.#find ??= this.#build();
    const at = this.#find(id);
    return at === undefined ? undefined : { list: Math.floor(at / LIST), offset: at % LIST };
  }

  /**
   * faiss's direct map of the wanted kind; an entry is `list << 32 | offset`. An array has a place for the ids 0 to
   * `ntotal` - 1 alone: where others came in, it turns into pairs.
   */
  toData(kind: DirectMapData['kind'], ntotal: number): DirectMapData {
    if (kind === 'none') return { kind };
    if (this.#loaded) return this.#loaded;
    return (kind === 'array' && this.#array(ntotal)) || this.#pairs(ntotal);
  }

  #array(ntotal: number): DirectMapData | undefined {
    const places = new BigInt64Array(ntotal).fill(-1n);
    let fits = true;
    this.#each((id, list, offset) => {
      if (id >= 0 && id < ntotal && places[id] === -1n) places[id] = bits(list, offset);
      else fits = false;
    });
    return fits ? { kind: 'array', places } : undefined;
  }

  #pairs(ntotal: number): DirectMapData {
    const pairs = new BigInt64Array(2 * ntotal);
    let at = 0;
    this.#each((id, list, offset) => {
      pairs[at++] = BigInt(id);
      pairs[at++] = bits(list, offset);
    });
    return { kind: 'hash', pairs };
  }

  #each(f: (id: number, list: number, offset: number) => void): void {
    for (let list = 0; list < this.#lists.nlist; list++) {
      const values = this.#lists.idsAlone?.(list) ?? this.#lists.ids(list).values;
      for (let offset = 0; offset < values.length; offset++) f(values[offset]!, list, offset);
    }
  }

  #build(): (id: number) => number | undefined {
    let count = 0;
    let max = -1;
    let min = 0;
    this.#each((id) => {
      count++;
      if (id > max) max = id;
      if (id < min) min = id;
    });
    if (min < 0 || max > DENSE * count + 1024) {
      const table = new IdTable(count);
      this.#each((id, list, offset) => table.set(id, list * LIST + offset));
      return (id) => table.get(id);
    }
    const table = new Float64Array(max + 1).fill(-1);
    this.#each((id, list, offset) => {
      table[id] = list * LIST + offset;
    });
    return (id) => {
      const at = table[id];
      return at === undefined || at < 0 ? undefined : at;
    };
  }
}

function bits(list: number, offset: number): bigint {
  return (BigInt(list) << 32n) | BigInt(offset);
}
