import { type IvfFlatDedupData, isLutraError, type Metric, type VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fault } from './compare.js';
import { clusters } from './data.js';
import { backend, build } from './engine.js';

const [D, N, NQ, K] = [16, 500, 6, 5];
const x = clusters(N, D, { seed: 3, centers: 12, spread: 0.4 });
const queries = clusters(NQ, D, { seed: 3, centers: 12, spread: 0.5, rows: 1 });
const WIDE = { nprobe: 4 };
const odd = { kind: 'predicate' as const, test: (id: number) => id % 2 === 1 };

/** Kinds whose searches look at all they hold, when they visit all lists; how close a vector comes back, of its norm, NaN for never. */
const KINDS: readonly (readonly [factory: string, metric: Metric, loss: number])[] = [
  ['RQ5x4fs_Nrq2x4', 'l2', 0.5],
  ['PRQ2x2x4fs_Nlsq2x4', 'l2', 0.5],
  ['LSQ4x4fs', 'ip', 0.5],
  ['IVF4,RQ3x4fs_Nrq2x4', 'l2', 0.6],
  ['IVF4,RQ4x4fsr_Nlsq2x4', 'l2', 0.5],
  ['IVF4,PLSQ2x2x4fsr', 'ip', 0.5],
  ['IVF4(RCQ1x2),Flat', 'l2', 1e-6],
  ['EDEN3', 'l2', 0.2],
  ['IVF4,EDEN2BIASED', 'ip', 0.3],
  ['Residual8,PQ4x4', 'l2', 0.4],
  ['Residual2x2,PQ8x4', 'l2', 0.4],
  ['IVF4,PCAR12,SH2c', 'l2', Number.NaN],
  ['IVF4,ITQ,SHm', 'l2', Number.NaN],
  ['FlatL2Panorama4_64', 'l2', 0],
  ['FlatIPPanorama4', 'ip', 0],
  ['IVF4,FlatPanorama3_32', 'ip', 0],
  ['IVF4,FlatDedup', 'l2', 0],
];

it('FlatDedup keeps equal vectors once, under all their ids', async () => {
  const twice = new Float32Array(2 * 40 * D);
  for (const half of [0, 1]) twice.set(x.subarray(0, 40 * D), half * 40 * D);
  const index = await build('IVF4,FlatDedup', D, twice);
  expect(index.ntotal).toBe(80);
  const data = index.toData() as IvfFlatDedupData;
  expect(data.instances.length).toBe(80);
  const found = await index.search(x.subarray(0, D), 4, WIDE);
  expect([...found.labels.subarray(0, 2)].sort((a, b) => a - b)).toEqual([0, 40]);
  const odds = await index.search(x.subarray(D, 2 * D), 2, {
    ...WIDE,
    filter: { kind: 'range', min: 40, max: 80 },
  });
  expect(odds.labels[0]).toBe(41);
  expect(await index.reconstruct([41])).toEqual(x.slice(D, 2 * D));
  // the id in the lists goes, the vector stays under the other one
  expect(await index.removeIds({ kind: 'range', min: 0, max: 1 })).toBe(1);
  expect((await index.search(x.subarray(0, D), 1, WIDE)).distances[0]).toBe(0);
  expect(index.ntotal).toBe(79);
  await index.add(x.subarray(0, D), { ids: [500] });
  expect((index.toData() as IvfFlatDedupData).instances.length).toBe(80);
  index.dispose();
});

describe.each(KINDS)('%s by %s', (factory, metric, loss) => {
  let index: VectorIndex;
  const all = (i: VectorIndex): { nprobe: number } | object =>
    i.parameters.nprobe === undefined ? {} : WIDE;
  beforeAll(async () => {
    index = await build(factory, D, x, { metric });
  });
  afterAll(() => index.dispose());

  it('is the same after a file, and answers the same by more threads and in other groups', async () => {
    const found = await index.search(queries, K, all(index));
    const bytes = encodeIndex(index.toData());
    const read = await backend.load(decodeIndex(bytes));
    expect(read.spec).toEqual(parseFactory(factory));
    expect(await read.search(queries, K, all(read))).toEqual(found);
    expect(Buffer.compare(encodeIndex(read.toData()), bytes)).toBe(0);
    expect(await index.search(queries, K, { ...all(index), threads: 2 })).toEqual(found);
    for (let q = 0; q < NQ; q++) {
      const one = await index.search(queries.subarray(q * D, (q + 1) * D), K, all(index));
      expect(one.distances).toEqual(found.distances.slice(q * K, (q + 1) * K));
    }
    read.dispose();
  });

  it('is filtered: what passes of a search for all', async () => {
    const everything = await index.search(queries, N, all(index));
    const filtered = await index.search(queries, K, { ...all(index), filter: odd });
    for (let q = 0; q < NQ; q++) {
      const places = Array.from({ length: N }, (_, i) => q * N + i);
      const kept = places.filter((i) => everything.labels[i]! % 2 === 1).slice(0, K);
      const truth = {
        k: K,
        labels: Float64Array.from(kept, (i) => everything.labels[i]!),
        distances: Float32Array.from(kept, (i) => everything.distances[i]!),
      };
      const one = {
        k: K,
        labels: filtered.labels.slice(q * K, (q + 1) * K),
        distances: filtered.distances.slice(q * K, (q + 1) * K),
      };
      expect(fault(one, truth, 0, 1)).toBeUndefined();
    }
  });

  it('is searched by radius', async () => {
    const x0 = queries.subarray(0, D);
    const { distances } = await index.search(x0, 30, all(index));
    const radius = distances[20]!;
    const better = (v: number): boolean => (metric === 'ip' ? v > radius : v < radius);
    const range = await index.rangeSearch(x0, radius, all(index));
    expect([...range.distances].sort()).toEqual([...distances].filter(better).sort());
    expect(range.labels.length).toBeGreaterThan(0);
  });

  it('gives vectors back about as they were', async () => {
    if (Number.isNaN(loss)) {
      const error = await index.reconstruct([3]).catch((e: unknown) => e);
      expect(isLutraError(error, 'UNSUPPORTED')).toBe(true);
      return;
    }
    const [a, b] = [await index.reconstruct([3]), x.subarray(3 * D, 4 * D)];
    const apart = a.reduce((sum, v, j) => sum + (v - b[j]!) ** 2, 0);
    expect(apart).toBeLessThanOrEqual(loss * b.reduce((sum, v) => sum + v * v, 0));
  });

  it('loses what is removed and takes in what is merged', async () => {
    const before = await index.search(queries, N, all(index));
    const bytes = encodeIndex(index.toData());
    const [left, right] = await Promise.all([0, 1].map(() => backend.load(decodeIndex(bytes))));
    expect(await left!.removeIds({ kind: 'range', min: 200, max: N })).toBe(N - 200);
    expect(await right!.removeIds({ kind: 'range', min: 0, max: 200 })).toBe(200);
    await left!.mergeFrom(right!);
    expect([left!.ntotal, right!.ntotal]).toEqual([N, 0]);
    const after = await left!.search(queries, N, all(left!));
    expect(after.distances).toEqual(before.distances);
    expect([...after.labels].sort((a, b) => a - b)).toEqual([...before.labels].sort((a, b) => a - b));
    const other = await build(factory, D, x.subarray(0, 400 * D), { metric, seed: 77 });
    const merged = await left!.mergeFrom(other).catch((e: unknown) => e);
    // only what is trained can be trained otherwise
    expect(isLutraError(merged, 'ARGUMENT')).toBe(!factory.startsWith('Flat'));
    for (const each of [left!, right!, other]) each.dispose();
  });
});
