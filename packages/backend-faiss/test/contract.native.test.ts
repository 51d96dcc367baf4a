import { FLT_MAX } from '@lutra/core';
import { formatFactory } from '@lutra/factory';
import { afterEach, describe, expect, test } from 'vitest';
import {
  backend,
  build,
  create,
  disposeAll,
  distancesTo,
  expectError,
  nearest,
  rows,
  track,
} from './backend.js';

const d = 8;
const x = rows(400, d);
const q = x.slice(0, 3 * d);

afterEach(disposeAll);

describe('search', () => {
  test('an exact index finds the true neighbours and squared distances', async () => {
    const index = await build('Flat', x, d);
    const { labels, distances } = await index.search(q, 5);
    for (let i = 0; i < 3; i++) {
      const truth = distancesTo(q.subarray(i * d, (i + 1) * d), x, d);
      const best = nearest(truth, 5);
      expect([...labels.subarray(i * 5, i * 5 + 5)]).toEqual(best);
      best.forEach((id, j) => {
        expect(Math.abs(distances[i * 5 + j]! - truth[id]!)).toBeLessThan(1e-4);
      });
    }
  });

  test('nprobe of a call reaches the native index, and calls do not see each other', async () => {
    const index = await build('IVF16,Flat', x, d);
    const all = nearest(distancesTo(q.subarray(0, d), x, d), 60);
    const [narrow, wide] = await Promise.all([
      index.search(q.subarray(0, d), 60),
      index.search(q.subarray(0, d), 60, { nprobe: 16 }),
    ]);
    expect([...wide.labels]).toEqual(all);
    expect(narrow.labels.indexOf(-1)).toBeGreaterThan(0);
    const clamped = await index.search(q.subarray(0, d), 60, { nprobe: 10_000 });
    expect([...clamped.labels]).toEqual(all);
    expect(index.parameters).toEqual({ nprobe: 1 });
  });

  test('stored parameters are used where a call gives none, and saved', async () => {
    const index = await build('IVF16,PQ4x4,RFlat', x, d);
    index.setParameters({ nprobe: 16, kFactor: 30 });
    const found = await index.search(q.subarray(0, d), 5);
    expect([...found.labels]).toEqual(nearest(distancesTo(q.subarray(0, d), x, d), 5));
    expect(index.toData()).toMatchObject({ kind: 'Refine', kFactor: 30, base: { nprobe: 16 } });
    await expectError(() => index.search(q, 1, { efSearch: 4 }), 'ARGUMENT', /efSearch.*nprobe, kFactor/);
    await expectError(() => index.setParameters({ nprobe: 0 }), 'ARGUMENT', /nprobe: 0/);
  });

  test.each(['PQ4x4fs', 'IVF16,Flat', 'IVF16,PQ4x4fs', 'Flat'])(
    '%s: missing results are label -1 with FLT_MAX',
    async (factory) => {
      const index = await build(factory, x, d);
      const found = await index.search(q, 500);
      for (let i = 0; i < found.labels.length; i++) {
        if (found.labels[i] === -1) expect(found.distances[i]).toBe(Math.fround(FLT_MAX));
        else expect(found.distances[i]).toBeLessThan(FLT_MAX);
      }
      expect(found.labels.indexOf(-1)).toBeGreaterThan(0);
    },
  );

  test('an empty index and no queries are answered without faiss', async () => {
    const index = await create('Flat', d, 'ip');
    const none = await index.search(q, 2);
    expect([...none.labels]).toEqual(Array(6).fill(-1));
    expect(none.distances[0]).toBe(Math.fround(-FLT_MAX));
    expect((await index.search(new Float32Array(0), 2)).labels).toHaveLength(0);
  });

  test('more queries than one native call takes come back in order', async () => {
    const index = await build('Flat', x, d);
    const many = new Float32Array(5000 * d);
    for (let i = 0; i < 5000; i++) many.set(x.subarray((i % 400) * d, ((i % 400) + 1) * d), i * d);
    const { labels } = await index.search(many, 1);
    expect(labels.every((label, i) => label === i % 400)).toBe(true);
  });
});

