import type { InvertedListsData } from '@lutra/core';
import type { IdList } from './id-list.js';
import type { ListDirectory } from './list-directory.js';
import type { ListPages } from './list-pages.js';

/** The inverted lists of an IVF: `nlist` lists of ids, and whatever codes stand beside them. */
export interface Lists {
  readonly nlist: number;
  /** Changes whenever entries go or move to other places in a list; those added at its end do not count. */
  readonly epoch: number;
  /** Bytes of a code. */
  readonly codeSize: number;
  /** The lists are in a file; a search has those that it visits brought to memory before it looks at them. */
  readonly pages?: ListPages | undefined;
  ids(list: number): IdList;
  /** The ids of a list, where all of it need not be in memory for them. */
  idsAlone?(list: number): Float64Array;
  /** The id of an entry, wherever it is; where there are {@link pages}. */
  idAt?(list: number, offset: number): number;
  /** Holds until the next change. */
  directory(): ListDirectory;
  /** Makes room for `counts[list]` entries more in each list: in all of them, or an error before any has grown its contents. */
  reserve(counts: Uint32Array): void;
  /** Appends row `i` of `codes`, `(n, codeSize)` bytes, to list `assign[i]` under `ids[i]`, in order of i. */
  append(codes: Uint8Array, assign: Uint32Array, ids: Float64Array): void;
  /** Removes the entries whose ids `test` selects; order stays. Returns how many went. All ids are tested first. */
  remove(test: (id: number) => boolean): number;
  /** @throws LutraError `ARGUMENT` unless `data` has lists of the same kind, number and sizes */
  assertMergeable(data: InvertedListsData): void;
  /** Appends all of `data`, adding `addId` to its ids; all or nothing. */
  merge(data: InvertedListsData, addId: number): void;
  /** Copies the code of entry `offset` of `list` into `out`, `(codeSize)`. */
  readCode(list: number, offset: number, out: Uint8Array): void;
  clear(): void;
  toData(): InvertedListsData;
}
