import { isLutraError, type LutraErrorCode } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { recallBounds, type TuneOptions, tune } from '../src/index.js';
import { seededRandom } from '../src/measure/random.js';
import { FakeIndex } from './support/fake-index.js';

const linear = (nprobe: number, kFactor: number): number => 1e-4 * (1 + 0.1 * nprobe + 0.05 * kFactor);

function tuned(fake: FakeIndex, options: Partial<TuneOptions> = {}): ReturnType<typeof tune> {
  return tune(fake.asIndex, {
    ...{ queries: fake.queries, groundTruth: fake.truth, k: fake.options.k, clock: () => fake.seconds },
    ...{ targetRecall: 0.9, timeBudgetSeconds: Infinity },
    ...options,
  });
}

/** The least nprobe whose lower bound reaches the target. */
function leastNprobe(fake: FakeIndex, target: number, kFactor = 1, confidence = 0.99): number | undefined {
  for (let nprobe = 1; nprobe <= 256; nprobe++) {
    if (recallBounds(fake.recalls(nprobe, kFactor), confidence).low >= target) return nprobe;
  }
  return undefined;
}

async function codeOf(work: Promise<unknown>): Promise<LutraErrorCode | undefined> {
  const e: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return isLutraError(e) ? e.code : undefined;
}