describe('filters and ranges', () => {
  const odd = (id: number): boolean => id % 2 === 1;

  test('a filter gives the best of what it lets through, however far down', async () => {
    const index = await build('Flat', x, d);
    const truth = distancesTo(q.subarray(0, d), x, d);
    const far = [...nearest(truth, 400)].slice(-3);
    const found = await index.search(q.subarray(0, d), 5, { filter: { kind: 'list', ids: far } });
    expect([...found.labels]).toEqual([...far, -1, -1]);
    const odds = await index.search(q.subarray(0, d), 7, { filter: { kind: 'predicate', test: odd } });
    expect([...odds.labels]).toEqual(nearest(truth, 7, odd));
    const none = await index.search(q, 2, { filter: { kind: 'range', min: 1000, max: 2000 } });
    expect(none.labels.every((label) => label === -1)).toBe(true);
    await expectError(() => index.search(q, 2, { filter: { kind: 'odd' } as never }), 'ARGUMENT', /selector/);
  });

  test('a range search finds all inside and nothing else', async () => {
    const index = await build('IVF16,Flat', x, d);
    const truth = distancesTo(q.subarray(0, d), x, d);
    const radius = truth[nearest(truth, 120)[119]!]!;
    const found = await index.rangeSearch(q.subarray(0, d), radius, { nprobe: 16 });
    expect([...found.labels].sort((a, b) => a - b)).toEqual([...nearest(truth, 119)].sort((a, b) => a - b));
    const odds = await index.rangeSearch(q.subarray(0, d), radius, {
      nprobe: 16,
      filter: { kind: 'predicate', test: odd },
    });
    expect([...odds.labels].every(odd)).toBe(true);
    expect([...odds.lims]).toEqual([0, odds.labels.length]);
  });
});

describe('ids', () => {
  test.each(['IVF8,Flat', 'IDMap,Flat', 'IDMap2,PQ4x4fs', 'PCA4,IVF8,Flat'])(
    '%s keeps the ids given',
    async (factory) => {
      const index = await create(factory, d);
      await index.train(x);
      const ids = Float64Array.from({ length: 400 }, (_, i) => 2 ** 40 + 3 * i);
      await index.add(x, { ids });
      const nprobe = factory.includes('IVF') ? { nprobe: 8 } : {};
      const { labels } = await index.search(q, 1, nprobe);
      const same = await track(await backend.load(index.toData())).search(q, 1, nprobe);
      expect([...same.labels]).toEqual([...labels]);
      expect(ids).toContain(labels[2]);
      expect(await index.removeIds({ kind: 'list', ids: [labels[2]!, 7] })).toBe(1);
      expect((await index.search(q, 1, nprobe)).labels[2]).not.toBe(labels[2]);
      expect(index.ntotal).toBe(399);
      await expectError(() => index.reconstruct([labels[2]!]), 'ARGUMENT', /not stored/);
      await index.add(x.subarray(0, d));
      expect((await index.reconstruct([399])).length).toBe(d);
    },
  );

  test('an index that counts from 0 refuses ids and closes up after a removal', async () => {
    const index = await build('PQ4x4', x, d);
    await expectError(() => index.add(q, { ids: [1, 2, 3] }), 'ARGUMENT', /IDMap/);
    const before = await index.reconstruct([10]);
    expect(await index.removeIds({ kind: 'range', min: 0, max: 10 })).toBe(10);
    expect(await index.reconstruct([0])).toEqual(before);
    expect(index.ntotal).toBe(390);
  });
});

