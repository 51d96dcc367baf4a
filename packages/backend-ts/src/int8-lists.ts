import { isLutraError, type Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from './engine.js';
import { Int8Queries, type Int8Query } from './int8-queries.js';
import type { ArrayLists } from './invlists/array-lists.js';

/** Bytes of facts a group of four rows. */
const FACTS = 80;
/** Visits after which a list is worth its second form: making one costs about as much as so many visits to it save. */
const VISITS = 8;
/** Words a list: codes, facts, rows. */
const WORDS = 3;

/** What another thread needs to use the forms as they are, over the same memory. */
export interface Int8ListsState {
  readonly kind: 'lists';
  readonly places: Uint32Array;
  readonly mean: Ptr;
  readonly meanNorm: number;
}

/**
 * The second form of {@link Int8Rows} for inverted lists of float32 rows: each list gets it after some visits, a quarter
 * more memory in the end. A list that has changed loses it.
 */
export class Int8Lists {
  readonly #engine: Engine;
  readonly #d: number;
  readonly #d16: number;
  readonly #lists: ArrayLists;
  readonly #queries: Int8Queries;
  #places: Uint32Array;
  #visits: Uint8Array;
  #epoch: number;
  /** False when there was no memory for a form, or they are another thread's. */
  #makes = true;
  /** Whether it has been looked for forms of another thread. */
  #looked = false;

  constructor(engine: Engine, d: number, metric: Metric, lists: ArrayLists) {
    this.#engine = engine;
    this.#d = d;
    this.#d16 = Math.ceil(d / 16) * 16;
    this.#lists = lists;
    this.#queries = new Int8Queries(engine, d, metric);
    this.#places = new Uint32Array(lists.nlist * WORDS);
    this.#visits = new Uint8Array(lists.nlist);
    this.#epoch = lists.epoch;
    engine.sharedBounds.add(() => this.share());
  }

  /** The forms of all lists for other threads, made now where they are missing, and the place that the lists are known by. */
  share(): { at: Ptr; state: Int8ListsState } | undefined {
    this.#forgetMoved();
    for (let list = 0; list < this.#lists.nlist && this.#makes; list++) {
      if (this.#places[list * WORDS + 2] !== this.#lists.directory().size(list)) this.#make(list);
    }
    const at = this.#firstPlace();
    const { mean, meanNorm } = this.#queries;
    return at === 0 ? undefined : { at, state: { kind: 'lists', places: this.#places, mean, meanNorm } };
  }

  /** Takes over what another thread has made of the same lists, and then makes none itself. */
  #adoptGiven(): void {
    this.#looked = true;
    const given = this.#engine.givenBounds.get(this.#firstPlace());
    if (given?.kind !== 'lists') return;
    this.#places = given.places;
    this.#queries.mean = given.mean;
    this.#queries.meanNorm = given.meanNorm;
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

  weigh(x: Ptr): Int8Query {
    return this.#queries.weigh(x);
  }

  /** Counts a visit; whether the list has its second form. */
  visit(list: number): boolean {
    if (!this.#looked) this.#adoptGiven();
    this.#forgetMoved();
    const n = this.#lists.directory().size(list);
    const at = list * WORDS;
    if (this.#places[at + 2] === n) return n > 0;
    if (!this.#makes) return false;
    if (this.#visits[list]! < VISITS) {
      this.#visits[list]!++;
      return false;
    }
    return this.#make(list);
  }

  codes(list: number): Ptr {
    return this.#places[list * WORDS]!;
  }

  facts(list: number): Ptr {
    return this.#places[list * WORDS + 1]!;
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
    this.#queries.clear();
    this.#makes = true;
  }

  #forget(list: number): void {
    this.#engine.memory.free(this.codes(list));
    this.#places.fill(0, list * WORDS, (list + 1) * WORDS);
  }

  #make(list: number): boolean {
    const { kernels, memory } = this.#engine;
    const directory = this.#lists.directory();
    const n = directory.size(list);
    if (n === 0) return false;
    this.#forget(list);
    const groups = Math.ceil(n / 4);
    const codeBytes = groups * 4 * this.#d16;
    let codes: Ptr;
    try {
      if (this.#queries.mean === 0) this.#center();
      codes = memory.alloc(codeBytes + groups * FACTS);
    } catch (e) {
      if (!isLutraError(e, 'CAPACITY')) throw e;
      this.#makes = false;
      return false;
    }
    kernels.int8Encode(directory.codes(list), n, this.#d, this.#queries.mean, codes, codes + codeBytes);
    this.#places.set([codes, codes + codeBytes, n], list * WORDS);
    this.#visits[list] = 0;
    return true;
  }

  /** The mean of a row of each list. */
  #center(): void {
    const directory = this.#lists.directory();
    const filled: number[] = [];
    for (let list = 0; list < this.#lists.nlist; list++) {
      if (directory.size(list) > 0) filled.push(list);
    }
    this.#queries.center(filled.length, (i) => directory.codes(filled[i]!));
  }
}
