import { isLutraError } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import type { ArrayLists } from './array-lists.js';

/** Words a list: where its form is, and of how many entries. */
const WORDS = 2;

/** What another thread needs to use the forms as they are, over the same memory. */
export interface ListFormsState {
  readonly kind: 'lists';
  readonly places: Uint32Array;
}

/** What else is known of the entries of a list. */
export interface ListForm {
  /** Visits after which a list is worth its form: making one costs about as much as so many visits to it save. */
  readonly visits: number;
  /** Bytes of the form of n entries. */
  bytes(n: number): number;
  /** Writes the form of the `n` entries at `codes` to `at`. */
  make(codes: Ptr, n: number, at: Ptr): void;
}

/** A second form of inverted lists: each list gets it after some visits, and loses it when it changes. */
export class ListForms {
  readonly #engine: Engine;
  readonly #lists: ArrayLists;
  readonly #form: ListForm;
  #places: Uint32Array;
  #visits: Uint8Array;
  #epoch: number;
  /** False when there was no memory for a form, or they are another thread's. */
  #makes = true;
  /** Whether it has been looked for forms of another thread. */
  #looked = false;

  constructor(engine: Engine, lists: ArrayLists, form: ListForm) {
    this.#engine = engine;
    this.#lists = lists;
    this.#form = form;
    this.#places = new Uint32Array(lists.nlist * WORDS);
    this.#visits = new Uint8Array(lists.nlist);
    this.#epoch = lists.epoch;
    engine.sharedBounds.add(() => this.#share());
  }

  /** The forms of all lists for other threads, made now where they are missing, and the place that the lists are known by. */
  #share(): { at: Ptr; state: ListFormsState } | undefined {
    this.#forgetMoved();
    for (let list = 0; list < this.#lists.nlist && this.#makes; list++) {
      if (this.#places[list * WORDS + 1] !== this.#lists.directory().size(list)) this.#make(list);
    }
    const at = this.#firstPlace();
    if (at === 0) return undefined;
    return { at, state: { kind: 'lists', places: this.#places } };
  }

  /** Takes over what another thread has made of the same lists, and then makes none itself. */
  #adoptGiven(): void {
    this.#looked = true;
    const given = this.#engine.givenBounds.get(this.#firstPlace());
    if (given?.kind !== 'lists') return;
    this.#places = given.places;
    this.#makes = false;
  }

  /** Where the codes of the first list that has some are; 0 if none has. */
  #firstPlace(): Ptr {
    const directory = this.#lists.directory();
    for (let list = 0; list < this.#lists.nlist; list++) {
      if (directory.size(list) > 0) return directory.codes(list);
    }
    return 0;
  }

  /** Counts a visit; where the list's form is, 0 if it has none. */
  visit(list: number): Ptr {
    // beside lists on disk, which come and go, forms would fill the memory that those are kept out of
    if (this.#lists.pages) return 0;
    if (!this.#looked) this.#adoptGiven();
    this.#forgetMoved();
    const n = this.#lists.directory().size(list);
    const at = list * WORDS;
    if (n === 0) return 0;
    if (this.#places[at + 1] === n) return this.#places[at]!;
    if (!this.#makes) return 0;
    if (this.#visits[list]! < this.#form.visits) {
      this.#visits[list]!++;
      return 0;
    }
    return this.#make(list) ? this.#places[at]! : 0;
  }

  #forgetMoved(): void {
    if (this.#epoch === this.#lists.epoch) return;
    this.#epoch = this.#lists.epoch;
    this.clear();
  }

  /** Forgets all forms. */
  clear(): void {
    for (let list = 0; list < this.#lists.nlist; list++) this.#forget(list);
    this.#visits.fill(0);
    this.#makes = true;
  }

  #forget(list: number): void {
    this.#engine.memory.free(this.#places[list * WORDS]!);
    this.#places.fill(0, list * WORDS, (list + 1) * WORDS);
  }

  #make(list: number): boolean {
    const directory = this.#lists.directory();
    const n = directory.size(list);
    if (n === 0) return false;
    this.#forget(list);
    let at: Ptr;
    try {
      at = this.#engine.memory.alloc(this.#form.bytes(n));
    } catch (e) {
      if (!isLutraError(e, 'CAPACITY')) throw e;
      this.#makes = false;
      return false;
    }
    this.#form.make(directory.codes(list), n, at);
    this.#places.set([at, n], list * WORDS);
    this.#visits[list] = 0;
    return true;
  }
}
