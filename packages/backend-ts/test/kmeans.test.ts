import { loadKernels } from '@lutra/kernels';
import { describe, expect, it } from 'vitest';
import { type KmeansOptions, kmeans } from '../src/clustering/kmeans.js';
import { viewRows } from '../src/clustering/row-view.js';
import { splitEmptyClusters } from '../src/clustering/split.js';
import { subsample } from '../src/clustering/subsample.js';
import { Engine } from '../src/engine.js';
import { miniBatchKmeans } from '../src/index.js';
import { Task } from '../src/task.js';
import { clusters } from './data.js';
import { LEVEL } from './engine.js';
import { expectError } from './expect-error.js';

const set = await loadKernels(LEVEL === undefined ? {} : { level: LEVEL });
const DEFAULTS = { niter: 25, seed: 1234, metric: 'l2', spherical: false } as const;

function run(x: Float32Array, n: number, d: number, options: Partial<KmeansOptions> & { k: number }) {
  return kmeans(new Engine(set.instantiate()), viewRows(x, n, d), { ...DEFAULTS, ...options }, new Task());
}

/** Mean squared distance to the nearest centroid. */
function objective(x: Float32Array, centroids: Float32Array, d: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i += d) {
    let best = Number.POSITIVE_INFINITY;
    for (let c = 0; c < centroids.length; c += d) {
      let dis = 0;
      for (let j = 0; j < d; j++) dis += (x[i + j]! - centroids[c + j]!) ** 2;
      if (dis < best) best = dis;
    }
    sum += best;
  }
  return (sum / x.length) * d;
}

describe('k-means', () => {
  // short and long rows take different kernels
  it.each([2, 8, 16, 33])('finds far-apart clusters of %d dimensions', async (d) => {
    const x = clusters(600, d, { seed: 4, centers: 6, spread: 0.02 });
    const centroids = await run(x, 600, d, { k: 24 });
    expect(objective(x, centroids, d)).toBeLessThan(0.02 * 0.02 * d);
  });

  it('never ends worse than it was after fewer iterations', async () => {
    const x = clusters(1000, 12, { seed: 4, spread: 1 });
    const found: number[] = [];
    for (const niter of [1, 2, 5, 25]) found.push(objective(x, await run(x, 1000, 12, { k: 16, niter }), 12));
    for (let i = 1; i < found.length; i++) expect(found[i]!).toBeLessThanOrEqual(found[i - 1]! * (1 + 1e-6));
  });

  it('takes the points themselves when there are as many as centroids, and refuses fewer', async () => {
    const x = clusters(10, 5, { seed: 1 });
    expect(await run(x, 10, 5, { k: 10 })).toEqual(x);
    await expectError(() => run(x, 10, 5, { k: 11 }), 'ARGUMENT', /10 rows for 11 centroids, at least 11/);
  });

  it('fills clusters that nobody is nearest to, even among equal points', async () => {
    const x = clusters(100, 4, { seed: 1, centers: 3, spread: 0 });
    const centroids = await run(x, 100, 4, { k: 20 });
    expect(centroids.every(Number.isFinite)).toBe(true);
    // split clusters stand 1/1024 off their donor
    expect(objective(x, centroids, 4)).toBeLessThan(1e-4);
    const same = new Float32Array(50 * 4).fill(2);
    for (const v of await run(same, 50, 4, { k: 7 })) expect(Math.abs(v - 2)).toBeLessThan(0.2);
  });

  it('normalises spherical centroids and assigns by product', async () => {
    const d = 6;
    const centroids = await run(clusters(500, d, { seed: 4 }), 500, d, {
      k: 9,
      metric: 'ip',
      spherical: true,
    });
    for (let c = 0; c < 9; c++) {
      const norm = Math.hypot(...centroids.subarray(c * d, (c + 1) * d));
      expect(Math.abs(norm - 1)).toBeLessThan(1e-6);
    }
  });

  it('stops when the objective stands still', async () => {
    const x = clusters(200, 8, { seed: 4, centers: 4, spread: 0.01 });
    let iterations = 0;
    const centroids = await run(x, 200, 8, { k: 4, niter: 500, onIteration: (done) => (iterations = done) });
    expect(iterations).toBeLessThan(50);
    expect(await run(x, 200, 8, { k: 4, niter: iterations })).toEqual(centroids);
  });

  it('looks at a seeded sample of at most so many points a centroid', async () => {
    const x = clusters(900, 8, { seed: 4 });
    const sample = subsample(viewRows(x, 900, 8), 50 * 4, 77);
    expect(new Set(sample.order).size).toBe(200);
    const gathered = Float32Array.from([...sample.order!].flatMap((i) => [...x.subarray(i * 8, i * 8 + 8)]));
    const a = await run(x, 900, 8, { k: 4, maxPointsPerCentroid: 50, seed: 77 });
    expect(await run(gathered, 200, 8, { k: 4, seed: 77 })).toEqual(a);
    expect(await run(x, 900, 8, { k: 4, maxPointsPerCentroid: 50, seed: 78 })).not.toEqual(a);
  });

  it('starts where it is told', async () => {
    const x = clusters(300, 4, { seed: 4 });
    const initial = x.slice(0, 5 * 4);
    expect(await run(x, 300, 4, { k: 5, niter: 0, initial })).toEqual(initial);
  });
});

