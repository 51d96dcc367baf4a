import type { Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import type { PlacedRows } from './assigner.js';
import { principalBasis } from './principal-basis.js';

/** Fewer rows or dimensions are compared in full sooner than bounded. */
const LEAST_ROWS = 128;
const LEAST_DIMENSIONS = 32;
/** Beyond, the slack for float32's rounding grows with the dimensions past what bounds gain. */
const MOST_DIMENSIONS = 16384;
/** Sizes of a bound that are tried; rows of few dimensions also try all of these, as their spectra may be flat. */
const SIZES = [16, 24, 32, 48, 64];
const FLAT_DIMENSIONS = 128;
/** Rows that the choice of a size is measured on. */
const PROBE_ROWS = 128;
/** After so many changes of the rows a size is not chosen anew for that: centroids settle. */
const CHOICES = 3;
/** A size is chosen anew when rows come that take this much more work than those that it was chosen for. */
const SURPRISE = 1.2;
/** Work in multiply-adds of a full pass, as measured: of a comparison, `2 d + 80`, and of a bound but for its product. */
const comparison = (d: number): number => 2 * d + 80;
const BOUND = 10;

/** Where results go, and what the assign kernels want. */
export interface AssignPlaces {
  readonly indices: Ptr;
  readonly distances: Ptr;
}

/**
 * Assignment with bounds from the leading principal directions: the same results as without. Whether bounds pay, and of
 * which size, is counted on the first rows that come after a change, so it depends on the data and on no clock.
 */
export class Bounds {
  readonly #engine: Engine;
  readonly #metric: Metric;
  readonly #placed: PlacedRows;
  readonly #sizes: readonly number[];
  readonly #basis: Ptr;
  readonly #table: Ptr;
  readonly #scratch: Ptr;
  readonly #count: Ptr;
  /** `(largest size - 1, d)`; undefined until the first rows come. */
  #directions: Float32Array | undefined;
  /** Size in use; 0 while bounds do not pay, undefined while that is open. */
  #size: number | undefined;
  /** Work a row that was measured when the size was chosen. */
  #expected = 0;
  #tableStale = true;
  #choices = 0;
  /** Rows since the last choice, and how many there have to be before the next for their work alone. */
  #rowsSince = 0;
  #patience = 8192;

  /** Bounds for `placed`, or undefined where they cannot pay. */
  static for(engine: Engine, metric: Metric, placed: PlacedRows): Bounds | undefined {
    const { k, d } = placed;
    const fits = k >= LEAST_ROWS && d >= LEAST_DIMENSIONS && d <= MOST_DIMENSIONS;
    return fits && engine.kernels.level !== 'scalar' ? new Bounds(engine, metric, placed) : undefined;
  }

  private constructor(engine: Engine, metric: Metric, placed: PlacedRows) {
    const { k, d } = placed;
    const { memory, kernels } = engine;
    this.#engine = engine;
    this.#metric = metric;
    this.#placed = placed;
    const sizes = SIZES.filter((m) => m <= d);
    if (d <= FLAT_DIMENSIONS && d >= 80) sizes.push(d & ~7);
    this.#sizes = sizes;
    const largest = sizes.at(-1)!;
    this.#basis = memory.alloc(largest * d * 4);
    this.#table = memory.alloc(kernels.boundTableBytes(k, largest));
    this.#scratch = memory.alloc(kernels.scratchBounded(k));
    this.#count = memory.alloc(4);
  }

  /** The rows have changed. */
  refresh(): void {
    this.#tableStale = true;
    if (this.#choices < CHOICES) this.#size = undefined;
  }

  /** Assigns the rows at x as the assign kernels do; false if that is left to them. */
  assign(x: Ptr, count: number, places: AssignPlaces): boolean {
    this.#size ??= this.#choose(x, Math.min(count, PROBE_ROWS), places);
    const size = this.#size;
    this.#rowsSince += count;
    if (size === 0) {
      this.#reconsider();
      return false;
    }
    if (this.#tableStale) this.#load(size);
    const work = this.#fixed(size) + (comparison(this.#placed.d) * this.#run(x, count, size, places)) / count;
    if (work > SURPRISE * this.#expected) this.#reconsider();
    return true;
  }

  /** Has the next rows choose anew, now and then. */
  #reconsider(): void {
    if (this.#rowsSince < this.#patience) return;
    this.#size = undefined;
    this.#patience *= 2;
  }

  /** Work a row of bounds of size m, before any comparison. */
  #fixed(m: number): number {
    const { k, d } = this.#placed;
    return m * (d + k / 2) + BOUND * k;
  }

  /** The size with the least work for the rows at x, 0 for none. */
  #choose(x: Ptr, count: number, places: AssignPlaces): number {
    const { k, d, rows } = this.#placed;
    const most = this.#sizes.at(-1)!;
    this.#directions ??= principalBasis(this.#engine, rows, k, d, most - 1);
    this.#choices++;
    let best = 0;
    let least = k * d;
    for (const m of this.#sizes) {
      if (this.#fixed(m) >= least) break;
      this.#load(m);
      const work = this.#fixed(m) + (comparison(d) * this.#run(x, count, m, places)) / count;
      if (work < least) [best, least] = [m, work];
    }
    this.#tableStale = true;
    this.#expected = least;
    this.#rowsSince = 0;
    return best;
  }

  #load(m: number): void {
    const { kernels, memory } = this.#engine;
    const { rows, norms, k, d } = this.#placed;
    const basis = memory.f32(this.#basis, m * d);
    basis.set(this.#directions!.subarray(0, (m - 1) * d));
    basis.fill(0, (m - 1) * d);
    const yNorms = this.#metric === 'ip' ? 0 : norms;
    kernels.boundRows(rows, k, d, yNorms, this.#basis, m, this.#table, this.#scratch);
    this.#tableStale = false;
  }

  /** Returns how many pairs were compared in full. */
  #run(x: Ptr, n: number, m: number, { indices, distances }: AssignPlaces): number {
    const { kernels, memory } = this.#engine;
    const { rows, norms, k, d } = this.#placed;
    memory.u32(this.#count, 1)[0] = 0;
    const rest = [this.#basis, m, this.#table, indices, distances, this.#count, this.#scratch] as const;
    if (this.#metric === 'ip') kernels.assignBoundedIp(x, n, rows, k, d, ...rest);
    else kernels.assignBoundedL2(x, n, rows, k, d, norms, ...rest);
    return memory.u32(this.#count, 1)[0]!;
  }

  free(): void {
    for (const ptr of [this.#basis, this.#table, this.#scratch, this.#count]) this.#engine.memory.free(ptr);
  }
}
