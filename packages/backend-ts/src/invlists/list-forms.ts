import { isLutraError } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import type { SketchBasis } from '../sketch-basis.js';
import type { ListDirectory } from './list-directory.js';
import type { Lists } from './lists.js';

/** Words a list: where its form is, and of how many entries. */
const WORDS = 2;

/** What another thread needs to use the forms as they are, over the same memory. */
export interface ListFormsState {
  readonly kind: 'lists';
  readonly places: Uint32Array;
  /** What they were made by, for forms that want one. */
  readonly basis?: SketchBasis | undefined;
}

/** What else is known of the entries of a list. */
export interface ListForm {
  /** Visits after which a list is worth its form: making one costs about as much as so many visits to it save. */
  readonly visits: number;
  /** Bytes of the form of n entries. */
  bytes(n: number): number;
  /** Writes the form of the `n` entries of a list to `at`. */
  make(list: number, n: number, at: Ptr): void;
  /** Where something of a list is that no other forms are known by; its codes unless told. */
  place?(directory: ListDirectory, list: number): Ptr;
  /** What all forms are made by: asked for before other threads get them, and given to a thread that takes them over. */
  readonly basis?: { get(): SketchBasis; set(basis: SketchBasis): void };
  /** Whether other threads get them; unless told they do. */
  shares?(): boolean;
  /** Whether lists on disk have forms, too: those that are not made of what is there. */
  readonly besidePages?: boolean;
}

/** A second form of inverted lists: each list gets it after some visits, and loses it when it changes. */
export class ListForms {
  readonly #engine: Engine;
  readonly #lists: Lists;
  readonly #form: ListForm;
  #places: Uint32Array;
  #visits: Uint8Array;
  #epoch: number;
  /** False when there was no memory for a form, or they are another thread's. */
  #makes = true;
  /** Whether it has been looked for forms of another thread. */
  #looked = false;

  constructor(engine: Engine, lists: Lists, form: ListForm) {
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
    const { shares, basis } = this.#form;
    if (shares?.() === false) return undefined;
    const at = this.#firstPlace();
    if (at === 0) return undefined;
    this.#forgetMoved();
    const madeBy = basis?.get();
    for (let list = 0; list < this.#lists.nlist && this.#makes; list++) {
      if (this.#places[list * WORDS + 1] !== this.#lists.directory().size(list)) this.#make(list);
    }
    return { at, state: { kind: 'lists', places: this.#places, basis: madeBy } };
  }

  /** Takes over what another thread has made of the same lists, and then makes none itself. */
  adoptGiven(): void {
    if (this.#looked) return;
    this.#looked = true;
    const given = this.#engine.givenBounds.get(this.#firstPlace());
    if (given?.kind !== 'lists') return;
    this.#places = given.places;
    if (given.basis) this.#form.basis?.set(given.basis);
    this.#makes = false;
  }

  /** The place of the first list that has entries; 0 if none has. */
  #firstPlace(): Ptr {
    const directory = this.#lists.directory();
    for (let list = 0; list < this.#lists.nlist; list++) {
      if (directory.size(list) > 0) return this.#form.place?.(directory, list) ?? directory.codes(list);
    }
    return 0;
  }

  /** Counts a visit; where the list's form is, 0 if it has none. */
  visit(list: number): Ptr {
    // beside lists on disk, which come and go, forms would fill the memory that those are kept out of
    if (this.#lists.pages && !this.#form.besidePages) return 0;
    this.adoptGiven();
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
    const n = this.#lists.directory().size(list);
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
    this.#form.make(list, n, at);
    this.#places.set([at, n], list * WORDS);
    this.#visits[list] = 0;
    return true;
  }
}
