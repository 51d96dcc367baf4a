import type { SearchResult, VectorIndex } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { clusters } from './data.js';
import { create } from './engine.js';

/** Searches often enough for every list to be searched by bounds at the end; each search has to find the same. */
function searchOften(index: VectorIndex, queries: Float32Array, k: number, nprobe: number): SearchResult {
  const first = index.searchSync!(queries, k, { nprobe });
  for (let i = 0; i < 10; i++) expect(index.searchSync!(queries, k, { nprobe })).toEqual(first);
  return first;
}

describe.each(['l2', 'ip'] as const)('IVF…,Flat by bounds, %s', (metric) => {
  const d = 24;
  const base = clusters(1500, d, { seed: 3, centers: 30, spread: 0.4 });
  const queries = clusters(20, d, { seed: 4, centers: 30, spread: 0.4 });

  async function filled(): Promise<VectorIndex> {
    const index = await create('IVF16,Flat', d, metric);
    await index.train(base);
    await index.add(base);
    return index;
  }

  it.each([1, 10, 300])('finds the same before and after, k = %i', async (k) => {
    const index = await filled();
    for (const nprobe of [1, 3, 16]) searchOften(index, queries, k, nprobe);
  });

  it('finds what an exhaustive search finds, ties included', async () => {
    const rows = Float32Array.from([...base, ...base.subarray(0, 200 * d)]);
    const [ivf, flat] = await Promise.all([filled(), create('Flat', d, metric)]);
    await ivf.add(base.subarray(0, 200 * d));
    await flat.add(rows);
    const found = searchOften(ivf, queries, 12, 16);
    expect(found.distances).toEqual(flat.searchSync!(queries, 12).distances);
  });

  it('sees what is added, removed and filled anew', async () => {
    const index = await filled();
    searchOften(index, queries, 5, 4);
    await index.add(queries);
    const own = searchOften(index, queries, 1, 16);
    if (metric === 'l2') expect([...own.labels]).toEqual(Array.from({ length: 20 }, (_, i) => 1500 + i));
    await index.removeIds!({ kind: 'range', min: 0, max: 700 });
    const fresh = await create('IVF16,Flat', d, metric);
    await fresh.train(base);
    await fresh.add(base.subarray(700 * d));
    await fresh.add(queries);
    const wanted = fresh.searchSync!(queries, 5, { nprobe: 16 });
    const found = searchOften(index, queries, 5, 16);
    expect(found.distances).toEqual(wanted.distances);
    index.reset();
    await index.add(queries);
    const { labels } = searchOften(index, queries, 1, 16);
    if (metric === 'l2') expect([...labels]).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('does without bounds for rows that have none', async () => {
    const wild = base.slice();
    wild.fill(3e18, 40 * d, 41 * d);
    wild.fill(-3e18, 41 * d, 42 * d);
    const index = await create('IVF4,Flat', d, metric);
    await index.train(base);
    await index.add(wild);
    const far = new Float32Array(d).fill(3e18);
    expect(searchOften(index, far, 1, 4).labels[0]).toBe(40);
    searchOften(index, queries, 10, 4);
  });
});
