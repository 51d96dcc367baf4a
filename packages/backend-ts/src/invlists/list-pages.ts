import type { ListPiece, ListReader, OnDiskListsData } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';

const ID_BYTES = 8;
/** Numbers a place. */
const PLACE = 3;

/** Told where a list is, and that it is nowhere (0, 0). */
export type PlaceList = (list: number, codes: Ptr, ids: Ptr) => void;

/**
 * Lists that stay in a file, of which those visited last are in kernel memory: at most `cacheBytes` of them, but for one
 * list that is larger.
 */
export class ListPages {
  readonly data: OnDiskListsData;
  readonly #engine: Engine;
  readonly #reader: ListReader;
  readonly #place: PlaceList;
  readonly #cacheBytes: number;
  /** What is in memory, the list that was wanted longest ago first. */
  readonly #resident: Map<number, Ptr> = new Map();
  #bytes = 0;

  constructor(engine: Engine, data: OnDiskListsData, place: PlaceList) {
    this.data = data;
    this.#engine = engine;
    this.#reader = engine.openLists(data);
    this.#cacheBytes = engine.listsOnDisk!.cacheBytes;
    this.#place = place;
  }

  /** Entries of a list. */
  sizeOf(list: number): number {
    return this.data.places[PLACE * list]!;
  }

  has(list: number): boolean {
    return this.#resident.has(list);
  }

  /**
   * How many of `lists`, from number `from` on, are in memory together; one at least.
   * @param lists - list numbers, -1 for none
   */
  fit(lists: Float64Array, from: number): number {
    const seen = new Set<number>();
    let bytes = 0;
    for (let i = from; i < lists.length; i++) {
      const list = lists[i]!;
      if (list < 0 || seen.has(list)) continue;
      seen.add(list);
      bytes += this.#bytesOf(list);
      if (bytes > this.#cacheBytes && i > from) return i - from;
    }
    return lists.length - from;
  }

  /** Has all of `lists` in memory, which {@link fit} there: those that are missing are read in one go. */
  ensure(lists: Iterable<number>): void {
    const wanted = new Set<number>();
    const missing: number[] = [];
    let bytes = 0;
    for (const list of lists) {
      if (list < 0 || wanted.has(list) || this.sizeOf(list) === 0) continue;
      wanted.add(list);
      const ptr = this.#resident.get(list);
      if (ptr === undefined) {
        missing.push(list);
        bytes += this.#bytesOf(list);
      } else {
        // the last to go, from now on
        this.#resident.delete(list);
        this.#resident.set(list, ptr);
      }
    }
    if (missing.length === 0) return;
    this.#makeRoom(bytes, wanted);
    this.#read(missing);
  }

  /** Reads a part of a list, past what is in memory. */
  read(piece: ListPiece): void {
    this.#reader.read([piece]);
  }

  #makeRoom(bytes: number, wanted: ReadonlySet<number>): void {
    for (const [list, ptr] of this.#resident) {
      if (this.#bytes + bytes <= this.#cacheBytes) return;
      if (!wanted.has(list)) this.#forget(list, ptr);
    }
  }

  #forget(list: number, ptr: Ptr): void {
    this.#place(list, 0, 0);
    this.#resident.delete(list);
    this.#bytes -= this.#bytesOf(list);
    this.#engine.memory.free(ptr);
  }

  #read(lists: readonly number[]): void {
    const { memory } = this.#engine;
    const at: Ptr[] = [];
    try {
      for (const list of lists) at.push(memory.alloc(this.#bytesOf(list)));
      const pieces = lists.map((list, i) => {
        const count = this.sizeOf(list);
        const ids = memory.f64(at[i]!, count);
        const codes = memory.u8(at[i]! + ID_BYTES * count, count * this.data.codeSize);
        return { list, first: 0, count, codes, ids };
      });
      this.#reader.read(pieces);
    } catch (e) {
      for (const ptr of at) memory.free(ptr);
      throw e;
    }
    lists.forEach((list, i) => {
      this.#resident.set(list, at[i]!);
      this.#bytes += this.#bytesOf(list);
      this.#place(list, at[i]! + ID_BYTES * this.sizeOf(list), at[i]!);
    });
  }

  /** Ids first, so that both are aligned. */
  #bytesOf(list: number): number {
    return this.sizeOf(list) * (this.data.codeSize + ID_BYTES);
  }
}
