import type { Ptr } from '@lutra/kernels';

/** Words a list. */
const WORDS = 3;

/**
 * Where the lists are and how long, in one array: a search visits lists here and there, and the objects that own them lie
 * here and there too.
 */
export class ListDirectory {
  readonly #words: Uint32Array;

  constructor(ids: readonly { readonly ptr: Ptr; readonly size: number }[], codesOf: (list: number) => Ptr) {
    this.#words = new Uint32Array(ids.length * WORDS);
    for (let list = 0; list < ids.length; list++) {
      this.#words.set([codesOf(list), ids[list]!.ptr, ids[list]!.size], list * WORDS);
    }
  }

  /** Says where a list is by now; its size stays. */
  place(list: number, codes: Ptr, ids: Ptr): void {
    this.#words[list * WORDS] = codes;
    this.#words[list * WORDS + 1] = ids;
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
