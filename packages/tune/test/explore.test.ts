import { isLutraError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { explore } from '../src/index.js';
import { seededRandom } from '../src/measure/random.js';
import { FakeIndex } from './support/fake-index.js';

const cost = (nprobe: number, kFactor: number): number => 1e-4 * (1 + 0.1 * nprobe + 0.3 * kFactor);
const keys = (points: readonly { parameters: object }[]): string[] =>
  points.map((p) => JSON.stringify(p.parameters)).sort();

describe('explore', () => {
  it('measures recall and time of one parameter', async () => {
    const fake = new FakeIndex({ nq: 400, k: 10, cost });
    const run = await explore(fake.asIndex, fake.queries, fake.truth, { clock: () => fake.seconds });
    expect(run.points.map((p) => p.parameters.nprobe)).toEqual(
      [1, 2, 4, 8, 16, 32, 64, 128, 256].slice(0, run.points.length),
    );
    for (const point of run.points) {
      const nprobe = point.parameters.nprobe!;
      const recalls = fake.recalls(nprobe);
      expect(Math.abs(point.recall - recalls.reduce((a, b) => a + b, 0) / 400)).toBeLessThan(1e-12);
      expect(Math.abs(point.seconds / cost(nprobe, 1) - 1)).toBeLessThan(1e-9);
      expect(point.recallLow).toBeLessThanOrEqual(point.recall);
    }
    expect(run.points.length + run.pruned + run.untried).toBe(9);
  });

  it('finds the front that trying everything finds, and tries less, on a machine that is busy', async () => {
    const random = seededRandom(4);
    const noise = (): number => 0.03 * random() + (random() < 0.1 ? 2 * random() : 0);
    const fake = new FakeIndex({ nq: 1500, k: 10, kFactor: true, cost, noise });
    const values = { nprobe: [1, 2, 4, 8, 16, 32, 64, 128, 256], kFactor: [1, 2, 4, 8, 16, 32] };
    const run = await explore(fake.asIndex, fake.queries, fake.truth, {
      ...{ values, clock: () => fake.seconds, timeBudgetSeconds: Infinity },
    });
    const all = values.nprobe.flatMap((nprobe) => values.kFactor.map((kFactor) => ({ nprobe, kFactor })));
    const mean = (s: { nprobe: number; kFactor: number }): number =>
      fake.recalls(s.nprobe, s.kFactor).reduce((a, b) => a + b, 0) / 1500;
    const judged = all.map((s) => ({ s, recall: mean(s), seconds: cost(s.nprobe, s.kFactor) }));
    // beaten only by a hair, a setting may stand on either side
    const clear = judged.filter(
      (a) => !judged.some((b) => b !== a && b.recall > a.recall - 0.004 && b.seconds < 1.06 * a.seconds),
    );
    expect(clear.length).toBeGreaterThan(5);
    expect(keys(run.front)).toEqual(expect.arrayContaining(keys(clear.map(({ s }) => ({ parameters: s })))));
    expect(run.pruned).toBeGreaterThan(5);
    for (const point of run.front) {
      const worse = judged.find(({ s }) => JSON.stringify(s) === JSON.stringify(point.parameters))!;
      const beaten = judged.some((b) => b.recall > worse.recall + 0.01 && b.seconds < 0.9 * worse.seconds);
      expect(beaten).toBe(false);
    }
  });

  it('refuses parameters that the index does not have', async () => {
    const fake = new FakeIndex({ nq: 10, k: 2, cost });
    const work = explore(fake.asIndex, fake.queries, fake.truth, { k: 2, values: { kFactor: [1] } });
    const e = await work.catch((caught: unknown) => caught);
    expect(isLutraError(e, 'ARGUMENT') && e.message).toBe(
      'explore: the index has no parameter kFactor (it has: nprobe)',
    );
  });
});
