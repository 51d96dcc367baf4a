import { LutraError, type Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { isExtraMetric } from '../extra-metrics.js';
import { randPerm } from '../random/rand-perm.js';
import type { Task } from '../task.js';
import type { NearestBlock } from '../threads/training-threads.js';
import { type Assigner, createAssigner } from './assigner.js';
import { gatherRows, type RowView, viewRows } from './row-view.js';
import { splitEmptyClusters } from './split.js';
import { subsample } from './subsample.js';

/** More points than this a centroid are not looked at. */
export const MAX_POINTS_PER_CENTROID = 256;
const BLOCK_ROWS = 1024;
/** Points of so few numbers, 8 MiB, stay in kernel memory from iteration to iteration. */
const KEPT_FLOATS = 2 ** 21;

export interface KmeansOptions {
  readonly k: number;
  readonly niter: number;
  readonly seed: number;
  /** Which centroid is nearest; `ip` is for normalised ones. */
  readonly metric: Metric;
  /** p of lp. */
  readonly metricArg?: number;
  /** Normalise the centroids after each iteration. */
  readonly spherical: boolean;
  /** Points beyond this many a centroid are left out, by a seeded permutation. */
  readonly maxPointsPerCentroid?: number;
  /** Start from these `(k, d)` instead of a random choice of points. */
  readonly initial?: Float32Array;
  /** Called after each iteration with the number done. */
  readonly onIteration?: (done: number) => void;
}

/**
 * k centroids, `(k, d)`, by Lloyd's algorithm with faiss's choices: a seeded subsample, seeded points as the start, float32
 * sums in point order, empty clusters split off full ones, an early stop when the objective stands still.
 * @throws LutraError `ARGUMENT` for fewer points than centroids, `ABORTED`
 * @see faiss/Clustering.cpp
 */
export async function kmeans(
  engine: Engine,
  points: RowView,
  options: KmeansOptions,
  task: Task,
): Promise<Float32Array> {
  const { k, seed, spherical } = options;
  const { d } = points;
  assertEnoughPoints(points.n, k);
  const view = subsample(points, (options.maxPointsPerCentroid ?? MAX_POINTS_PER_CENTROID) * k, seed);
  const centroids = new Float32Array(k * d);
  if (view.n === k) {
    gatherRows(view, 0, k, centroids);
    return centroids;
  }
  if (options.initial) centroids.set(options.initial);
  else gatherRows({ ...view, order: startOrder(view, k, seed) }, 0, k, centroids);
  if (spherical) normalizeRows(centroids, k, d);

  const state = {
    centroids,
    counts: engine.scratch('kmeans.counts', k * 4),
    sums: engine.scratch('kmeans.sums', k * d * 4),
  };
  const assigner = createAssigner(engine, options.metric, k, d, BLOCK_ROWS, options.metricArg);
  const threads = isExtraMetric(options.metric)
    ? undefined
    : task.threads?.assigning(view, k, options.metric);
  const blocks = new PointBlocks(engine, threads?.points ?? view);
  try {
    let previous = Number.NaN;
    for (let iteration = 0; iteration < options.niter; iteration++) {
      if (!threads) assigner.load(centroids);
      const found = threads?.pass(centroids, BLOCK_ROWS);
      const objective = await assignAll(engine, blocks, assigner, state, task, found).finally(() =>
        found?.return(undefined),
      );
      splitEmptyClusters(update(engine, state, k, d), centroids, { k, d, n: view.n, seed });
      if (spherical) normalizeRows(centroids, k, d);
      options.onIteration?.(iteration + 1);
      if (objective === previous) break;
      previous = objective;
    }
  } finally {
    assigner.free();
  }
  return centroids;
}

/** Throws `ARGUMENT` for fewer points than centroids. */
export function assertEnoughPoints(n: number, k: number): void {
  if (n >= k) return;
  throw new LutraError('ARGUMENT', `train: ${n} rows for ${k} centroids, at least ${k} are wanted`, {
    argument: 'x',
    expected: `at least ${k} rows`,
  });
}

function startOrder(view: RowView, k: number, seed: number): Uint32Array {
  const picked = randPerm(view.n, (seed + 1) >>> 0).slice(0, k);
  const { order } = view;
  return order ? picked.map((i) => order[i]!) : picked;
}

interface KmeansState {
  readonly centroids: Float32Array;
  /** f32 `(k)` and `(k, d)` in kernel memory. */
  readonly counts: Ptr;
  readonly sums: Ptr;
}

/** The points in kernel memory, a block at a time, or all at once where they are few. */
class PointBlocks {
  readonly n: number;
  readonly d: number;
  readonly #engine: Engine;
  readonly #view: RowView;
  readonly #at: Ptr;
  readonly #kept: boolean;

  constructor(engine: Engine, view: RowView) {
    this.n = view.n;
    this.d = view.d;
    this.#engine = engine;
    this.#kept = view.n * view.d <= KEPT_FLOATS;
    this.#view = this.#kept ? view : inOrder(view);
    const rows = this.#kept ? view.n : BLOCK_ROWS;
    this.#at = engine.scratch('kmeans.block', rows * view.d * 4);
    if (this.#kept) gatherRows(view, 0, view.n, engine.memory.f32(this.#at, view.n * view.d));
  }

  /** Where points `[start, start + count)` are, until the next call. */
  rows(start: number, count: number): Ptr {
    if (this.#kept) return this.#at + start * this.d * 4;
    gatherRows(this.#view, start, count, this.#engine.memory.f32(this.#at, count * this.d));
    return this.#at;
  }
}

/** The same points one after the other: rows picked here and there cost a miss of all caches each, every time. */
function inOrder(view: RowView): RowView {
  const { n, d, order } = view;
  if (!order) return view;
  const data = new Float32Array(n * d);
  gatherRows(view, 0, n, data);
  return viewRows(data, n, d);
}

/** One pass over the points: counts and sums by nearest centroid; returns the objective in float32, summed in order. */
async function assignAll(
  engine: Engine,
  blocks: PointBlocks,
  assigner: Assigner,
  { centroids, counts, sums }: KmeansState,
  task: Task,
  found?: AsyncGenerator<NearestBlock>,
): Promise<number> {
  const { n, d } = blocks;
  engine.memory.f32(sums, centroids.length).fill(0);
  engine.memory.f32(counts, centroids.length / d).fill(0);
  let objective = 0;
  for (let start = 0; start < n; start += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, n - start);
    const rows = blocks.rows(start, count);
    if (found) place(engine, assigner, (await found.next()).value);
    else assigner.assign(rows, count);
    engine.kernels.sumByIdx(rows, count, d, assigner.indices, sums, counts);
    const distances = engine.memory.f32(assigner.distances, count);
    for (let i = 0; i < count; i++) objective = Math.fround(objective + distances[i]!);
    await task.breathe();
  }
  return objective;
}

/** Puts what other threads found where the assigner would. */
function place(engine: Engine, assigner: Assigner, { indices, distances }: NearestBlock): void {
  engine.memory.u32(assigner.indices, indices.length).set(indices);
  engine.memory.f32(assigner.distances, distances.length).set(distances);
}

/** Means of the clusters that have points, zeros for the others until they are split off; returns the counts. */
function update(
  engine: Engine,
  { centroids, counts, sums }: KmeansState,
  k: number,
  d: number,
): Float32Array {
  const size = engine.memory.f32(counts, k).slice();
  const sum = engine.memory.f32(sums, k * d);
  for (let i = 0; i < k; i++) {
    const factor = size[i] === 0 ? 0 : Math.fround(1 / size[i]!);
    for (let j = i * d; j < (i + 1) * d; j++) centroids[j] = sum[j]! * factor;
  }
  return size;
}

/** Divides each row by its Euclidean norm; zero rows stay. */
export function normalizeRows(x: Float32Array, n: number, d: number): void {
  for (let i = 0; i < n; i++) {
    let norm = 0;
    for (let j = i * d; j < (i + 1) * d; j++) norm += x[j]! * x[j]!;
    if (norm === 0) continue;
    const factor = Math.fround(1 / Math.sqrt(norm));
    for (let j = i * d; j < (i + 1) * d; j++) x[j]! *= factor;
  }
}
