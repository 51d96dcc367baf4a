import type { Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';

/** Below this many dimensions a vector of centroids at a time beats a dot product a centroid. */
export const SHORT = 16;

/** Finds the nearest centroid of each row of a block, in kernel memory. */
export interface Assigner {
  /** Takes the centroids `(k, d)`; they are copied. */
  load(centroids: Float32Array): void;
  /** Assigns the `count` rows at `x`; results are at {@link indices} (u32) and {@link distances} (f32). */
  assign(x: Ptr, count: number): void;
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
): Assigner {
  return metric === 'l2' && d < SHORT
    ? new ShortAssigner(engine, k, d, blockRows)
    : new BlockAssigner(engine, metric, k, d, blockRows);
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
}

class BlockAssigner implements Assigner {
  readonly indices: Ptr;
  readonly distances: Ptr;
  readonly #engine: Engine;
  readonly #metric: Metric;
  readonly #k: number;
  readonly #d: number;
  readonly #centroids: Ptr;
  readonly #norms: Ptr;
  readonly #scratch: Ptr;

  constructor(engine: Engine, metric: Metric, k: number, d: number, blockRows: number) {
    this.#engine = engine;
    this.#metric = metric;
    this.#k = k;
    this.#d = d;
    this.#centroids = engine.scratch('assign.centroids', k * d * 4);
    this.#norms = engine.scratch('assign.norms', k * 4);
    this.indices = engine.scratch('assign.indices', blockRows * 4);
    this.distances = engine.scratch('assign.distances', blockRows * 4);
    this.#scratch = engine.scratch('assign.scratch', engine.kernels.scratchAssign(blockRows, k));
  }

  load(centroids: Float32Array): void {
    this.#engine.memory.f32(this.#centroids, centroids.length).set(centroids);
    this.#engine.kernels.normsSqr(this.#centroids, this.#d, this.#k, this.#norms);
  }

  assign(x: Ptr, count: number): void {
    const { kernels } = this.#engine;
    const c = this.#centroids;
    if (this.#metric === 'ip') {
      kernels.assignIp(x, count, c, this.#k, this.#d, this.indices, this.distances, this.#scratch);
    } else {
      kernels.assignL2(
        x,
        count,
        c,
        this.#k,
        this.#d,
        this.#norms,
        this.indices,
        this.distances,
        this.#scratch,
      );
    }
  }
}
