import { ts } from '@lutra/backend-ts';
import type { Metric, SearchResult, VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { afterEach, expect, test } from 'vitest';
import { backend, disposeAll, rows, track } from './backend.js';

const d = 8;
const x = rows(600, d);
const q = rows(12, d, 5);
const reference = ts();

const FACTORIES = [
  ...['Flat', 'PQ4x4', 'PQ2x6', 'PQ4x4fs', 'IVF12,Flat', 'IVF12,PQ4x4', 'IVF12,PQ4x4fs', 'IVF12,PQ4x4fsr'],
  ...['IVF12,PQ4x4fs,RFlat', 'IVF12,PQ4x4,Refine(PQ4x6np)', 'IDMap,Flat', 'IDMap2,PQ4x4', 'IDMap,IVF12,Flat'],
  ...['L2norm,Flat', 'PCA4,IVF12,Flat', 'PCAR4,PQ4x4', 'RR4,PQ4x4', 'Pad12,PQ4x4', 'ITQ4,Flat', 'OPQ4,PQ4x4'],
];
const METRICS: Metric[] = ['l2', 'ip'];

afterEach(disposeAll);

/** Distances agree rank by rank up to the rounding of float sums, and labels wherever no other distance is as near. */
function expectSame(found: SearchResult, truth: SearchResult): void {
  const scale = truth.distances.reduce(
    (most, v) => (Math.abs(v) < 1e30 ? Math.max(most, Math.abs(v)) : most),
    0,
  );
  const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-5 * scale;
  const { k } = truth;
  for (let i = 0; i < truth.labels.length; i++) {
    const message = `rank ${i % k} of query ${Math.floor(i / k)}`;
    expect(found.labels[i] === -1, message).toBe(truth.labels[i] === -1);
    if (truth.labels[i] === -1) continue;
    expect(
      near(found.distances[i]!, truth.distances[i]!),
      `${message}: ${found.distances[i]} ${truth.distances[i]}`,
    ).toBe(true);
    const first = i % k === 0;
    const last = i % k === k - 1;
    const tied =
      (!first && near(truth.distances[i - 1]!, truth.distances[i]!)) ||
      (!last && near(truth.distances[i + 1]!, truth.distances[i]!)) ||
      last;
    if (!tied) expect(found.labels[i], message).toBe(truth.labels[i]);
  }
}

async function fill(index: VectorIndex): Promise<VectorIndex> {
  await index.train(x);
  await index.add(x);
  return track(index);
}

/** Types that both know. */
const cases = FACTORIES.flatMap((factory) => METRICS.map((metric) => [factory, metric] as const)).filter(
  ([factory, metric]) => backend.refuses(parseFactory(factory), { d, metric }) === undefined,
);

test.each(cases)('%s in %s: what one builds the other searches alike', async (factory, metric) => {
  const spec = parseFactory(factory);
  for (const [mine, theirs] of [
    [backend, reference],
    [reference, backend],
  ] as const) {
    const built = await fill(await mine.create(spec, { d, metric }));
    const loaded = track(await theirs.load(built.toData()));
    const { nprobe, kFactor } = built.parameters;
    const parameters = { ...(nprobe && { nprobe: 4 }), ...(kFactor && { kFactor: 6 }) };
    expectSame(await loaded.search(q, 10, parameters), await built.search(q, 10, parameters));
    expect(loaded.ntotal).toBe(built.ntotal);
    expect(loaded.parameters).toEqual(built.parameters);
  }
});

test('an index of the other backend is merged', async () => {
  const built = await fill(await reference.create(parseFactory('IVF12,PQ4x4fs'), { d, metric: 'l2' }));
  const native = track(await backend.load(built.toData()));
  await native.mergeFrom(built, { addId: 600 });
  expect([native.ntotal, built.ntotal]).toEqual([1200, 0]);
  const { labels, distances } = await native.search(x.subarray(0, d), 1200, { nprobe: 12 });
  const of = new Map(Array.from(labels, (label, i) => [label, distances[i]!]));
  for (let id = 0; id < 600; id++) expect(of.get(id)).toBe(of.get(id + 600));
  expect(of.get(0)).toBeDefined();
});
