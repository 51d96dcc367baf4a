import { isLutraError, type Metric, type VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { describe, expect, it } from 'vitest';
import { isExtraMetric, rowDistance, takesMissing } from '../src/extra-metrics.js';
import { backend } from './engine.js';
import { expectError } from './expect-error.js';

const D = 6;
const N = 300;
const EXTRA = [
  'l1',
  'linf',
  'lp',
  'canberra',
  'braycurtis',
  'jensenshannon',
  'jaccard',
  'nanEuclidean',
  'gower',
];
const metrics = EXTRA as Metric[];

/** Rows in 0 … 1, some components 0. */
const x = Float32Array.from({ length: N * D }, (_, i) =>
  (i * 7919) % 101 < 9 ? 0 : ((i * 7919) % 997) / 997,
);

async function filled(metric: Metric, factory = 'Flat', rows = x): Promise<VectorIndex> {
  const index = await backend.create(parseFactory(factory), { d: D, metric, metricArg: 3 });
  await index.train(rows);
  await index.add(rows);
  return index;
}

/** All labels by a plain ranking. */
function ranking(metric: Metric, q: number, keep: (id: number) => boolean = () => true): number[] {
  if (!isExtraMetric(metric)) throw new Error(metric);
  const distance = rowDistance(metric, 3);
  const query = x.subarray(q * D, (q + 1) * D);
  const sign = metric === 'jaccard' ? -1 : 1;
  return Array.from({ length: N }, (_, id) => ({ id, v: sign * Math.fround(distance(query, x, id * D)) }))
    .filter(({ id, v }) => keep(id) && !Number.isNaN(v))
    .sort((a, b) => a.v - b.v || sign * (a.id - b.id))
    .map(({ id }) => id);
}

describe.each(metrics)('%s', (metric) => {
  it('over Flat searches, with a filter and without', async () => {
    const index = await filled(metric);
    const found = index.searchSync!(x.subarray(0, 3 * D), 7);
    const odd = await index.search(x.subarray(0, D), 7, {
      filter: { kind: 'predicate', test: (id) => id % 2 === 1 },
    });
    for (let q = 0; q < 3; q++) {
      expect([...found.labels.subarray(7 * q, 7 * q + 7)]).toEqual(ranking(metric, q).slice(0, 7));
    }
    expect([...odd.labels]).toEqual(ranking(metric, 0, (id) => id % 2 === 1).slice(0, 7));
    const threaded = await index.search(x.subarray(0, 3 * D), 7, { threads: 2 });
    expect(threaded).toEqual(found);
    index.dispose();
  });

  it('searches a range, removes, merges, and is the same after a file', async () => {
    const index = await filled(metric);
    const { distances } = await index.search(x.subarray(0, D), 9);
    const range = await index.rangeSearch(x.subarray(0, D), distances[8]!);
    const better = metric === 'jaccard' ? (v: number) => v > distances[8]! : (v: number) => v < distances[8]!;
    expect(range.labels.length).toBe([...distances].filter(better).length);
    expect([...range.distances].every(better)).toBe(true);

    const read = await backend.load(decodeIndex(encodeIndex(index.toData())));
    expect(read.toData()).toMatchObject({ metric, metricArg: metric === 'lp' ? 3 : 0 });
    expect(await read.removeIds({ kind: 'range', min: 0, max: 100 })).toBe(100);
    await read.mergeFrom(index);
    expect([read.ntotal, index.ntotal]).toEqual([500, 0]);
    expect(await read.reconstruct([200])).toEqual(x.slice(0, D));
    for (const each of [index, read]) each.dispose();
  });

  it('takes a vector with missing values where that has a meaning', async () => {
    const holes = x.slice();
    for (let i = 0; i < holes.length; i += 5) holes[i] = Number.NaN;
    if (!takesMissing(metric)) {
      await expectError(() => filled(metric, 'Flat', holes), 'ARGUMENT', /NaN/);
      return;
    }
    const index = await filled(metric, 'Flat', holes);
    const { labels, distances } = await index.search(holes.subarray(0, D), 3);
    expect(labels).toContain(0);
    expect(distances[0]).toBe(0);
    await expectError(
      () => index.search(new Float32Array(D).fill(Number.POSITIVE_INFINITY), 1),
      'ARGUMENT',
      /infinite/,
    );
    index.dispose();
  });

  it('is run behind ids and transforms, not by codes', async () => {
    const index = await filled(metric, 'Pad8,Flat');
    const found = await index.search(x.subarray(0, D), 3);
    expect(found.labels[0]).toBe(0);
    index.dispose();
    for (const factory of ['SQ8', 'IVF4,SQ8', 'HNSW4,SQ8', 'PQ2,RFlat']) {
      const spec = parseFactory(factory);
      const why = backend.refuses(spec, { d: D, metric, metricArg: 3 });
      expect(why).toMatch(new RegExp(`by metric ${metric} is not run`));
    }
  });
});

describe.each(metrics)('%s in lists and graphs', (metric) => {
  const odd = { filter: { kind: 'predicate' as const, test: (id: number) => id % 2 === 1 } };
  it.each(['IVF4,Flat', 'HNSW16'])('%s finds what a comparison with all finds', async (factory) => {
    const index = await filled(metric, factory);
    const wide = factory === 'HNSW16' ? { efSearch: N } : { nprobe: 4 };
    const found = await index.search(x.subarray(0, 3 * D), 7, wide);
    for (let q = 0; q < 3; q++) {
      expect([...found.labels.subarray(7 * q, 7 * q + 7)]).toEqual(ranking(metric, q).slice(0, 7));
    }
    const filtered = await index.search(x.subarray(0, D), 7, { ...wide, ...odd });
    expect([...filtered.labels]).toEqual(ranking(metric, 0, (id) => id % 2 === 1).slice(0, 7));
    const radius = found.distances[5]!;
    const range = await index.rangeSearch(x.subarray(0, D), radius, wide);
    const better = [...found.distances.subarray(0, 7)].filter((v) =>
      metric === 'jaccard' ? v > radius : v < radius,
    );
    expect(Float32Array.from(range.distances).sort()).toEqual(Float32Array.from(better).sort());
    const read = await backend.load(decodeIndex(encodeIndex(index.toData())));
    expect(await read.search(x.subarray(0, 3 * D), 7, wide)).toEqual(found);
    expect(await index.search(x.subarray(0, 3 * D), 7, { ...wide, threads: 2 })).toEqual(found);
    for (const each of [index, read]) each.dispose();
  });
});

describe('the metric lp', () => {
  it('wants its p', async () => {
    const spec = parseFactory('Flat');
    for (const metricArg of [undefined, 0, -1, Number.NaN]) {
      const context = { d: D, metric: 'lp' as const, ...(metricArg !== undefined && { metricArg }) };
      expect(backend.refuses(spec, context)).toMatch(/without metricArg/);
      await expect(backend.create(spec, context)).rejects.toSatisfy((e) => isLutraError(e, 'UNSUPPORTED'));
    }
  });

  it('merges only with the same p', async () => {
    const three = await filled('lp');
    const two = await backend.create(parseFactory('Flat'), { d: D, metric: 'lp', metricArg: 2 });
    await two.add(x);
    await expectError(() => two.mergeFrom(three), 'ARGUMENT', /metricArg/);
    for (const index of [three, two]) index.dispose();
  });
});
