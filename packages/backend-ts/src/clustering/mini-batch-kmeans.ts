import { LutraError, type Progress } from '@lutra/core';
import { type KernelSet, loadKernels } from '@lutra/kernels';
import { assertSeed } from '../call-checks.js';
import { Engine } from '../engine.js';
import { assertCount } from '../parameters.js';
import { RandomGenerator } from '../random/mt19937.js';
import { randPerm } from '../random/rand-perm.js';
import { assertWholeRows } from '../rows/blocks.js';
import { assertFinite } from '../rows/finite.js';
import { Task } from '../task.js';
import { type Assigner, createAssigner } from './assigner.js';

/** Batches without a better smoothed inertia before it stops. */
const PATIENCE = 10;
const MAX_EPOCHS = 100;
/** A centre with less than this share of the largest centre's weight is moved to a random point of the batch. */
const STARVED = 0.01;

export interface MiniBatchKmeansOptions {
  readonly d: number;
  readonly k: number;
  /** Points a step; 1024 unless told. */
  readonly batchRows?: number;
  readonly seed?: number;
  readonly kernels?: KernelSet;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/**
 * k centres of x, `(n, d)` row-major, as `(k, d)`: each step moves the centres towards the points of one random batch by a
 * rate that falls with the points they have seen. Starts from k random rows, moves starved centres, and stops when the
 * smoothed inertia has not improved for ten batches or after 100 passes. Same seed, same centres.
 * @throws LutraError `ARGUMENT` for fewer rows than centres or values that are not finite, `SHAPE`, `ABORTED`
 * @see Sculley 2010, "Web-scale k-means clustering"
 */
export async function miniBatchKmeans(
  x: Float32Array,
  options: MiniBatchKmeansOptions,
): Promise<Float32Array> {
  const { d, k, batchRows = 1024 } = options;
  const n = assertArguments(x, d, k, batchRows);
  assertSeed(options.seed);
  if (n < k) {
    throw new LutraError('ARGUMENT', `k-means: ${n} rows for ${k} centres`, {
      argument: 'x',
      expected: `at least ${k} rows`,
    });
  }
  assertFinite('k-means', x, d, 0);
  const task = new Task(options);
  const engine = new Engine((options.kernels ?? (await loadKernels())).instantiate());
  const random = new RandomGenerator(task.seed);
  const centres = new Float32Array(k * d);
  randPerm(n, task.seed)
    .subarray(0, k)
    .forEach((row, i) => {
      centres.set(x.subarray(row * d, (row + 1) * d), i * d);
    });
  const batch = Math.min(batchRows, n);
  const step = new Step(engine, centres, createAssigner(engine, 'l2', k, d, batch), { k, d, batch, random });
  const rule = new StopRule(batch, n);
  const most = Math.max(1, Math.floor((MAX_EPOCHS * n) / batch));
  for (let i = 0; i < most; i++) {
    const inertia = step.run(x, n);
    task.progress('k-means', i + 1, undefined);
    await task.breathe();
    if (rule.stops(inertia)) break;
  }
  return centres;
}

/** Returns the number of rows. */
function assertArguments(x: Float32Array, d: number, k: number, batchRows: number): number {
  assertCount('d', d);
  assertCount('k', k);
  assertCount('batchRows', batchRows);
  assertWholeRows('k-means', x, d);
  return x.length / d;
}

/** One batch after the other over the same centres. */
class Step {
  readonly #engine: Engine;
  readonly #centres: Float32Array;
  readonly #assigner: Assigner;
  readonly #shape: { k: number; d: number; batch: number; random: RandomGenerator };
  readonly #weights: Float64Array;
  readonly #block: number;
  #seen = 0;

  constructor(
    engine: Engine,
    centres: Float32Array,
    assigner: Assigner,
    shape: { k: number; d: number; batch: number; random: RandomGenerator },
  ) {
    this.#engine = engine;
    this.#centres = centres;
    this.#assigner = assigner;
    this.#shape = shape;
    this.#weights = new Float64Array(shape.k);
    this.#block = engine.scratch('minibatch', shape.batch * shape.d * 4);
  }

  /** Moves the centres by one random batch; returns the mean squared distance before the move. */
  run(x: Float32Array, n: number): number {
    const { d, batch, random } = this.#shape;
    const rows = this.#engine.memory.f32(this.#block, batch * d);
    for (let i = 0; i < batch; i++) {
      const row = random.randIntMax(n);
      rows.set(x.subarray(row * d, (row + 1) * d), i * d);
    }
    this.#assigner.load(this.#centres);
    this.#assigner.assign(this.#block, batch);
    const points = this.#engine.memory.f32(this.#block, batch * d);
    const nearest = this.#engine.memory.u32(this.#assigner.indices, batch);
    const distances = this.#engine.memory.f32(this.#assigner.distances, batch);
    for (let i = 0; i < batch; i++) this.#move(nearest[i]!, points, i);
    this.#seen += batch;
    if (this.#seen % (10 * this.#shape.k) < batch) this.#feed(points);
    return distances.reduce((sum, v) => sum + v, 0) / batch;
  }

  #move(centre: number, points: Float32Array, i: number): void {
    const { d } = this.#shape;
    const rate = 1 / ++this.#weights[centre]!;
    const c = this.#centres;
    for (let j = 0; j < d; j++) c[centre * d + j]! += rate * (points[i * d + j]! - c[centre * d + j]!);
  }

  /** Gives starved centres a random point of the batch, at most half of it. */
  #feed(points: Float32Array): void {
    const { k, d, batch, random } = this.#shape;
    const weights = this.#weights;
    const least = STARVED * weights.reduce((a, b) => Math.max(a, b), 0);
    let left = batch >> 1;
    for (let c = 0; c < k && left > 0; c++) {
      if (weights[c]! >= least) continue;
      const row = random.randIntMax(batch);
      this.#centres.set(points.subarray(row * d, (row + 1) * d), c * d);
      weights[c] = least;
      left--;
    }
  }
}

/** Watches an exponentially smoothed inertia. */
class StopRule {
  readonly #alpha: number;
  #smoothed: number | undefined;
  #best: number = Number.POSITIVE_INFINITY;
  #idle = 0;

  constructor(batch: number, n: number) {
    this.#alpha = Math.min(1, (2 * batch) / (n + 1));
  }

  stops(inertia: number): boolean {
    const last = this.#smoothed;
    this.#smoothed = last === undefined ? inertia : last * (1 - this.#alpha) + inertia * this.#alpha;
    if (this.#smoothed < this.#best) {
      this.#best = this.#smoothed;
      this.#idle = 0;
    } else this.#idle++;
    return this.#idle >= PATIENCE;
  }
}
