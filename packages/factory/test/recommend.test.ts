import { isLutraError } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkFactory,
  parseFactory,
  RECOMMENDATION_SOURCES,
  type RecommendOptions,
  recommend,
  specKinds,
} from '../src/index.js';

const SIZES = [1, 2, 100, 1000, 10_000, 52_649, 300_000, 999_999, 1e6, 2e7, 3e8, 1e9];
const first = (options: RecommendOptions): string => recommend(options)[0]!.factory;

/** A backend that builds strings of these kinds alone. */
const only = (name: string, kinds: readonly string[]) => ({
  name,
  refuses: (spec: Parameters<typeof specKinds>[0]) =>
    specKinds(spec).every((kind) => kinds.includes(kind)) ? undefined : 'not run',
});

describe('recommend', () => {
  it.each(SIZES)('gives strings that parse and can be built and trained, for %d rows', (n) => {
    for (const d of [1, 3, 100, 256, 768]) {
      for (const metric of ['l2', 'ip', 'cosine'] as const) {
        const list = recommend({ n, d, metric });
        expect(list.length).toBeGreaterThan(0);
        for (const r of list) {
          const checked = checkFactory(parseFactory(r.factory), { d, metric: metric === 'l2' ? 'l2' : 'ip' });
          expect(checked.text).toBe(r.factory);
          expect(n).toBeGreaterThanOrEqual(checked.recommendedTrainRows);
          expect(r.bytesPerVector).toBe(checked.bytesPerVector);
          expect(r.totalBytes).toBeGreaterThanOrEqual(n * checked.bytesPerVector);
          expect(r.trainRows.most).toBeLessThanOrEqual(n);
          expect(r.sources.every((s) => s in RECOMMENDATION_SOURCES)).toBe(true);
          expect(r.reason).not.toBe('');
        }
      }
    }
  });

  it('takes Flat for a small set and for exact answers', () => {
    expect(first({ n: 100, d: 64 })).toBe('Flat');
    expect(first({ n: 10_000, d: 256 })).toBe('Flat');
    expect(recommend({ n: 1e9, d: 96, exact: true }).map((r) => r.factory)).toEqual(['Flat']);
  });

  it('keeps the number of lists between the rules: 4·√n to 16·√n, and 39 rows a list', () => {
    for (const n of [20_000, 52_649, 300_000, 900_000]) {
      for (const grows of [false, true]) {
        const lists = recommend({ n, d: 256, grows })
          .map((r) => /IVF(\d+)/.exec(r.factory)?.[1])
          .filter((text) => text !== undefined)
          .map(Number);
        expect(lists.length).toBeGreaterThan(0);
        for (const nlist of lists) {
          expect(nlist).toBeLessThanOrEqual(16 * Math.sqrt(n) + 1);
          expect(nlist).toBeLessThanOrEqual(n / 39);
          expect(nlist).toBeGreaterThanOrEqual(Math.min(4 * Math.sqrt(n), n / 39) - 1);
        }
      }
    }
  });

  it('recommends what the guidelines do at a million rows and more', () => {
    const factories = (n: number): string =>
      recommend({ n, d: 128 })
        .map((r) => r.factory)
        .join(' ');
    expect(factories(5e6)).toContain('IVF65536_HNSW32,');
    expect(factories(5e7)).toContain('IVF262144_HNSW32,');
    expect(factories(5e8)).toContain('IVF1048576_HNSW32,');
  });

  it('stays within the memory, and says so where nothing does', () => {
    const fitting = recommend({ n: 1e8, d: 128, memoryBytes: 4e9, targetRecall: 0.3 });
    expect(fitting.length).toBeGreaterThan(0);
    expect(fitting.every((r) => r.totalBytes <= 4e9 && r.misses.length === 0)).toBe(true);
    const none = recommend({ n: 1e8, d: 128, memoryBytes: 1e6 });
    expect(none[0]!.misses[0]).toMatch(/^takes \d+ bytes, more than 1000000$/);
    const totals = none.map((r) => r.totalBytes);
    expect(totals[0]).toBe(Math.min(...totals));
  });

  it('offers no code that cannot tell neighbours apart for the recall wanted', () => {
    const list = recommend({ n: 300_000, d: 256, targetRecall: 0.95 });
    expect(list.every((r) => r.recallCeiling >= 0.95)).toBe(true);
    expect(list.some((r) => r.factory.endsWith('RFlat'))).toBe(true);
    expect(list.every((r) => !/PQ\d+x4fsr?$/.test(r.factory))).toBe(true);
  });

  it('starts with more lists and more candidates for a higher recall', () => {
    const refined = (targetRecall: number) =>
      recommend({ n: 300_000, d: 256, targetRecall }).find((r) => r.factory.endsWith('RFlat'))!;
    const [low, high] = [refined(0.8), refined(0.99)];
    expect(high.start.nprobe!).toBeGreaterThan(low.start.nprobe!);
    expect(high.start.kFactor!).toBeGreaterThan(low.start.kFactor!);
    expect(high.work.bytes).toBeGreaterThan(low.work.bytes);
    expect(low.start.kFactor).toBeGreaterThan(1);
  });

  it('puts what a backend builds first, and names the backend', () => {
    const lists = only('lists', ['Ivf', 'Flat', 'PqFastScan', 'RefineFlat']);
    const graphs = only('graphs', ['Hnsw', 'Flat']);
    const list = recommend({ n: 5e6, d: 64, backends: [lists, graphs] });
    expect(list[0]!.backend).not.toBeNull();
    const firstUnserved = list.findIndex((r) => r.backend === null);
    expect(firstUnserved).toBeGreaterThan(0);
    expect(list.slice(firstUnserved).every((r) => r.backend === null)).toBe(true);
    expect(list.find((r) => r.factory === 'HNSW32')!.backend).toBe('graphs');
    expect(recommend({ n: 5e6, d: 64 })[0]!.backend).toBeUndefined();
  });

  it('names the limit of a backend that would build it, and puts what fits first', () => {
    const small = { ...only('small', ['Flat', 'Ivf', 'ScalarQuantizer']), supports: { maxBytes: 1e9 } };
    const list = recommend({ n: 1e6, d: 256, backends: [small] });
    for (const r of list.filter(({ backend }) => backend === 'small'))
      expect(r.totalBytes).toBeLessThanOrEqual(1e9);
    expect(list[0]!.backend).toBe('small');
    const flat = list.find((r) => /^IVF\d+,Flat$/.test(r.factory))!;
    expect(flat.backend).toBeNull();
    expect(flat.reason).toMatch(/; more than small holds in an index, 1000000000 bytes$/);
    const large = recommend({ n: 1e6, d: 256, backends: [small, only('large', ['Flat', 'Ivf'])] });
    expect(large.find((r) => r.factory === flat.factory)!.backend).toBe('large');
    // what nobody builds says nothing of sizes
    expect(list.find((r) => r.factory.endsWith('RFlat'))?.reason ?? '').not.toContain('holds');
  });

  it('refuses what it cannot work with', () => {
    const bad: [Partial<RecommendOptions>, string][] = [
      [{ n: 0 }, 'n'],
      [{ n: 1.5 }, 'n'],
      [{ d: 0 }, 'd'],
      [{ targetRecall: 1.1 }, 'targetRecall'],
      [{ memoryBytes: Number.NaN }, 'memoryBytes'],
      [{ metric: 'l1' as 'l2' }, 'metric'],
    ];
    for (const [change, argument] of bad) {
      let caught: unknown;
      try {
        recommend({ n: 1000, d: 16, ...change });
      } catch (e) {
        caught = e;
      }
      expect(isLutraError(caught, 'ARGUMENT') && caught.details.argument).toBe(argument);
    }
  });

  it('cites the guidelines, the rule of RVC and what was measured here', () => {
    const cited = new Set(recommend({ n: 300_000, d: 256 }).flatMap(({ sources }) => sources));
    for (const source of ['faiss-guidelines', 'rvc', 'lutra'] as const) expect(cited.has(source)).toBe(true);
  });

  it('is pure and total over sizes, dimensions and limits', () => {
    const options = fc.record({
      n: fc.integer({ min: 1, max: 2 ** 31 }),
      d: fc.integer({ min: 1, max: 4096 }),
      targetRecall: fc.double({ min: 0, max: 1, noNaN: true }),
      memoryBytes: fc.double({ min: 0, max: 1e13, noNaN: true }),
      grows: fc.boolean(),
    });
    fc.assert(
      fc.property(options, (o) => {
        const list = recommend(o);
        expect(list.length).toBeGreaterThan(0);
        expect(recommend(o)).toEqual(list);
        const able = list.filter((r) => r.misses.length === 0);
        if (able.length > 0) expect(able.length).toBe(list.length);
        for (const r of able) expect(r.totalBytes).toBeLessThanOrEqual(o.memoryBytes);
      }),
      { numRuns: 60 },
    );
  });
});
