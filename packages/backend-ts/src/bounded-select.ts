import { FLOAT_KEYS, type Ptr } from '@lutra/kernels';
import type { Engine } from './engine.js';
import { reservoirLimit, Selection } from './selection.js';

/** Rows with a lower bound of each distance (of the negated product) to one query. */
export interface BoundedRows {
  /** Writes the bounds of `count` rows from row `from` on, f32, to `out`, which has room for whole groups of four. */
  bounds(from: number, count: number, out: Ptr): void;
  /** Offers the rows `ids` (u32, `n`) to a reservoir, each with its distance and its number as position. */
  offer(ids: Ptr, n: number, reservoir: Ptr): void;
}

/** The k nearest of rows with bounds: only those that no bound rules out are compared. */
export class BoundedSelect {
  readonly #engine: Engine;
  readonly #name: string;
  readonly #first: Selection;

  /** @param name - of the scratch areas */
  constructor(engine: Engine, name: string) {
    this.#engine = engine;
    this.#name = name;
    this.#first = new Selection(engine, `${name}.first`);
  }

  /**
   * Offers to `reservoir` at least every one of `n` rows among its k best.
   * @param piece - rows whose bounds are made at once, a multiple of four
   */
  select(rows: BoundedRows, n: number, piece: number, k: number, reservoir: Ptr): void {
    const { kernels } = this.#engine;
    const bounds = this.#engine.scratch(`${this.#name}.bounds`, piece * 4);
    const ids = this.#engine.scratch(`${this.#name}.ids`, piece * 4);
    let limit = Number.POSITIVE_INFINITY;
    for (let from = 0; from < n; from += piece) {
      const count = Math.min(piece, n - from);
      rows.bounds(from, count, bounds);
      if (from === 0 && k < count / 4) limit = this.#nearestFirst(rows, bounds, count, k, reservoir);
      const found = kernels.indicesUpTo(bounds, count, limit, from, ids);
      if (found > 0) rows.offer(ids, found, reservoir);
      if (from + piece < n && found > 0) limit = this.#limit(reservoir, k);
    }
  }

  /** Compares the k rows with the smallest bounds first, and takes them out; what the k-th best of them is, limits the rest. */
  #nearestFirst(rows: BoundedRows, bounds: Ptr, count: number, k: number, reservoir: Ptr): number {
    const first = this.#first;
    first.start(1, k, FLOAT_KEYS);
    this.#engine.kernels.selectF32(bounds, count, false, 0, 0, first.reservoir(0));
    const n = first.take(0);
    const positions = first.positions(0);
    const { words, floats } = this.#engine;
    for (let i = positions; i < positions + n; i++) {
      floats[(bounds >>> 2) + words[i]!] = Number.POSITIVE_INFINITY;
    }
    if (n > 0) rows.offer(positions * 4, n, reservoir);
    return this.#limit(reservoir, k);
  }

  /** The k-th best key of a reservoir as a distance, if it has that many. */
  #limit(reservoir: Ptr, k: number): number {
    const n = this.#engine.kernels.reservoirTake(reservoir);
    return n < k ? Number.POSITIVE_INFINITY : reservoirLimit(this.#engine, reservoir);
  }
}
