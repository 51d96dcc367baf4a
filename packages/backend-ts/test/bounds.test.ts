import { type KernelSet, type Kernels, loadKernels } from '@lutra/kernels';
import { describe, expect, it } from 'vitest';
import { type KmeansOptions, kmeans } from '../src/clustering/kmeans.js';
import { principalBasis } from '../src/clustering/principal-basis.js';
import { viewRows } from '../src/clustering/row-view.js';
import { Engine } from '../src/engine.js';
import { Task } from '../src/task.js';
import { clusters } from './data.js';
import { LEVEL } from './engine.js';

const set: KernelSet = await loadKernels(LEVEL === undefined ? {} : { level: LEVEL });

/** The same kernels, with bounds that rule nothing out. */
function kernelsInFull(kernels: Kernels): Kernels {
  return {
    ...kernels,
    assignBoundedL2: (x, nx, y, ny, d, norms, _b, _m, _t, idx, dis, _c, scratch) =>
      kernels.assignL2(x, nx, y, ny, d, norms, idx, dis, scratch),
    assignBoundedIp: (x, nx, y, ny, d, _b, _m, _t, idx, dis, _c, scratch) =>
      kernels.assignIp(x, nx, y, ny, d, idx, dis, scratch),
  };
}

/** Rows of a steep spectrum, where a few directions tell most rows apart. */
function steep(n: number, d: number): Float32Array {
  const x = clusters(n, d, { seed: 9, centers: 40, spread: 1 });
  for (let i = 0; i < x.length; i++) x[i]! *= 4 / (1 + (i % d) * 0.7) + 0.01;
  return x;
}

describe('assignment with bounds', () => {
  const [n, d, k] = [4096, 40, 160];
  const x = steep(n, d);

  it.each(['l2', 'ip'] as const)('gives the centroids that it gives without, for %s', async (metric) => {
    const options: KmeansOptions = { k, niter: 6, seed: 7, metric, spherical: metric === 'ip' };
    const run = (kernels: Kernels) => kmeans(new Engine(kernels), viewRows(x, n, d), options, new Task());
    let bounded = 0;
    const own = set.instantiate();
    const counting: Kernels = {
      ...own,
      assignBoundedL2: (...a) => {
        bounded += a[1];
        own.assignBoundedL2(...a);
      },
      assignBoundedIp: (...a) => {
        bounded += a[1];
        own.assignBoundedIp(...a);
      },
    };
    expect(await run(counting)).toEqual(await run(kernelsInFull(set.instantiate())));
    // the scalar level has no use for bounds; elsewhere all rows but the first block take them in every iteration
    if (set.level !== 'scalar') expect(bounded).toBeGreaterThan(6 * (n - 2048));
  });

  it('leaves rows without a weighty direction to the kernels that compare all', async () => {
    const flat = Float32Array.from({ length: 3000 * 256 }, (_, i) => Math.sin(i * i * 0.37));
    const memory = set.instantiate();
    const engine = new Engine(memory);
    const options: KmeansOptions = { k: 128, niter: 2, seed: 7, metric: 'l2', spherical: false };
    const got = await kmeans(engine, viewRows(flat, 3000, 256), options, new Task());
    const full = new Engine(kernelsInFull(set.instantiate()));
    expect(got).toEqual(await kmeans(full, viewRows(flat, 3000, 256), options, new Task()));
  });
});

describe('the principal basis', () => {
  it('is orthonormal to float32, whatever the rank, and holds most of steep rows', () => {
    const [n, d, count] = [300, 36, 15];
    for (const x of [steep(n, d), new Float32Array(n * d), new Float32Array(n * d).fill(3e20)]) {
      const engine = new Engine(set.instantiate());
      const rows = engine.memory.alloc(x.length * 4);
      engine.memory.f32(rows, x.length).set(x);
      const basis = principalBasis(engine, rows, n, d, count);
      for (let i = 0; i < count; i++) {
        for (let j = 0; j <= i; j++) {
          let product = 0;
          for (let c = 0; c < d; c++) product += basis[i * d + c]! * basis[j * d + c]!;
          expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-6);
        }
      }
    }
    const x = steep(n, d);
    const engine = new Engine(set.instantiate());
    const rows = engine.memory.alloc(x.length * 4);
    engine.memory.f32(rows, x.length).set(x);
    const basis = principalBasis(engine, rows, n, d, count);
    let [all, held] = [0, 0];
    for (let i = 0; i < n; i++) {
      for (let b = 0; b < count; b++) {
        let product = 0;
        for (let c = 0; c < d; c++) product += basis[b * d + c]! * x[i * d + c]!;
        held += product * product;
      }
    }
    for (const v of x) all += v * v;
    expect(held / all).toBeGreaterThan(0.95);
  });
});
