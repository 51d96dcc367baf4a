import { LutraError, type Metric } from '@lutra/core';
import type { Engine } from '../engine.js';
import { randPerm } from '../random/rand-perm.js';
import type { Task } from '../task.js';
import { createAssigner } from './assigner.js';
import { gatherRows, type RowView } from './row-view.js';
import { splitEmptyClusters } from './split.js';
import { subsample } from './subsample.js';

/** More points than this a centroid are not looked at. */
export const MAX_POINTS_PER_CENTROID = 256;
const BLOCK_ROWS = 1024;

export interface KmeansOptions {
  readonly k: number;
  readonly niter: number;
  readonly seed: number;
  /** Which centroid is nearest; `ip` is for normalised ones. */
  readonly metric: Metric;
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

  const state = { centroids, counts: new Float32Array(k), sums: new Float32Array(k * d) };
  const assigner = createAssigner(engine, options.metric, k, d, BLOCK_ROWS);
  const block = engine.scratch('kmeans.block', BLOCK_ROWS * d * 4);
  try {
    let previous = Number.NaN;
    for (let iteration = 0; iteration < options.niter; iteration++) {
      assigner.load(centroids);
      const objective = await assignAll(engine, view, assigner, block, state, task);
      update(state, k, d);
      splitEmptyClusters(state.counts, centroids, { k, d, n: view.n, seed });
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
  readonly counts: Float32Array;
  readonly sums: Float32Array;
}

/** One pass over the points: counts and sums by nearest centroid; returns the objective in float32, summed in order. */
async function assignAll(
  engine: Engine,
  view: RowView,
  assigner: ReturnType<typeof createAssigner>,
  block: number,
  state: KmeansState,
  task: Task,
): Promise<number> {
  const { d } = view;
  state.counts.fill(0);
  state.sums.fill(0);
  let objective = 0;
  for (let start = 0; start < view.n; start += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, view.n - start);
    gatherRows(view, start, count, engine.memory.f32(block, count * d));
    assigner.assign(block, count);
    const rows = engine.memory.f32(block, count * d);
    const indices = engine.memory.u32(assigner.indices, count);
    const distances = engine.memory.f32(assigner.distances, count);
    accumulate(state, rows, indices, count, d);
    for (let i = 0; i < count; i++) objective = Math.fround(objective + distances[i]!);
    await task.breathe();
  }
  return objective;
}

function accumulate(
  state: KmeansState,
  rows: Float32Array,
  indices: Uint32Array,
  count: number,
  d: number,
): void {
  const { sums, counts } = state;
  for (let i = 0; i < count; i++) {
    const c = indices[i]!;
    counts[c]!++;
    const to = c * d;
    const from = i * d;
    for (let j = 0; j < d; j++) sums[to + j]! += rows[from + j]!;
  }
}

/** Means of the clusters that have points; the others keep zeros until they are split off. */
function update({ centroids, counts, sums }: KmeansState, k: number, d: number): void {
  for (let i = 0; i < k; i++) {
    const factor = counts[i] === 0 ? 0 : Math.fround(1 / counts[i]!);
    for (let j = i * d; j < (i + 1) * d; j++) centroids[j] = sums[j]! * factor;
  }
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
