import type { Ptr } from '@lutra/kernels';
import type { IdList } from './id-list.js';

/** Words a list. */
const WORDS = 3;

/**
 * Where the lists are and how long, in one array: a search visits lists here and there, and the objects that own them lie
 * here and there too.
 */
export class ListDirectory {
  readonly #words: Uint32Array;

  constructor(ids: readonly IdList[], codesOf: (list: number) => Ptr) {
    this.#words = new Uint32Array(ids.length * WORDS);
    for (let list = 0; list < ids.length; list++) {
      this.#words.set([codesOf(list), ids[list]!.ptr, ids[list]!.size], list * WORDS);
    }
  }

  /** Where the codes of a list are. */
  codes(list: number): Ptr {
    return this.#words[list * WORDS]!;
  }

  /** Where its ids are, float64. */
  ids(list: number): Ptr {
    return this.#words[list * WORDS + 1]!;
  }

  /** Entries in it. */
  size(list: number): number {
    return this.#words[list * WORDS + 2]!;
  }
}
