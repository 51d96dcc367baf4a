import { isSimilarity, type Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { type ExtraMetric, isExtraMetric, type RowDistance, rowDistance } from '../extra-metrics.js';
import { Bounds } from './bounds.js';

/** Below this many dimensions a vector of centroids at a time beats a dot product a centroid. */
export const SHORT = 16;
/** From so many rows on, bounds repay what it takes to make them. */
const BOUNDS_FROM = 2048;

/** Finds the nearest centroid of each row of a block, in kernel memory. */
export interface Assigner {
  /** Takes the centroids `(k, d)`; they are copied. */
  load(centroids: Float32Array): void;
  /** Assigns the `count` rows at `x`; results are at {@link indices} (u32) and {@link distances} (f32). */
  assign(x: Ptr, count: number): void;
  /** Gives back what {@link assign} has kept between calls; further calls make it anew. */
  free(): void;
  readonly indices: Ptr;
  readonly distances: Ptr;
}

/** The assigner for `k` centroids of `d` dimensions and blocks of at most `blockRows` rows. */
export function createAssigner(
  engine: Engine,
  metric: Metric,
  k: number,
  d: number,
  blockRows: number,
  metricArg = 0,
): Assigner {
  if (isExtraMetric(metric))
    return new MetricAssigner(engine, rowDistance(metric, metricArg), metric, d, blockRows);
  return metric === 'l2' && d < SHORT
    ? new ShortAssigner(engine, k, d, blockRows)
    : new BlockAssigner(engine, metric, k, d, blockRows);
}

/** Compares with every centroid, without kernels; among equals the first, and the first of all where no distance is defined. */
class MetricAssigner implements Assigner {
  readonly indices: Ptr;
  readonly distances: Ptr;
  readonly #engine: Engine;
  readonly #distance: RowDistance;
  readonly #sign: number;
  readonly #d: number;
  #centroids: Float32Array = new Float32Array(0);

  constructor(engine: Engine, distance: RowDistance, metric: ExtraMetric, d: number, blockRows: number) {
    this.#engine = engine;
    this.#distance = distance;
    this.#sign = isSimilarity(metric) ? -1 : 1;
    this.#d = d;
    this.indices = engine.scratch('assign.indices', blockRows * 4);
    this.distances = engine.scratch('assign.distances', blockRows * 4);
  }

  load(centroids: Float32Array): void {
    this.#centroids = centroids.slice();
  }

  assign(x: Ptr, count: number): void {
    const d = this.#d;
    const { memory } = this.#engine;
    const indices = memory.u32(this.indices, count);
    const distances = memory.f32(this.distances, count);
    for (let i = 0; i < count; i++) {
      const row = memory.f32(x + i * d * 4, d);
      let [best, nearest] = [Number.POSITIVE_INFINITY, 0];
      for (let at = 0; at < this.#centroids.length; at += d) {
        const distance = this.#sign * this.#distance(row, this.#centroids, at);
        if (distance < best) [best, nearest] = [distance, at / d];
      }
      indices[i] = nearest;
      distances[i] = this.#sign * best;
    }
  }

  free(): void {}
}

class ShortAssigner implements Assigner {
  readonly indices: Ptr;
  readonly distances: Ptr;
  readonly #engine: Engine;
  readonly #k: number;
  readonly #d: number;
  readonly #transposed: Ptr;

  constructor(engine: Engine, k: number, d: number, blockRows: number) {
    this.#engine = engine;
    this.#k = k;
    this.#d = d;
    this.#transposed = engine.scratch('assign.centroids', k * d * 4);
    this.indices = engine.scratch('assign.indices', blockRows * 4);
    this.distances = engine.scratch('assign.distances', blockRows * 4);
  }

  load(centroids: Float32Array): void {
    const out = this.#engine.memory.f32(this.#transposed, this.#k * this.#d);
    for (let i = 0; i < this.#k; i++) {
      for (let j = 0; j < this.#d; j++) out[j * this.#k + i] = centroids[i * this.#d + j]!;
    }
  }

  assign(x: Ptr, count: number): void {
    const d = this.#d;
    this.#engine.kernels.assignSub(x, count, d, this.#transposed, this.#k, d, this.indices, this.distances);
  }

  free(): void {}
}

/** What lies in kernel memory for a {@link RowAssigner}: `k` rows of `d` floats, and their squared lengths, which ip leaves out. */
export interface PlacedRows {
  readonly rows: Ptr;
  readonly norms: Ptr;
  readonly k: number;
  readonly d: number;
}

/** Assigns by dot products to rows where they are, all of them or those that {@link Bounds} leave. */
export class RowAssigner {
  readonly #engine: Engine;
  readonly #metric: Metric;
  readonly #placed: PlacedRows;
  readonly #blockRows: number;
  /** Rows so far: bounds are made once there is something to save. */
  #assigned = 0;
  #bounds: Bounds | undefined;

  constructor(engine: Engine, metric: Metric, placed: PlacedRows, blockRows: number) {
    this.#engine = engine;
    this.#metric = metric;
    this.#placed = placed;
    this.#blockRows = blockRows;
  }

  /** @see Assigner.indices */
  get indices(): Ptr {
    return this.#engine.scratch('assign.indices', this.#blockRows * 4);
  }

  /** @see Assigner.distances */
  get distances(): Ptr {
    return this.#engine.scratch('assign.distances', this.#blockRows * 4);
  }

  /** To be called when the rows have changed. */
  refresh(): void {
    this.#bounds?.refresh();
  }

  /** @see Assigner.assign */
  assign(x: Ptr, count: number): void {
    const { kernels } = this.#engine;
    const { rows, norms, k, d } = this.#placed;
    const { indices, distances } = this;
    this.#assigned += count;
    if (this.#assigned >= BOUNDS_FROM) this.#bounds ??= Bounds.for(this.#engine, this.#metric, this.#placed);
    if (this.#bounds?.assign(x, count, { indices, distances })) return;
    const scratch = this.#engine.scratch('assign.scratch', kernels.scratchAssign(this.#blockRows, k));
    if (this.#metric === 'ip') kernels.assignIp(x, count, rows, k, d, indices, distances, scratch);
    else kernels.assignL2(x, count, rows, k, d, norms, indices, distances, scratch);
  }

  /** @see Assigner.free */
  free(): void {
    this.#bounds?.free();
    this.#bounds = undefined;
  }
}

/** {@link RowAssigner} over a copy of the centroids. */
class BlockAssigner extends RowAssigner implements Assigner {
  readonly #load: (centroids: Float32Array) => void;

  constructor(engine: Engine, metric: Metric, k: number, d: number, blockRows: number) {
    const rows = engine.scratch('assign.centroids', k * d * 4);
    const norms = engine.scratch('assign.norms', k * 4);
    super(engine, metric, { rows, norms, k, d }, blockRows);
    this.#load = (centroids) => {
      engine.memory.f32(rows, centroids.length).set(centroids);
      engine.kernels.normsSqr(rows, d, k, norms);
      this.refresh();
    };
  }

  load(centroids: Float32Array): void {
    this.#load(centroids);
  }
}
