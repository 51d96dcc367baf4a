import type { Metric, VectorIndex } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solvePositive } from '../src/linalg/index.js';
import { clusters } from './data.js';
import { backend, build } from './engine.js';

const D = 16;
const N = 400;
const base = clusters(N, D, { seed: 21, centers: 12 });
const queries = clusters(10, D, { seed: 21, centers: 12, rows: 1 });

/** The share of the variance that reconstruction loses. */
async function loss(index: VectorIndex): Promise<number> {
  const y = await index.reconstruct(Array.from({ length: N }, (_, i) => i));
  const mean = Array.from(
    { length: D },
    (_, j) => base.reduce((s, v, i) => (i % D === j ? s + v : s), 0) / N,
  );
  const [lost, all] = base.reduce(
    ([a, b], v, i) => [a + (v - y[i]!) ** 2, b + (v - mean[i % D]!) ** 2],
    [0, 0],
  );
  return lost / all;
}

describe('codebooks', () => {
  it.each(['RQ', 'LSQ'])('%s: every one more leaves less', async (name) => {
    const losses: number[] = [];
    for (const M of [1, 2, 4]) losses.push(await loss(await build(`${name}${M}x4`, D, base)));
    expect(losses[1]).toBeLessThan(losses[0]!);
    expect(losses[2]).toBeLessThan(losses[1]!);
    expect(losses[2]).toBeLessThan(0.4);
  });

  it('are found alike twice, and another seed finds others', async () => {
    const few = base.subarray(0, 120 * D);
    for (const factory of ['RQ2x4', 'PLSQ2x2x3']) {
      const first = await build(factory, D, few, { seed: 5 });
      const again = await build(factory, D, few, { seed: 5 });
      const other = await build(factory, D, few, { seed: 6 });
      expect(again.toData()).toEqual(first.toData());
      expect(other.toData()).not.toEqual(first.toData());
    }
  });
});

describe('norms', () => {
  it.each(['float', 'qint8', 'cqint8', 'rq2x4', 'lsq2x4'])(
    'kept as %s give the distances to what codes stand for',
    async (norm) => {
      const index = await build(`RQ3x4_N${norm}`, D, base);
      const found = await index.search(queries, 5);
      const scale = found.distances.reduce((a, b) => Math.max(a, b), 0);
      for (const [i, label] of found.labels.entries()) {
        const y = await index.reconstruct([label]);
        const from = Math.floor(i / 5) * D;
        const exact = y.reduce((sum, v, j) => sum + (v - queries[from + j]!) ** 2, 0);
        const slack = norm === 'float' ? 1e-4 : 0.2;
        expect(Math.abs(found.distances[i]! - exact)).toBeLessThan(slack * scale);
      }
    },
  );
});

it('a positive definite system is solved', () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(
      sizes.chain(([n, columns]) =>
        fc.tuple(
          fc.constant([n, columns] as const),
          fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: n * n, maxLength: n * n }),
          fc.array(fc.double({ min: -2, max: 2, noNaN: true }), {
            minLength: n * columns,
            maxLength: n * columns,
          }),
        ),
      ),
      ([[n, columns], m, x]) => {
        // m mᵀ + 1 is positive definite
        const a = Float64Array.from({ length: n * n }, (_, at) => {
          const [i, j] = [Math.floor(at / n), at % n];
          let sum = i === j ? 1 : 0;
          for (let k = 0; k < n; k++) sum += m[i * n + k]! * m[j * n + k]!;
          return sum;
        });
        const b = Float64Array.from({ length: n * columns }, (_, at) => {
          const [i, c] = [Math.floor(at / columns), at % columns];
          let sum = 0;
          for (let k = 0; k < n; k++) sum += a[i * n + k]! * x[k * columns + c]!;
          return sum;
        });
        solvePositive(a.slice(), n, b, columns);
        for (const [i, v] of b.entries()) expect(Math.abs(v - x[i]!)).toBeLessThan(1e-8);
      },
    ),
    { numRuns: 60 },
  );
});

describe('RaBitQ', () => {
  it.each(['l2', 'ip'] as Metric[])('remembers more by each bit, by %s', async (metric) => {
    const losses: number[] = [];
    for (const bits of [1, 2, 4, 8])
      losses.push(await loss(await build(`RaBitQ${bits}`, D, base, { metric })));
    for (let i = 1; i < losses.length; i++) expect(losses[i]).toBeLessThan(losses[i - 1]!);
    expect(losses[3]).toBeLessThan(1e-3);
  });
});

describe('numbers of a file that no vector could be encoded by', () => {
  it.each([
    ['RQ2x4', 'maxBeamSize'],
    ['LSQ2x3', 'encodeIlsIters'],
    ['LSQ2x3', 'icmIters'],
    ['PLSQ2x1x3', 'trainIlsIters'],
  ])('%s with %s of 2^31 - 1 is CAPACITY', async (factory, name) => {
    const data = (await build(factory, D, base.subarray(0, 60 * D))).toData();
    const loaded = await backend.load(withNumber(data, name, 1024));
    expect(loaded.ntotal).toBe(60);
    await expect(backend.load(withNumber(data, name, 2 ** 31 - 1))).rejects.toMatchObject({
      code: 'CAPACITY',
      message: expect.stringContaining(`${name} of a`),
    });
  });
});

/** `data` with `value` wherever a record has a number called `name`. */
function withNumber<T>(data: T, name: string, value: number): T {
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return data;
  if (Array.isArray(data)) return data.map((part) => withNumber(part, name, value)) as T;
  const parts = Object.entries(data).map(([key, part]) => [
    key,
    key === name ? value : withNumber(part, name, value),
  ]);
  return Object.fromEntries(parts);
}
