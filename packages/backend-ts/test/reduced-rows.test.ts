import { FLOAT_KEYS, loadKernels, reservoirBytes, reservoirPositions } from '@lutra/kernels';
import { describe, expect, it } from 'vitest';
import { Engine } from '../src/engine.js';
import { RandomGenerator } from '../src/random/index.js';
import { ReducedRows } from '../src/reduced-rows.js';
import { create } from './engine.js';

const set = await loadKernels();
const d = 130;

/** Rows of which 12 directions hold all but a little. */
function steep(n: number, seed: number, rest = 0.05, scale = 1): Float32Array {
  const shape = new RandomGenerator(9);
  const directions = Float32Array.from({ length: 12 * d }, () => shape.randDouble() - 0.5);
  const random = new RandomGenerator(seed);
  const x = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const weights = Float32Array.from({ length: 12 }, () => random.randDouble() - 0.5);
    for (let j = 0; j < d; j++) {
      let sum = rest * (random.randDouble() - 0.5);
      for (let m = 0; m < 12; m++) sum += weights[m]! * directions[m * d + j]!;
      x[i * d + j] = scale * sum;
    }
  }
  return x;
}

/** The candidates of a reservoir after `fill`, sorted by distance. */
function best(engine: Engine, k: number, fill: (reservoir: number) => void): number[] {
  const { kernels, memory } = engine;
  const r = memory.alloc(reservoirBytes(k));
  kernels.reservoirStart(r, k, FLOAT_KEYS);
  fill(r);
  const n = Math.min(k, kernels.reservoirSort(r));
  const positions = [...memory.u32(reservoirPositions(r, k), n)];
  memory.free(r);
  return positions;
}

describe('rows reduced to their principal directions', () => {
  it.each([
    ['near the origin', 0, 1],
    ['far from it', 1e4, 1],
    ['tiny', 0, 1e-12],
  ])('lose none of the nearest: %s', (_, offset, scale) => {
    const engine = new Engine(set.instantiate());
    const { kernels } = engine;
    const n = 700;
    const x = steep(n, 3, 0.05, scale).map((v) => v + offset);
    const rows = engine.hold(x);
    const mean = engine.hold(x.slice(0, d));
    const reduced = ReducedRows.make(engine, d, rows, n, mean);
    expect(reduced).toBeDefined();
    const out = engine.memory.alloc(n * 4);
    const queries = [...steep(20, 4, 0.05, scale), ...steep(5, 5, 1, scale), ...x.subarray(0, d)];
    const all = Float32Array.from(queries, (v, i) => (i < 25 * d ? v + offset : v));
    for (let q = 0; q < 26; q++) {
      const query = engine.scratchOf('test.query', all.subarray(q * d, (q + 1) * d));
      for (const k of [1, 10]) {
        const found = best(engine, k, (r) => {
          reduced!.select(query, rows, { from: 0, to: 312 }, k, r);
          reduced!.select(query, rows, { from: 312, to: n }, k, r);
        });
        const wanted = best(engine, k, (r) => {
          kernels.l2sqrNy(query, rows, d, n, out);
          kernels.selectF32(out, n, false, 0, 0, r);
        });
        expect(found).toEqual(wanted);
      }
    }
  });

  it('are not made of rows that have no principal directions', () => {
    const engine = new Engine(set.instantiate());
    const random = new RandomGenerator(2);
    const rows = engine.hold(Float32Array.from({ length: 600 * d }, () => random.randDouble() - 0.5));
    const mean = engine.hold(new Float32Array(d));
    expect(ReducedRows.make(engine, d, rows, 600, mean)).toBeUndefined();
    const wild = engine.hold(steep(600, 1).fill(Number.NaN, 5, 6));
    expect(ReducedRows.make(engine, d, wild, 600, mean)).toBeUndefined();
  });

  it('do not show in what a flat index finds, whenever they are made', async () => {
    const index = await create('Flat', d, 'l2');
    await index.add(steep(640, 7));
    const queries = steep(10, 8);
    const first = index.searchSync!(queries, 5);
    for (let i = 0; i < 25; i++) expect(index.searchSync!(queries, 5)).toEqual(first);
    await index.add(queries);
    for (let i = 0; i < 25; i++) {
      const { labels } = index.searchSync!(queries, 1);
      expect([...labels]).toEqual(Array.from({ length: 10 }, (_, q) => 640 + q));
    }
  });
});
