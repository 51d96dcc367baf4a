import type { Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from './engine.js';

/** Squared lengths of queries up to which bounds are sure. */
const HUGE = 1e37;
/** Rows that the mean is taken of. */
const SAMPLE = 4096;

/** A query as bytes, and the weights that make bounds of the facts about rows; in scratch memory. */
export interface Int8Query {
  readonly u: Ptr;
  readonly weights: Ptr;
}

/** Queries against rows in bytes: the point that both are seen from, and what {@link Kernels.boundSelect} wants of each. */
export class Int8Queries {
  readonly #engine: Engine;
  readonly #d: number;
  readonly #metric: Metric;
  readonly #slack: number;
  /** Mean of the first rows, 0 until then. */
  mean: Ptr = 0;
  meanNorm = 0;

  /** @param roundings - of a component until it is compared, at most: what bounds leave for float32 to lose */
  constructor(engine: Engine, d: number, metric: Metric, roundings: number = d + 64) {
    this.#engine = engine;
    this.#d = d;
    this.#metric = metric;
    this.#slack = roundings * 2 ** -24;
  }

  /** Takes the mean of a sample of `n` rows, the first float of each at `rowAt`; any point would do, a near one makes the bounds tight. */
  center(n: number, rowAt: (i: number) => Ptr): void {
    const d = this.#d;
    const sums = new Float64Array(d);
    const step = Math.max(1, Math.floor(n / SAMPLE));
    const { floats } = this.#engine;
    let count = 0;
    for (let i = 0; i < n; i += step, count++) {
      const at = rowAt(i) >>> 2;
      for (let j = 0; j < d; j++) sums[j]! += floats[at + j]!;
    }
    this.mean = this.#engine.hold(Float32Array.from(sums, (sum) => sum / count));
    this.meanNorm = Math.hypot(...sums) / count;
  }

  /** Forgets the mean; the rows have gone. */
  clear(): void {
    this.#engine.memory.free(this.mean);
    this.mean = 0;
  }

  /**
   * What x, f32 `(d)`, wants for bounds. A slack outweighs what float32 loses, here and in the distances themselves.
   * @param fine - of 12 bits instead of 7, for {@link GraphRecords}
   */
  weigh(x: Ptr, fine = false): Int8Query {
    const engine = this.#engine;
    const { kernels } = engine;
    const ip = this.#metric === 'ip';
    const u = engine.scratch('int8.query', Math.ceil(this.#d / 16) * (fine ? 32 : 16));
    const facts = engine.scratch('int8.facts', 12);
    const weights = engine.scratch('int8.weights', 20);
    kernels[fine ? 'int12Query' : 'int8Query'](x, this.#d, ip ? 0 : this.mean, u, facts);
    const [square, scale, lost] = engine.memory.f32(facts, 3);
    const norm = Math.sqrt(square!);
    const slack = this.#slack;
    // beyond that products overflow: no bound, and every row is compared
    const bounded = square! < HUGE ? 0 : -Infinity;
    const out = engine.memory.f32(weights, 5);
    if (ip) {
      const more = slack * norm;
      out.set([
        bounded - this.#timesMean(x) - 2 * more * this.meanNorm,
        0,
        -scale!,
        -(lost! * (1 + slack) + more),
        -norm - more,
      ]);
    } else {
      const [kept, rest] = [-2 * lost! * (1 + slack), -2 * norm * (1 + slack)];
      out.set([bounded + square! * (1 - slack), 1 - slack, -2 * scale!, kept, rest]);
    }
    return { u, weights };
  }

  #timesMean(x: Ptr): number {
    const { floats } = this.#engine;
    let sum = 0;
    for (let j = 0; j < this.#d; j++) sum += floats[(x >>> 2) + j]! * floats[(this.mean >>> 2) + j]!;
    return sum;
  }
}
