import type { Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { BoundedSelect } from './bounded-select.js';
import type { Engine } from './engine.js';
import { GrowingStore } from './growing-store.js';

/** Floats of facts a group of four rows. */
const FACTS = 20;
/** Bytes of codes that are passed over at once: they stay in the second-level cache. */
const PIECE = 2 ** 18;
/** Rows that one call encodes, whole groups. */
const ROWS_A_CALL = 1024;
/** Squared lengths of queries up to which bounds are sure. */
const HUGE = 1e37;
/** Fewer rows than this are compared in float32 straight away. */
export const INT8_ROWS = 256;

/** Where everything is; `rows` of them are taken in. */
export interface Int8State {
  readonly codes: Ptr;
  readonly facts: Ptr;
  readonly groups: number;
  readonly mean: Ptr;
  readonly meanNorm: number;
  readonly rows: number;
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
  readonly #select: BoundedSelect;
  /** Rows taken in; whole groups but for the last. */
  #rows = 0;
  /** Mean of the first rows, 0 until then. */
  #mean: Ptr = 0;
  #meanNorm = 0;

  constructor(engine: Engine, d: number, metric: Metric) {
    this.#engine = engine;
    this.#d = d;
    this.#d16 = Math.ceil(d / 16) * 16;
    this.#metric = metric;
    this.#codes = new GrowingStore(engine, 4 * this.#d16);
    this.#facts = new GrowingStore(engine, FACTS * 4);
    this.#select = new BoundedSelect(engine, 'int8');
  }

  /** What another thread needs to use it as it is, over the same memory. */
  get state(): Int8State {
    const { size } = this.#codes;
    const [codes, facts] = [this.#codes.ptr, this.#facts.ptr];
    return { codes, facts, groups: size, mean: this.#mean, meanNorm: this.#meanNorm, rows: this.#rows };
  }

  /** Takes over what another thread has made of the same rows. */
  adopt(state: Int8State): void {
    this.#codes.adopt(state.codes, state.groups);
    this.#facts.adopt(state.facts, state.groups);
    this.#mean = state.mean;
    this.#meanNorm = state.meanNorm;
    this.#rows = state.rows;
  }

  /** Forgets everything; the rows have changed. */
  clear(): void {
    this.#codes.clear();
    this.#facts.clear();
    this.#engine.memory.free(this.#mean);
    this.#mean = 0;
    this.#rows = 0;
  }

  /** Takes in the rows from the last one known on, f32 `(n, d)` at `rows`. */
  takeIn(rows: Ptr, n: number): void {
    if (n <= this.#rows) return;
    const { kernels } = this.#engine;
    if (this.#mean === 0) this.#center(rows, n);
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
        this.#mean,
        codes,
        this.#facts.ptr + at * FACTS,
      );
    }
    this.#rows = n;
  }

  /** The mean of the rows that are there; any point would do, a near one makes the bounds tight. */
  #center(rows: Ptr, n: number): void {
    const d = this.#d;
    const mean = new Float64Array(d);
    const step = Math.max(1, Math.floor(n / 4096));
    const { floats } = this.#engine;
    let count = 0;
    for (let i = 0; i < n; i += step, count++) {
      const at = (rows >>> 2) + i * d;
      for (let j = 0; j < d; j++) mean[j]! += floats[at + j]!;
    }
    this.#mean = this.#engine.hold(Float32Array.from(mean, (sum) => sum / count));
    this.#meanNorm = Math.hypot(...mean) / count;
  }

  /**
   * Offers to `reservoir` at least every row among its k best, with its distance in float32 and its number as position.
   * @param x - one query, f32 `(d)` in kernel memory
   * @param rows - f32 `(n, d)`
   */
  select(x: Ptr, rows: Ptr, n: number, k: number, reservoir: Ptr): void {
    this.takeIn(rows, n);
    const { kernels } = this.#engine;
    const d16 = this.#d16;
    const piece = Math.max(64, Math.floor(PIECE / d16) & ~3);
    const u = this.#engine.scratch('int8.query', d16);
    const weights = this.#weigh(x, u);
    const bounded = {
      bounds: (from: number, count: number, out: Ptr): void => {
        const codes = this.#codes.ptr + from * d16;
        const facts = this.#facts.ptr + from * FACTS;
        kernels.int8Bounds(codes, facts, Math.ceil(count / 4), d16, u, weights, out);
      },
      offer: (ids: Ptr, count: number, to: Ptr): void => this.#compare(x, rows, ids, count, to),
    };
    this.#select.select(bounded, n, piece, k, reservoir);
  }

  #compare(x: Ptr, rows: Ptr, ids: Ptr, n: number, reservoir: Ptr): void {
    const { kernels } = this.#engine;
    const out = this.#engine.scratch('int8.distances', n * 4);
    if (this.#metric === 'ip') kernels.ipByIdx(x, rows, this.#d, ids, n, out);
    else kernels.l2sqrByIdx(x, rows, this.#d, ids, n, out);
    kernels.selectF32(out, n, this.#metric === 'ip', 0, ids, reservoir);
  }

  /**
   * The query as bytes at `u`, and the weights that make bounds of the facts. `slack` outweighs what float32 loses, here and
   * in the distances themselves.
   */
  #weigh(x: Ptr, u: Ptr): Ptr {
    const engine = this.#engine;
    const { kernels } = engine;
    const ip = this.#metric === 'ip';
    const facts = engine.scratch('int8.facts', 12);
    kernels.int8Query(x, this.#d, ip ? 0 : this.#mean, u, facts);
    const [square, scale, lost] = engine.memory.f32(facts, 3);
    const norm = Math.sqrt(square!);
    const slack = (this.#d + 64) * 2 ** -24;
    // beyond that products overflow: no bound, and every row is compared
    const bounded = square! < HUGE ? 0 : -Infinity;
    const weights = engine.scratch('int8.weights', 20);
    const out = engine.memory.f32(weights, 5);
    if (ip) {
      const more = slack * norm;
      out.set([
        bounded - this.#timesMean(x) - 2 * more * this.#meanNorm,
        0,
        -scale!,
        -(lost! * (1 + slack) + more),
        -norm - more,
      ]);
    } else {
      const [kept, rest] = [-2 * lost! * (1 + slack), -2 * norm * (1 + slack)];
      out.set([bounded + square! * (1 - slack), 1 - slack, -2 * scale!, kept, rest]);
    }
    return weights;
  }

  #timesMean(x: Ptr): number {
    const { floats } = this.#engine;
    let sum = 0;
    for (let j = 0; j < this.#d; j++) sum += floats[(x >>> 2) + j]! * floats[(this.#mean >>> 2) + j]!;
    return sum;
  }
}