describe('tune to a recall', () => {
  it.each([0.5, 0.8, 0.9, 0.95, 0.98])('finds the least nprobe that is sure to reach %d', async (target) => {
    const fake = new FakeIndex({ nq: 1500, k: 10, cost: linear });
    const { reached, chosen } = await tuned(fake, { targetRecall: target });
    const least = leastNprobe(fake, target)!;
    expect(reached).toBe(true);
    expect(chosen.parameters.nprobe! - least).toBeLessThanOrEqual(Math.max(0, 0.02 * least));
    expect(chosen.parameters.nprobe!).toBeGreaterThanOrEqual(least);
    expect(chosen.recallLow).toBeGreaterThanOrEqual(target);
    expect(chosen.queries).toBe(1500);
    expect(fake.parameters.nprobe).toBe(chosen.parameters.nprobe);
  });

  it.each([3, 40, 300])(
    'goes on where the first lists find little: %d times as many needed',
    async (hard) => {
      for (const kFactor of [false, true]) {
        const fake = new FakeIndex({ nq: 500, k: 10, nlist: 65_536, hard, kFactor, cost: linear });
        const { reached, chosen } = await tuned(fake, { curve: false });
        expect(reached).toBe(true);
        expect(chosen.parameters.nprobe!).toBeGreaterThan(5 * hard);
      }
    },
  );

  it('does not depend on how long anything takes where one parameter decides', async () => {
    const quiet = new FakeIndex({ nq: 800, k: 5, cost: linear });
    const random = seededRandom(5);
    const busy = new FakeIndex({ nq: 800, k: 5, cost: linear, noise: () => 9 * random() ** 4 });
    const [a, b] = [await tuned(quiet), await tuned(busy)];
    expect(b.chosen.parameters).toEqual(a.chosen.parameters);
  });

  it('weighs nprobe against kFactor: what it chooses costs little more than the best of all', async () => {
    for (const [seed, weight] of [
      [1, 0.01],
      [2, 0.2],
      [3, 1],
    ] as const) {
      const cost = (nprobe: number, kFactor: number): number => 1e-4 * (2 + 0.1 * nprobe + weight * kFactor);
      const random = seededRandom(seed);
      // a tenth of the calls is disturbed
      const noise = (): number => 0.05 * random() + (random() < 0.1 ? 3 * random() : 0);
      const fake = new FakeIndex({ nq: 1500, k: 10, kFactor: true, cost, noise, seed });
      const { reached, chosen } = await tuned(fake);
      let best = Infinity;
      for (let kFactor = 1; kFactor <= 40; kFactor += 0.5) {
        const nprobe = leastNprobe(fake, 0.9, kFactor);
        if (nprobe !== undefined) best = Math.min(best, cost(nprobe, kFactor));
      }
      expect(reached).toBe(true);
      expect(chosen.recallLow).toBeGreaterThanOrEqual(0.9);
      expect(cost(chosen.parameters.nprobe!, chosen.parameters.kFactor!)).toBeLessThan(1.12 * best);
    }
  });

  it('asks more queries where the margin of a few costs much, as far as there are', async () => {
    const asked = async (slope: number, maxQueries?: number): Promise<[number, number]> => {
      const cost = (nprobe: number): number => 1e-5 * (1 + slope * nprobe);
      const fake = new FakeIndex({ nq: 16_000, k: 10, cost });
      const limit = maxQueries === undefined ? {} : { maxQueries };
      const { record, chosen } = await tuned(fake, { targetRecall: 0.97, curve: false, ...limit });
      expect(chosen.recallLow).toBeGreaterThanOrEqual(0.97);
      expect(chosen.queries).toBe(record.sample.queries);
      return [record.sample.queries, chosen.parameters.nprobe!];
    };
    const [few, dear] = await asked(1e-6);
    const [many, cheap] = await asked(10);
    expect(few).toBe(4000);
    expect(many).toBeGreaterThan(6000);
    expect(cheap).toBeLessThanOrEqual(dear);
    expect((await asked(10, 5000))[0]).toBe(5000);
  });

  it('says so where no setting is sure to reach it, and leaves the index alone', async () => {
    const fake = new FakeIndex({ nq: 100, k: 10, cost: linear });
    const { reached, why, record } = await tuned(fake, { targetRecall: 0.999 });
    expect(reached).toBe(false);
    expect(why).toMatch(/^no setting is sure to reach 0\.999: nprobe=256 has recall 1\.0000 of 100 queries/);
    expect(fake.parameters).toEqual({ nprobe: 1 });
    expect(record.chosen).toBeNull();
  });

  it('stores nothing when told, and samples no more queries than told', async () => {
    const fake = new FakeIndex({ nq: 1000, k: 10, cost: linear });
    const { chosen, record } = await tuned(fake, { apply: false, maxQueries: 300 });
    expect(fake.parameters).toEqual({ nprobe: 1 });
    expect([chosen.queries, record.sample.queries]).toEqual([300, 300]);
  });

  it('draws another sample for another seed, the same for the same', async () => {
    const run = async (seed: number): Promise<string> => {
      const fake = new FakeIndex({ nq: 1000, k: 10, cost: linear });
      return (await tuned(fake, { seed, maxQueries: 300 })).record.sample.sha256;
    };
    expect(await run(1)).toBe(await run(1));
    expect(await run(1)).not.toBe(await run(2));
  });

  it('refuses an index over the memory', async () => {
    const fake = new FakeIndex({ nq: 200, k: 5, cost: linear });
    const { reached, why } = await tuned(fake, { memoryBytes: 999 });
    expect([reached, why]).toEqual([
      false,
      'the index takes 1000 bytes, more than 999; no search parameter changes that',
    ]);
    expect((await tuned(fake, { memoryBytes: 1000 })).reached).toBe(true);
  });
});

describe('tune to a latency', () => {
  const cost = (nprobe: number): number => 1e-3 * (1 + 0.1 * nprobe);

  it('takes the highest recall within it', async () => {
    const fake = new FakeIndex({ nq: 600, k: 10, cost });
    const { reached, chosen } = await tuned(fake, { targetRecall: undefined, targetLatencyMs: 3 });
    // 1 + 0.1 · 20 = 3 ms
    expect(reached).toBe(true);
    expect(chosen.parameters.nprobe!).toBeLessThanOrEqual(20);
    expect(chosen.parameters.nprobe!).toBeGreaterThanOrEqual(18);
  });

  it('says so where nothing is so fast, or not at the recall wanted', async () => {
    const fake = new FakeIndex({ nq: 600, k: 10, cost });
    const never = await tuned(fake, { targetRecall: undefined, targetLatencyMs: 0.5 });
    expect([never.reached, never.why]).toEqual([
      false,
      'no setting takes at most 0.5 ms a call, nprobe=1 takes 1.100',
    ]);
    const both = await tuned(fake, { targetRecall: 0.98, targetLatencyMs: 1.5 });
    expect(both.reached).toBe(false);
    expect(both.why).toMatch(/ms a call, more than 1\.5, is what recall 0\.98 takes$/);
    expect(fake.parameters).toEqual({ nprobe: 1 });
  });
});