describe('splitting', () => {
  it('halves donors, counts stay whole, the two centroids stay around the old one', () => {
    const [k, d] = [5, 4];
    const counts = Float32Array.of(60, 0, 30, 0, 10);
    const centroids = Float32Array.from({ length: k * d }, (_, i) => 1 + Math.floor(i / d));
    const before = centroids.slice();
    expect(splitEmptyClusters(counts, centroids, { k, d, n: 100, seed: 1234 })).toBe(2);
    expect(counts.every((c) => c > 0)).toBe(true);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(100);
    for (const empty of [1, 3]) {
      const row = [...centroids.subarray(empty * d, (empty + 1) * d)];
      const donors = [0, 2, 4].filter((c) =>
        row.every((v, j) => Math.abs(v / before[c * d + j]! - 1) <= 3 / 1024),
      );
      expect(donors.length).toBe(1);
    }
  });

  it('leaves full clusters alone', () => {
    const centroids = Float32Array.of(1, 2);
    expect(splitEmptyClusters(Float32Array.of(3, 4), centroids, { k: 2, d: 1, n: 7, seed: 1 })).toBe(0);
    expect(centroids).toEqual(Float32Array.of(1, 2));
  });
});

describe('mini-batch k-means', () => {
  const x = clusters(3000, 8, { seed: 4, centers: 10, spread: 0.1 });

  it('comes near to k-means, the same from the same seed', async () => {
    const options = { d: 8, k: 30, batchRows: 256, seed: 5, kernels: set };
    const centres = await miniBatchKmeans(x, options);
    const full = objective(x, await run(x, 3000, 8, { k: 30 }), 8);
    // observed 1.0 to 1.3 times the objective of k-means
    expect(objective(x, centres, 8)).toBeLessThan(1.6 * full);
    expect(await miniBatchKmeans(x, options)).toEqual(centres);
    expect(await miniBatchKmeans(x, { ...options, seed: 6 })).not.toEqual(centres);
  });

  it('checks its arguments, reports and stops', async () => {
    const options = { d: 8, k: 30, kernels: set };
    await expectError(() => miniBatchKmeans(x.subarray(0, 80), options), 'ARGUMENT', /10 rows for 30/);
    await expectError(() => miniBatchKmeans(x.subarray(0, 81), options), 'SHAPE', /no whole rows of 8/);
    for (const wrong of [{ d: 0 }, { k: 0 }, { k: 1.5 }, { batchRows: 0 }, { seed: -1 }]) {
      await expectError(() => miniBatchKmeans(x, { ...options, ...wrong }), 'ARGUMENT');
    }
    const bad = x.slice();
    bad[9] = Number.NaN;
    await expectError(() => miniBatchKmeans(bad, options), 'ARGUMENT', /row 1, column 1/);
    const stop = new AbortController();
    let steps = 0;
    const onProgress = () => {
      if (++steps === 3) stop.abort();
    };
    await expectError(() => miniBatchKmeans(x, { ...options, onProgress, signal: stop.signal }), 'ABORTED');
    expect(steps).toBe(3);
  });
});
