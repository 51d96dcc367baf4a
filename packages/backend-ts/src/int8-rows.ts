import type { Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from './engine.js';
import { GrowingStore } from './growing-store.js';
import { Int8Queries } from './int8-queries.js';
import { REDUCED_ROWS, ReducedRows, type ReducedState } from './reduced-rows.js';

/** Floats of facts a group of four rows. */
const FACTS = 20;
/** Rows that one call encodes, whole groups. */
const ROWS_A_CALL = 1024;
/** Fewer rows than this are compared in float32 straight away. */
export const INT8_ROWS = 256;

/** Searches after which rows get their reduced form: making it costs about what some hundred searches save. */
const SEARCHES = 200;

/** Where everything is; `rows` of them are taken in. */
export interface Int8State {
  readonly kind: 'rows';
  readonly codes: Ptr;
  readonly facts: Ptr;
  readonly groups: number;
  readonly mean: Ptr;
  readonly meanNorm: number;
  readonly rows: number;
  readonly reduced: ReducedState | undefined;
}

/**
 * A second form of float32 rows, a byte a component, that says quickly and surely which rows cannot be among the nearest:
 * a lower bound of each distance (of the negated product), so that only a few rows are compared in float32 and the results
 * are the very same. Made at the first search, a quarter more memory.
 */
export class Int8Rows {
  readonly #engine: Engine;
  readonly #d: number;
  readonly #d16: number;
  readonly #metric: Metric;
  readonly #codes: GrowingStore;
  readonly #facts: GrowingStore;
  readonly #queries: Int8Queries;
  /** Undefined where it would not pay. */
  #reduced: ReducedRows | undefined;
  #searches = 0;
  /** Rows taken in; whole groups but for the last. */
  #rows = 0;

  constructor(engine: Engine, d: number, metric: Metric) {
    this.#engine = engine;
    this.#d = d;
    this.#d16 = Math.ceil(d / 16) * 16;
    this.#metric = metric;
    this.#codes = new GrowingStore(engine, 4 * this.#d16);
    this.#facts = new GrowingStore(engine, FACTS * 4);
    this.#queries = new Int8Queries(engine, d, metric);
  }

  /** What another thread needs to use it as it is, over the same memory. */
  get state(): Int8State {
    const { size } = this.#codes;
    const [codes, facts] = [this.#codes.ptr, this.#facts.ptr];
    const { mean, meanNorm } = this.#queries;
    const reduced = this.#reduced?.state;
    return { kind: 'rows', codes, facts, groups: size, mean, meanNorm, rows: this.#rows, reduced };
  }

  /** Takes over what another thread has made of the same rows. */
  adopt(state: Int8State): void {
    this.#codes.adopt(state.codes, state.groups);
    this.#facts.adopt(state.facts, state.groups);
    this.#queries.mean = state.mean;
    this.#queries.meanNorm = state.meanNorm;
    this.#rows = state.rows;
    // another thread says whether it pays
    this.#searches = SEARCHES;
    if (state.reduced) this.#reduced = ReducedRows.adopt(this.#engine, this.#d, state.reduced);
  }

  /** Forgets everything; the rows have changed. */
  clear(): void {
    this.#codes.clear();
    this.#facts.clear();
    this.#queries.clear();
    this.#forgetReduced();
    this.#rows = 0;
  }

  #forgetReduced(): void {
    this.#reduced?.free();
    this.#reduced = undefined;
    this.#searches = 0;
  }

  /** Takes in the rows from the last one known on, f32 `(n, d)` at `rows`. */
  takeIn(rows: Ptr, n: number): void {
    if (n <= this.#rows) return;
    this.#forgetReduced();
    const { kernels } = this.#engine;
    if (this.#queries.mean === 0) this.#queries.center(n, (i) => rows + 4 * i * this.#d);
    const from = this.#rows & ~3;
    const groups = Math.ceil(n / 4);
    if (groups > this.#codes.size) {
      this.#codes.extend(groups - this.#codes.size);
      this.#facts.extend(groups - this.#facts.size);
    }
    // a call that encodes all would run to its end in the code that V8 starts with
    for (let at = from; at < n; at += ROWS_A_CALL) {
      const count = Math.min(ROWS_A_CALL, n - at);
      const codes = this.#codes.ptr + at * this.#d16;
      kernels.int8Encode(
        rows + at * this.#d * 4,
        count,
        this.#d,
        this.#queries.mean,
        codes,
        this.#facts.ptr + at * FACTS,
      );
    }
    this.#rows = n;
  }

  /**
   * Offers to `reservoir` at least every row among its k best, with its distance in float32 and its number as position.
   * @param x - one query, f32 `(d)` in kernel memory
   * @param rows - f32 `(n, d)`
   * @param range - the rows to look at, from the first of a group of four on
   */
  select(
    x: Ptr,
    rows: Ptr,
    n: number,
    { from, to }: { from: number; to: number },
    k: number,
    reservoir: Ptr,
  ): void {
    if (from === to) return;
    this.takeIn(rows, n);
    if (this.#searches === SEARCHES - 1) this.complete(rows, n);
    else if (this.#searches < SEARCHES) this.#searches++;
    const reduced = this.#reduced;
    if (reduced) {
      reduced.select(x, rows, { from, to }, k, reservoir);
      return;
    }
    const engine = this.#engine;
    const { kernels } = engine;
    const { u, weights } = this.#queries.weigh(x);
    const visit = engine.scratch('int8.visit', 20);
    const scratch = engine.scratch('int8.select', kernels.scratchBoundSelect(k));
    const { words } = engine;
    const codes = this.#codes.ptr + from * this.#d16;
    const facts = this.#facts.ptr + from * FACTS;
    words.set([codes, facts, rows + from * this.#d * 4, to - from, from], visit >>> 2);
    const ip = this.#metric === 'ip';
    kernels.boundSelect(visit, 1, x, this.#d, this.#d, u, weights, ip, reservoir, scratch);
  }

  /** Takes in all rows and makes every form of them that can pay. */
  complete(rows: Ptr, n: number): void {
    this.takeIn(rows, n);
    if (this.#searches >= SEARCHES) return;
    this.#searches = SEARCHES;
    const [least, most] = REDUCED_ROWS;
    if (this.#metric !== 'l2' || this.#d < 128 || n < least || n > most) return;
    this.#reduced = ReducedRows.make(this.#engine, this.#d, rows, n, this.#queries.mean);
  }
}