describe('tune', () => {
  it('writes down what it measured', async () => {
    const fake = new FakeIndex({ nq: 500, k: 10, cost: linear });
    const { record, chosen } = await tuned(fake, { seed: 9 });
    expect(record).toMatchObject({
      ...{ format: 'lutra-tune', version: 1, k: 10, confidence: 0.99, reached: true, data: null },
      index: { factory: 'IVF256,Flat', d: 1, metric: 'l2', ntotal: 100_000, backend: 'fake', bytes: 1000 },
      target: { recall: 0.9 },
      sample: { queries: 500, drawnFrom: 'queries', seed: 9 },
      before: { parameters: { nprobe: 1 } },
    });
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
    // with the same times in both places
    expect(record.curve).toContainEqual(chosen);
    const recalls = record.curve.map((point) => point.recall);
    expect(recalls).toEqual([...recalls].sort((a, b) => a - b));
    expect(record.sample.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('stops when told, and counts what it tries', async () => {
    const fake = new FakeIndex({ nq: 500, k: 10, cost: linear });
    const controller = new AbortController();
    const stages = new Set<string>();
    const work = tuned(fake, {
      signal: controller.signal,
      onProgress: ({ stage }) => {
        stages.add(stage);
        if (stage === 'confirm') controller.abort();
      },
    });
    expect(await codeOf(work)).toBe('ABORTED');
    expect([...stages]).toEqual(['look', 'confirm']);
    expect(fake.parameters).toEqual({ nprobe: 1 });
  });

  it('begins nothing new without time, and still chooses something that reaches', async () => {
    const fake = new FakeIndex({ nq: 1000, k: 10, kFactor: true, cost: linear });
    const long = new FakeIndex({ nq: 1000, k: 10, kFactor: true, cost: linear });
    const { reached, chosen } = await tuned(fake, { timeBudgetSeconds: 0 });
    await tuned(long);
    expect(reached).toBe(true);
    expect(chosen.recallLow).toBeGreaterThanOrEqual(0.9);
    expect(fake.searches).toBeLessThan(0.5 * long.searches);
  });

  it.each([
    [{ targetRecall: undefined }, 'ARGUMENT'],
    [{ targetRecall: 0 }, 'ARGUMENT'],
    [{ targetRecall: 1.01 }, 'ARGUMENT'],
    [{ k: 0 }, 'ARGUMENT'],
    [{ confidence: 1 }, 'ARGUMENT'],
    [{ seed: -1 }, 'ARGUMENT'],
    [{ maxQueries: 0.5 }, 'ARGUMENT'],
    [{ queries: undefined }, 'ARGUMENT'],
    [{ groundTruth: undefined }, 'ARGUMENT'],
    [{ queries: new Float32Array(0) }, 'SHAPE'],
    [{ k: 11 }, 'SHAPE'],
    [{ rows: new Float32Array(0) }, 'SHAPE'],
    [{ rows: (async function* () {})() as never }, 'ARGUMENT'],
  ] as [Partial<TuneOptions>, LutraErrorCode][])('refuses %o', async (options, code) => {
    const fake = new FakeIndex({ nq: 100, k: 10, cost: linear });
    expect(await codeOf(tuned(fake, options))).toBe(code);
  });
});
