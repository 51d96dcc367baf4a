import { isLutraError } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { centerRow, principalBasis, transpose, turnedBasis } from './clustering/principal-basis.js';
import type { Engine } from './engine.js';
import { Int8Queries } from './int8-queries.js';

/** Principal directions that are kept, and the components of a reduced row: one more, the length of the rest. */
const DIRECTIONS = 31;
const COMPONENTS = 32;
/** Fewer rows are compared in full as soon; for more the reduced form takes long to make. */
export const REDUCED_ROWS: readonly [number, number] = [512, 65536];
/** The part of the squared lengths that may be outside of the directions kept. */
const REST = 0.05;
/** Rows that the directions are found from. */
const SAMPLE = 1024;

/** What another thread needs to use it as it is, over the same memory. */
export interface ReducedState {
  readonly n: number;
  readonly mean: Ptr;
  readonly basis: Ptr;
  readonly turned: Ptr;
  readonly codes: Ptr;
  readonly facts: Ptr;
}

/**
 * Rows of a steep spectrum in few components. With M the leading principal directions, `y' = (M y, |y - Mᵀ M y|)` is no
 * farther from z' than y is from z, so bounds of the distances of reduced rows, a byte a component, are bounds of those of
 * the rows, at an eighth of the memory traffic for d = 256. For l2.
 */
export class ReducedRows {
  readonly state: ReducedState;
  readonly #engine: Engine;
  readonly #d: number;
  readonly #queries: Int8Queries;

  readonly #owned: boolean;

  private constructor(engine: Engine, d: number, state: ReducedState, owned: boolean) {
    this.#engine = engine;
    this.#d = d;
    this.state = state;
    this.#owned = owned;
    // projecting and measuring the rest rounds each component about d times more, in z and in y
    this.#queries = new Int8Queries(engine, COMPONENTS, 'l2', 5 * (d + 64));
  }

  /** Those of another thread, which are then only read. */
  static adopt(engine: Engine, d: number, state: ReducedState): ReducedRows {
    return new ReducedRows(engine, d, state, false);
  }

  /**
   * Reduces the `n` rows f32 `(n, d)` at `rows`; undefined if too much of them lies outside of the directions kept, or if there
   * is no memory.
   * @param mean - f32 `(d)`, borrowed
   */
  static make(engine: Engine, d: number, rows: Ptr, n: number, mean: Ptr): ReducedRows | undefined {
    const held: Ptr[] = [];
    const hold = (bytes: number): Ptr => {
      const ptr = engine.memory.alloc(bytes);
      held.push(ptr);
      return ptr;
    };
    let made: ReducedRows | undefined;
    try {
      const groups = Math.ceil(n / 4);
      const basis = hold(COMPONENTS * d * 4);
      const turned = hold(COMPONENTS * d * 4);
      const codes = hold(groups * 4 * COMPONENTS);
      const facts = hold(groups * 80);
      const reduced = new ReducedRows(engine, d, { n, mean, basis, turned, codes, facts }, true);
      reduced.#findDirections(rows);
      if (reduced.#encode(rows)) made = reduced;
    } catch (e) {
      if (!isLutraError(e, 'CAPACITY')) throw e;
    } finally {
      if (!made) for (const ptr of held) engine.memory.free(ptr);
    }
    return made;
  }

  free(): void {
    if (!this.#owned) return;
    const { basis, turned, codes, facts } = this.state;
    for (const ptr of [basis, turned, codes, facts]) this.#engine.memory.free(ptr);
  }

  /** See {@link Int8Rows.select}. */
  select(x: Ptr, rows: Ptr, { from, to }: { from: number; to: number }, k: number, reservoir: Ptr): void {
    const engine = this.#engine;
    const { kernels } = engine;
    const codes = this.state.codes + from * COMPONENTS;
    const facts = this.state.facts + from * 20;
    const reduced = engine.scratch('reduced.query', COMPONENTS * 4);
    this.#reduce(x, reduced);
    const { u, weights } = this.#queries.weigh(reduced);
    const visit = engine.scratch('int8.visit', 20);
    const scratch = engine.scratch('int8.select', kernels.scratchBoundSelect(k));
    engine.words.set([codes, facts, rows + from * this.#d * 4, to - from, from], visit >>> 2);
    kernels.boundSelect(visit, 1, x, this.#d, COMPONENTS, u, weights, false, reservoir, scratch);
  }

  /** The directions, turned at random in their span: components of like size lose least as bytes. */
  #findDirections(rows: Ptr): void {
    const { memory } = this.#engine;
    const d = this.#d;
    const { n, basis, turned } = this.state;
    const count = Math.min(n, SAMPLE);
    const sample = memory.alloc(count * d * 4);
    try {
      for (let i = 0; i < count; i++)
        this.#center(rows + Math.floor((i * n) / count) * d * 4, sample + i * d * 4);
      const principal = principalBasis(this.#engine, sample, count, d, DIRECTIONS);
      const out = memory.f32(basis, COMPONENTS * d);
      // the last component is the length of the rest
      out.fill(0).set(turnedBasis(principal, DIRECTIONS, d));
      transpose(out, COMPONENTS, d, memory.f32(turned, COMPONENTS * d));
    } finally {
      memory.free(sample);
    }
  }

  /** `row - mean` to `out`. */
  #center(row: Ptr, out: Ptr): void {
    centerRow(this.#engine, row, this.state.mean, this.#d, out);
  }

  /** The reduced form of a row to `out`, f32 `(COMPONENTS)`. */
  #reduce(row: Ptr, out: Ptr): void {
    const engine = this.#engine;
    const d = this.#d;
    const { basis, turned } = this.state;
    const z = engine.scratch('reduced.centred', d * 4);
    const back = engine.scratch('reduced.back', d * 4);
    const { kernels, floats } = engine;
    this.#center(row, z);
    kernels.ipNy(z, basis, d, COMPONENTS, out);
    kernels.ipNy(out, turned, COMPONENTS, d, back);
    const rest = (out >>> 2) + DIRECTIONS;
    kernels.l2sqrNy(z, back, d, 1, out + DIRECTIONS * 4);
    floats[rest] = Math.sqrt(floats[rest]!);
  }

  /** Reduces all rows and encodes them; false if too much of them is in the rest. */
  #encode(rows: Ptr): boolean {
    const { kernels, memory } = this.#engine;
    const d = this.#d;
    const { n, codes, facts } = this.state;
    const step = 1024;
    const block = memory.alloc(step * COMPONENTS * 4);
    let [rest, all] = [0, 0];
    try {
      for (let from = 0; from < n; from += step) {
        const count = Math.min(step, n - from);
        for (let i = 0; i < count; i++) this.#reduce(rows + (from + i) * d * 4, block + i * COMPONENTS * 4);
        const values = memory.f32(block, count * COMPONENTS);
        for (let i = 0; i < values.length; i++) {
          const square = values[i]! ** 2;
          all += square;
          if (i % COMPONENTS === DIRECTIONS) rest += square;
        }
        kernels.int8Encode(block, count, COMPONENTS, 0, codes + from * COMPONENTS, facts + from * 20);
      }
    } finally {
      memory.free(block);
    }
    return rest <= REST * all;
  }
}
