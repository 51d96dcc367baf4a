import type { Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { type BoundedRows, BoundedSelect } from '../bounded-select.js';
import type { Engine } from '../engine.js';
import { GrowingStore } from '../growing-store.js';
import type { CodeScanner, WholeNumbers } from './code-scanner.js';

/** Bytes of codes that are passed over at once: they stay in the second-level cache. */
const PIECE = 2 ** 18;
/** Squared lengths up to which bounds are sure. */
const HUGE = 1e37;
/** The largest weight of a component, an i16. */
const MAX_WEIGHT = 32767;

/**
 * Lower bounds of the distances to codes of whole numbers c, from products of whole numbers: with `w = a b`,
 *
 *     sum (a - b c)² = |a|² - 2 <w, c> + |b c|²
 *
 * and w rounded to 15 bits the middle term is known to a small part of what two neighbours differ by. What a bound does not
 * rule out is compared in float32, so that results are the same to the bit. Takes four bytes a code for l2.
 */
export class ScalarBounds {
  readonly #engine: Engine;
  readonly #scanner: CodeScanner;
  readonly #whole: WholeNumbers;
  readonly #d: number;
  readonly #codeSize: number;
  readonly #ip: boolean;
  readonly #norms: GrowingStore;
  readonly #select: BoundedSelect;
  /** The largest weight with which sums stay within 31 bits. */
  readonly #most: number;

  /** Bounds for what `scanner` reads, or undefined where there are none: floats, or numbers that may overflow. */
  static for(
    engine: Engine,
    scanner: CodeScanner,
    codeSize: number,
    metric: Metric,
  ): ScalarBounds | undefined {
    const { wholeNumbers } = scanner;
    if (!wholeNumbers) return undefined;
    const { top, widths } = wholeNumbers;
    const square = widths.reduce((sum, width) => sum + (top * width) ** 2, 0);
    return square < HUGE ? new ScalarBounds(engine, scanner, wholeNumbers, codeSize, metric) : undefined;
  }

  private constructor(
    engine: Engine,
    scanner: CodeScanner,
    whole: WholeNumbers,
    codeSize: number,
    metric: Metric,
  ) {
    this.#engine = engine;
    this.#scanner = scanner;
    this.#whole = whole;
    this.#d = whole.widths.length;
    this.#codeSize = codeSize;
    this.#ip = metric === 'ip';
    this.#norms = new GrowingStore(engine, 4);
    this.#select = new BoundedSelect(engine, 'sq');
    this.#most = Math.min(MAX_WEIGHT, Math.floor((2 ** 31 - 1) / (whole.top * this.#d)));
  }

  /** Forgets what it knows of the codes; they have changed. */
  clear(): void {
    this.#norms.clear();
  }

  /**
   * Offers to `reservoir` at least every code among its k best, with its distance in float32 and its number as position.
   * @param table - of one query, as the scanner has prepared it
   */
  select(table: Ptr, codes: Ptr, n: number, k: number, reservoir: Ptr): void {
    const engine = this.#engine;
    const { kernels } = engine;
    const d = this.#d;
    const size = this.#codeSize;
    if (!this.#ip) this.#takeIn(table, codes, n);
    const norms = this.#norms.ptr;
    const v = engine.scratch('sq.v', d * 2);
    const weights = this.#weigh(table, v);
    const rows: BoundedRows = {
      bounds: (from, count, out) => {
        const of = norms === 0 ? 0 : norms + from * 4;
        kernels.sqBounds(this.#whole.code, codes + from * size, size, d, count, v, of, weights, out);
      },
      offer: (ids, count, to) => {
        const out = engine.scratch('sq.exact', count * 4);
        this.#scanner.scan(table, 0, { codes, ids, n: count }, out);
        kernels.selectF32(out, count, this.#ip, 0, ids, to);
      },
    };
    this.#select.select(rows, n, Math.max(64, Math.floor(PIECE / size) & ~3), k, reservoir);
  }

  /** The squares `|b c|²` of codes that are new; room for whole groups of four. */
  #takeIn(table: Ptr, codes: Ptr, n: number): void {
    const known = this.#norms.size;
    if (n <= known) return;
    const d = this.#d;
    const size = this.#codeSize;
    // all that may fail comes before the norms that are not there yet
    const zeros = this.#engine.scratch('sq.zeros', d * 4);
    this.#norms.reserve(n - known + 3);
    const at = this.#norms.extend(n - known);
    this.#engine.memory.f32(zeros, d).fill(0);
    this.#engine.kernels.sqL2(
      this.#whole.code,
      zeros,
      table + d * 4,
      codes + known * size,
      size,
      d,
      0,
      n - known,
      at,
    );
  }

  /** The query's weights as i16 at `v`, and those that make bounds of the products; slack outweighs what float32 loses. */
  #weigh(table: Ptr, v: Ptr): Ptr {
    const engine = this.#engine;
    const d = this.#d;
    const { top } = this.#whole;
    const weights = engine.scratch('sq.bounding', 16);
    const { floats } = engine;
    const at = table >>> 2;
    const of = (j: number): number => (this.#ip ? floats[at + j]! : floats[at + j]! * floats[at + d + j]!);
    let [largest, square, sum] = [0, 0, 0];
    for (let j = 0; j < d; j++) {
      const w = Math.abs(of(j));
      if (w > largest) largest = w;
      sum += w;
      square += floats[at + j]! ** 2;
    }
    const scale = largest / this.#most;
    const inverse = largest > 0 ? this.#most / largest : 0;
    const whole = engine.memory.u16(v, d);
    let lost = 0;
    for (let j = 0; j < d; j++) {
      const w = of(j);
      const q = Math.round(w * inverse);
      whole[j] = q;
      lost += Math.abs(w - scale * q);
    }
    const slack = (d + 64) * 2 ** -23;
    const bounded = square < HUGE && sum * top < HUGE ? 0 : -Infinity;
    const error = lost * top + slack * sum * top;
    const base = this.#ip ? floats[at + d]! : 0;
    engine.memory
      .f32(weights, 3)
      .set(
        this.#ip
          ? [bounded - base - slack * Math.abs(base) - error, 0, -scale]
          : [bounded + square * (1 - slack) - 2 * error, 1 - slack, -2 * scale],
      );
    return weights;
  }
}