describe('adding', () => {
  test('many rows of a flat index go by way of its file, few as arrays: the same index', async () => {
    const big = rows(12_000, d, 3);
    const byFile = await build('Flat', big, d);
    const byArray = await create('Flat', d);
    for (let i = 0; i < 12_000; i += 3000) await byArray.add(big.subarray(i * d, (i + 3000) * d));
    expect(byFile.toData()).toEqual(byArray.toData());
    await byFile.add(x);
    expect([...(await byFile.search(q, 1)).labels]).toEqual([12_000, 12_001, 12_002]);
  });

  test('blocks before a failure stay, also on the way through a file', async () => {
    async function* broken(): AsyncGenerator<Float32Array> {
      yield x;
      throw new Error('the source broke');
    }
    for (const factory of ['Flat', 'IVF4,Flat']) {
      const index = await create(factory, d);
      await index.train(x);
      await expect(index.add(broken())).rejects.toThrow('the source broke');
      expect(index.ntotal).toBe(400);
      expect([...(await index.search(q, 1, factory === 'Flat' ? {} : { nprobe: 4 })).labels]).toEqual([
        0, 1, 2,
      ]);
    }
  });

  test('progress and a signal are honoured', async () => {
    const index = await create('IVF4,Flat', d);
    const stages: string[] = [];
    await index.train(x, { onProgress: ({ stage }) => stages.push(stage) });
    await index.add(x, { onProgress: ({ stage, done, total }) => stages.push(`${stage} ${done}/${total}`) });
    expect(stages).toEqual(['read', 'train', 'train', 'add 0/400', 'add 400/400']);
    await expectError(() => index.add(x, { signal: AbortSignal.abort() }), 'ABORTED');
    expect(index.ntotal).toBe(400);
    await expectError(() => index.search(q, 1, { signal: AbortSignal.abort() }), 'ABORTED');
  });
});

describe('merging, resetting, saving', () => {
  test.each([
    'Flat',
    'PQ4x4',
    'PQ4x4fs',
    'IVF8,Flat',
    'IVF8,PQ4x4',
    'IVF8,PQ4x4fs',
    'IDMap,Flat',
    'PCA4,PQ4x4fs,RFlat',
  ])('%s: two halves merged answer as the whole', async (factory) => {
    const whole = await build(factory, x, d);
    const [left, right] = [
      track(await backend.load(whole.toData())),
      track(await backend.load(whole.toData())),
    ];
    left.reset();
    right.reset();
    expect(left.ntotal).toBe(0);
    await left.add(x.subarray(0, 150 * d));
    await right.add(x.subarray(150 * d));
    await left.mergeFrom(right, whole.parameters.nprobe || factory.startsWith('IDMap') ? { addId: 150 } : {});
    expect([left.ntotal, right.ntotal]).toEqual([400, 0]);
    const p = whole.parameters.nprobe ? { nprobe: 8 } : {};
    const [a, b] = [await left.search(q, 4, p), await whole.search(q, 4, p)];
    expect([...a.distances]).toEqual([...b.distances]);
    expect(a.labels[0]).toBe(b.labels[0]);
  });

  test('indexes trained on other rows do not merge', async () => {
    const a = await build('IVF8,Flat', x, d);
    const b = await build('IVF8,Flat', rows(300, d, 9), d);
    await expectError(() => a.mergeFrom(b), 'ARGUMENT', /trained otherwise: quantizer.vectors differ/);
    expect([a.ntotal, b.ntotal]).toEqual([400, 300]);
    await expectError(() => a.mergeFrom(a), 'ARGUMENT', /itself/);
  });

  test('a loaded index is what was saved, name and parameters included', async () => {
    const index = await build('PCA4,IVF8,PQ4x4fs,RFlat', x, d);
    index.setParameters({ nprobe: 3, kFactor: 2 });
    const again = track(await backend.load(index.toData()));
    expect(formatFactory(again.spec)).toBe('PCA4,IVF8,PQ4x4fs,RFlat');
    expect(again.parameters).toEqual({ nprobe: 3, kFactor: 2 });
    expect(again.toData()).toEqual(index.toData());
  });
});

test('the same rows and seed give the same index, another seed another one', async () => {
  const train = async (seed: number | undefined, threads: number): Promise<unknown> => {
    const index = await create('IVF8,PQ4x4', d);
    await index.train(x, { threads, ...(seed !== undefined && { seed }) });
    return index.toData();
  };
  const first = await train(undefined, 1);
  expect(await train(1234, 2)).toEqual(first);
  const other = await train(7, 1);
  expect(other).not.toEqual(first);
  expect(await train(7, 1)).toEqual(other);
});
