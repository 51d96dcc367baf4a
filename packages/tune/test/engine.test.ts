import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ts } from '@lutra/backend-ts';
import { isLutraError, type RowSource, type VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { exactSearch, recallAtK } from '@lutra/metrics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exactByBackend, explore, tune } from '../src/index.js';
import { readTuneRecord, tuneRecordPath, writeTuneRecord } from '../src/node.js';
import { clumps } from './support/clumps.js';

const D = 16;
const N = 6000;
const all = clumps(N + 1000, D);
const rows = all.subarray(0, N * D);
const fresh = all.subarray(N * D);
const open: VectorIndex[] = [];

async function build(factory: string, metric: 'l2' | 'ip' = 'l2'): Promise<VectorIndex> {
  const index = await ts().create(parseFactory(factory), { d: D, metric });
  open.push(index);
  await index.train(rows, { seed: 1 });
  await index.add(rows);
  return index;
}

afterAll(() => {
  for (const index of open) index.dispose();
});

async function recallOf(index: VectorIndex, k: number, metric: 'l2' | 'ip' = 'l2'): Promise<number> {
  const truth = await exactSearch(rows, fresh, { d: D, k, metric });
  return recallAtK(await index.search(fresh, k), truth);
}

describe('tune of a real index', () => {
  it.each(['IVF64,Flat', 'IVF64,PQ8x4fs,RFlat', 'PQ8x4fs,RFlat', 'IVF64,SQ8'])(
    'of %s with queries drawn from its rows keeps its promise on fresh ones',
    async (factory) => {
      const index = await build(factory);
      const { reached, chosen, record } = await tune(index, {
        rows,
        targetRecall: 0.9,
        maxQueries: 1500,
        timeBudgetSeconds: 30,
      });
      expect(reached).toBe(true);
      expect(index.parameters).toEqual(chosen.parameters);
      expect(record.sample).toMatchObject({ queries: 1500, drawnFrom: 'rows' });
      // 1000 fresh queries: three of their standard deviations below the target at most
      expect(await recallOf(index, 10)).toBeGreaterThan(0.9 - 3 * 0.004);
      if ('nprobe' in chosen.parameters) expect(chosen.parameters.nprobe!).toBeLessThan(32);
    },
  );

  it('finds a setting for searches by sketches, and says so', async () => {
    const index = await build('IVF64,PQ4x4fs,RFlat');
    const options = { rows, targetRecall: 0.9, maxQueries: 800, timeBudgetSeconds: 30, apply: false };
    const codes = await tune(index, options);
    const { reached, chosen, record } = await tune(index, { ...options, sketches: true });
    expect([reached, record.sketches, codes.record.sketches]).toEqual([true, true, undefined]);
    const p = chosen.parameters;
    // as many candidates by sketches find what so many by codes do not
    const truth = await exactSearch(rows, fresh, { d: D, k: 10 });
    const [by, without] = [
      recallAtK(await index.search(fresh, 10, { ...p, sketches: true }), truth),
      recallAtK(await index.search(fresh, 10, p), truth),
    ];
    expect(by).toBeGreaterThan(0.9 - 3 * 0.004);
    expect(without).toBeLessThan(by);
    expect(p.kFactor!).toBeLessThan(codes.chosen.parameters.kFactor!);
  });

  it('of a graph wants queries that are not stored: its own vectors find their neighbours too easily', async () => {
    const index = await build('HNSW8');
    const target = { rows, targetRecall: 0.9, timeBudgetSeconds: 30 };
    const refused = await tune(index, target).catch((caught: unknown) => caught);
    expect(isLutraError(refused, 'ARGUMENT') && refused.details.argument).toBe('queries');
    const { reached, chosen } = await tune(index, { ...target, queries: fresh.subarray(0, 500 * D) });
    expect([reached, Object.keys(chosen.parameters)]).toEqual([true, ['efSearch']]);
    const others = fresh.subarray(500 * D);
    const truth = await exactSearch(rows, others, { d: D, k: 10 });
    // 500 queries here and there: three standard deviations of the difference
    expect(recallAtK(await index.search(others, 10), truth)).toBeGreaterThan(0.9 - 3 * 0.01);
    const own = await exactSearch(rows, rows.subarray(0, 500 * D), { d: D, k: 10 });
    const low = { efSearch: 8 };
    const found = recallAtK(await index.search(rows.subarray(0, 500 * D), 10, low), own);
    expect(found).toBeGreaterThan(recallAtK(await index.search(others, 10, low), truth) + 0.02);
  });

  it('measures the recall that the rows have when asked one by one without themselves', async () => {
    const few = 3000;
    const part = rows.subarray(0, few * D);
    const index = await ts().create(parseFactory('IVF64,Flat'), { d: D, metric: 'l2' });
    open.push(index);
    await index.train(part, { seed: 1 });
    await index.add(part);
    const { record } = await tune(index, {
      rows: part,
      targetRecall: 0.5,
      maxQueries: few,
      apply: false,
      timeBudgetSeconds: 30,
    });
    expect(record.sample.queries).toBe(few);
    const truth = await exactSearch(part, part, { d: D, k: 11 });
    const found = await index.search(part, 11, { nprobe: 1 });
    let hits = 0;
    for (let i = 0; i < few; i++) {
      const of = (t: typeof truth): number[] =>
        [...t.labels.subarray(i * 11, i * 11 + 11)].filter((x) => x !== i).slice(0, 10);
      const right = new Set(of(truth));
      hits += of(found).filter((label) => right.has(label)).length;
    }
    const first = record.curve.find((point) => point.parameters.nprobe === 1)!;
    expect(Math.abs(first.recall - hits / (10 * few))).toBeLessThan(1e-9);
  });

  it('follows inner product, and cosine where vectors are scaled', async () => {
    for (const [factory, metric] of [
      ['IVF32,Flat', 'ip'],
      ['L2norm,IVF32,Flat', 'ip'],
    ] as const) {
      const index = await build(factory, metric);
      const { chosen } = await tune(index, {
        rows,
        targetRecall: 0.95,
        maxQueries: 1000,
        timeBudgetSeconds: 30,
      });
      expect(chosen.recallLow).toBeGreaterThanOrEqual(0.95);
      expect(chosen.parameters.nprobe!).toBeLessThan(32);
    }
  });

  it('has nothing to choose in an index without parameters, and says what it gives', async () => {
    const index = await build('Flat');
    const { reached, chosen } = await tune(index, { rows, targetRecall: 0.95, maxQueries: 500 });
    expect([reached, chosen.recall, chosen.parameters]).toEqual([true, 1, {}]);
  });

  it('reads rows from a source in ranges, with ids of their own', async () => {
    const index = await ts().create(parseFactory('IVF32,Flat'), { d: D, metric: 'l2' });
    open.push(index);
    await index.train(rows, { seed: 1 });
    const ids = Float64Array.from({ length: N }, (_, i) => 10_000 + 3 * i);
    await index.add(rows, { ids });
    const source: RowSource = {
      shape: [N, D],
      async *blocks({ blockRows = 700 } = {}) {
        for (let at = 0; at < N; at += blockRows) yield rows.slice(at * D, Math.min(N, at + blockRows) * D);
      },
    };
    const { reached, record } = await tune(index, { rows: source, ids, targetRecall: 0.9, maxQueries: 800 });
    expect(reached).toBe(true);
    const whole = await tune(index, {
      rows,
      ids,
      targetRecall: 0.9,
      maxQueries: 800,
      exact: exactByBackend(ts()),
    });
    expect(whole.record.sample.sha256).toBe(record.sample.sha256);
    expect(whole.record.data).toEqual(record.data);
    expect(whole.chosen.recall).toBe(record.chosen!.recall);
  });

  it('refuses an empty index', async () => {
    const index = await ts().create(parseFactory('Flat'), { d: D, metric: 'l2' });
    const e = await tune(index, { rows, targetRecall: 0.9 }).catch((caught: unknown) => caught);
    expect(isLutraError(e, 'STATE')).toBe(true);
    index.dispose();
  });
});

describe('explore of a real index', () => {
  it('sees what separate searches see', async () => {
    const index = await build('IVF64,PQ8x4fs,RFlat');
    const truth = await exactSearch(rows, fresh, { d: D, k: 10 });
    const values = { nprobe: [1, 8, 64], kFactor: [1, 16] };
    const { points } = await explore(index, fresh, truth, { values });
    expect(points.length).toBeGreaterThan(2);
    for (const point of points) {
      const found = await index.search(fresh, 10, point.parameters);
      expect(Math.abs(point.recall - recallAtK(found, truth))).toBeLessThan(0.002);
    }
  });
});

describe('explore of graphs', () => {
  it('has efSearch, alone and beside nprobe', async () => {
    const truth = await exactSearch(rows, fresh, { d: D, k: 10 });
    const over = async (factory: string, values: Record<string, number[]>): Promise<number[]> => {
      const { points } = await explore(await build(factory), fresh, truth, { values, timeBudgetSeconds: 30 });
      for (const { parameters } of points) expect(Object.keys(parameters)).toEqual(Object.keys(values));
      return points.map(({ recall }) => recall);
    };
    const graph = await over('HNSW8', { efSearch: [8, 64, 256] });
    expect(graph.at(-1)!).toBeGreaterThan(0.95);
    expect(graph[0]!).toBeLessThan(graph.at(-1)! - 0.01);
    const lists = await over('IVF64_HNSW8,Flat', { nprobe: [1, 8], efSearch: [8, 32] });
    expect(lists.at(-1)!).toBeGreaterThan(lists[0]! + 0.1);
  });
});

describe('exactByBackend', () => {
  it.each(['l2', 'ip'] as const)(
    'finds what exactSearch does, by %s, over several chunks',
    async (metric) => {
      const many = clumps(70_000, 4, 3);
      const queries = clumps(50, 4, 4);
      const options = { d: 4, k: 7, metric };
      const seen: number[] = [];
      const found = await exactByBackend(ts())(many, queries, {
        ...options,
        onProgress: (p) => seen.push(p.done),
      });
      const truth = await exactSearch(many, queries, options);
      expect(recallAtK(found, truth, { ties: {}, metric })).toBe(1);
      expect(seen).toEqual([32_768, 65_536, 70_000]);
    },
  );

  it('pads where there are fewer rows than results', async () => {
    const found = await exactByBackend(ts())(clumps(3, 4), clumps(1, 4), { d: 4, k: 5, metric: 'l2' });
    expect([...found.labels.subarray(3)]).toEqual([-1, -1]);
    expect([...found.labels.subarray(0, 3)].sort()).toEqual([0, 1, 2]);
  });
});

describe('the side file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lutra-tune-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('comes back as it was written', async () => {
    const index = await build('IVF16,Flat');
    const { record } = await tune(index, { rows, targetRecall: 0.8, maxQueries: 300 });
    const path = tuneRecordPath(join(folder, 'a.index'));
    await writeTuneRecord(path, record);
    expect(await readTuneRecord(path)).toEqual(record);
    expect(await readdir(folder)).toEqual(['a.index.tune.json']);
  });

  it.each([
    ['{"format"', 'FORMAT'],
    ['null', 'FORMAT'],
    ['{"format":"other"}', 'FORMAT'],
    ['{"format":"lutra-tune","version":2}', 'UNSUPPORTED'],
  ] as const)('is refused when it says %s', async (text, code) => {
    const path = join(folder, 'bad.json');
    await writeFile(path, text);
    const e = await readTuneRecord(path).catch((caught: unknown) => caught);
    expect(isLutraError(e, code)).toBe(true);
    const missing = await readTuneRecord(join(folder, 'none')).catch((caught: unknown) => caught);
    expect(isLutraError(missing, 'ARGUMENT')).toBe(true);
  });
});
