import { ts } from '@lutra/backend-ts';
import { type Backend, isLutraError } from '@lutra/core';
import { formatFactory } from '@lutra/factory';
import { exactSearch, recallAtK } from '@lutra/metrics';
import { describe, expect, it } from 'vitest';
import { firstTemplates } from '../src/auto/candidates.js';
import { autoIndex } from '../src/index.js';
import { clumps } from './support/clumps.js';

const D = 16;
const backends = [ts()];
const quick = { d: D, backends, timeBudgetSeconds: 3, sampleRows: 1500 };

describe('autoIndex', () => {
  it('builds an index of all rows that reaches the recall on fresh queries, and says why that one', async () => {
    const all = clumps(6500, D);
    const rows = all.subarray(0, 6000 * D);
    const { index, factory, tuned, trials, explanation } = await autoIndex(rows, {
      ...quick,
      targetRecall: 0.9,
    });
    expect([index.ntotal, formatFactory(index.spec)]).toEqual([6000, factory]);
    expect(tuned.reached).toBe(true);
    const fresh = all.subarray(6000 * D);
    const truth = await exactSearch(rows, fresh, { d: D, k: 10 });
    expect(recallAtK(await index.search(fresh, 10), truth)).toBeGreaterThan(0.9 - 0.02);
    expect(trials.length).toBeGreaterThanOrEqual(3);
    expect(trials[0]!.factory).toBe(factory);
    expect(new Set(trials.map((t) => t.factory)).size).toBe(trials.length);
    expect(trials.every((t) => t.recall > 0.5 && t.expectedSeconds > 0)).toBe(true);
    expect(explanation[0]).toMatch(/^\d strings were built on 1500 of 6000 rows and asked 500 queries/);
    expect(explanation[1]).toContain(`chosen: ${factory} reaches 0.9 with `);
    index.dispose();
  });

  it('stays within the memory', async () => {
    const rows = clumps(4000, D);
    const whole = 4000 * D * 4;
    const { index, trials } = await autoIndex(rows, {
      ...quick,
      targetRecall: 0.3,
      memoryBytes: 0.6 * whole,
    });
    expect(trials.every((t) => !/Flat$/.test(t.factory))).toBe(true);
    expect(index.ntotal).toBe(4000);
    index.dispose();
    const work = autoIndex(rows, { ...quick, memoryBytes: 100 });
    expect(isLutraError(await work.catch((e: unknown) => e), 'UNSUPPORTED')).toBe(true);
  });

  it('chooses strings by the room there is: in memory, in an index of the backend, and for building', () => {
    const target = { n: 1e6, d: 64, metric: 'l2', targetRecall: 0.3, memoryBytes: Infinity } as const;
    const texts = (change: object): string[] =>
      firstTemplates({
        ...{ ...target, buildSeconds: undefined, hasQueries: true, backends },
        ...change,
      }).map(({ text }) => text);
    const whole = texts({});
    expect(whole).toContain('IVF{n},Flat');
    expect(whole.every((text) => text.endsWith('Flat'))).toBe(true);
    const short = texts({ memoryBytes: 1e8 });
    expect(short.length).toBeGreaterThan(0);
    expect(short.every((text) => !/Flat$/.test(text))).toBe(true);
    // 1e8 rows of 64 floats are more than an index of this backend takes
    expect(texts({ n: 1e8 }).every((text) => !/Flat$/.test(text))).toBe(true);
    const all: Backend = { ...ts(), refuses: () => undefined };
    const graphs = (buildSeconds?: number): boolean =>
      texts({ backends: [all], buildSeconds }).some((text) => text.startsWith('HNSW'));
    expect([graphs(), graphs(10), graphs(10_000)]).toEqual([false, false, true]);
    const asked = { backends: [all], buildSeconds: 10_000, hasQueries: false };
    expect(texts(asked).some((text) => text.startsWith('HNSW'))).toBe(false);
  });

  it('tries one string where there is no time for more', async () => {
    const rows = clumps(4000, D);
    const { index, trials } = await autoIndex(rows, { ...quick, timeBudgetSeconds: 0, targetRecall: 0.8 });
    expect(trials.length).toBe(1);
    expect(index.ntotal).toBe(4000);
    index.dispose();
  });

  it('takes Flat for a handful of rows, by inner product too', async () => {
    for (const n of [1, 2, 50]) {
      const { index, factory, tuned } = await autoIndex(clumps(n, D), {
        ...quick,
        metric: 'ip',
        targetRecall: 0.5,
      });
      expect([factory, index.ntotal, tuned.chosen.recall]).toEqual(['Flat', n, 1]);
      index.dispose();
    }
  });

  it('asks backends in their order and leaves out those that do not run', async () => {
    const dead: Backend = { ...ts(), name: 'dead', probe: async () => ({ ok: false, reason: 'no' }) };
    const { index } = await autoIndex(clumps(60, D), { ...quick, backends: [dead, ts()], targetRecall: 0.5 });
    expect(index.backend).toBe('ts');
    index.dispose();
    const none = autoIndex(clumps(60, D), { ...quick, backends: [dead] });
    expect(isLutraError(await none.catch((e: unknown) => e), 'UNSUPPORTED')).toBe(true);
  });

  it('stops when told, and refuses what makes no sense', async () => {
    const rows = clumps(2000, D);
    const codeOf = async (options: object): Promise<unknown> => {
      const e = await autoIndex(rows, { ...quick, ...options }).catch((caught: unknown) => caught);
      return isLutraError(e) && e.code;
    };
    expect(await codeOf({ signal: AbortSignal.abort() })).toBe('ABORTED');
    expect(await codeOf({ targetRecall: 2 })).toBe('ARGUMENT');
    expect(await codeOf({ sampleRows: 0 })).toBe('ARGUMENT');
    expect(await codeOf({ d: 7 })).toBe('SHAPE');
  });
});
