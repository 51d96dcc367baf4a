import { isLutraError, type LutraErrorCode, type VectorIndex } from '@lutra/core';
import { copySubset, indexFactory, searchAndReconstruct, updateVectors, writeIndex } from 'lutra';
import { describe, expect, it } from 'vitest';

const D = 8;
const N = 200;
const x = Float32Array.from({ length: N * D }, (_, i) => ((i * 7919) % 983) / 983 + (i % 11));
const ids = Array.from({ length: N }, (_, i) => 1000 + 3 * i);

async function filled(factory: string): Promise<VectorIndex> {
  const index = await indexFactory(factory, { d: D });
  await index.train(x);
  await index.add(x, factory.includes('IVF') || factory.includes('IDMap') ? { ids } : {});
  return index;
}

async function codeOf(work: Promise<unknown>): Promise<LutraErrorCode | string> {
  return work.then(
    () => 'no error',
    (e) => (isLutraError(e) ? e.code : String(e)),
  );
}

describe('searchAndReconstruct', () => {
  it.each(['Flat', 'IVF4,Flat', 'IVF4,PQ4x4fs', 'SQ8,IDMap'])(
    '%s: vectors beside their labels',
    async (factory) => {
      const index = await filled(factory);
      const found = await searchAndReconstruct(index, x.subarray(0, 2 * D), N + 3, {
        filter: { kind: 'range', min: 0, max: 1300 },
      });
      expect(found.vectors.length).toBe(2 * (N + 3) * D);
      let missing = 0;
      for (const [at, label] of found.labels.entries()) {
        const row = found.vectors.subarray(at * D, (at + 1) * D);
        if (label >= 0) expect(row).toEqual(await index.reconstruct([label]));
        else if (row.every(Number.isNaN)) missing++;
      }
      expect(missing).toBe(found.labels.filter((label) => label < 0).length);
      expect(missing).toBeGreaterThanOrEqual(6);
      index.dispose();
    },
  );
});

describe('updateVectors', () => {
  it.each(['IVF4,Flat', 'Flat,IDMap2', 'Pad12,IVF4,Flat'])(
    '%s: the new vectors are found under the ids',
    async (factory) => {
      const index = await filled(factory);
      const moved = x.slice(50 * D, 52 * D).map((v) => v + 100);
      await updateVectors(index, [1009, 1003], moved);
      expect(index.ntotal).toBe(N);
      const { labels, distances } = await index.search(moved, 1);
      expect([...labels]).toEqual([1009, 1003]);
      expect([...distances]).toEqual([0, 0]);
      expect((await index.reconstruct([1003])).subarray(0, D)).toEqual(moved.subarray(D));
      index.dispose();
    },
  );

  it('changes nothing when something is wrong', async () => {
    const index = await filled('IVF4,Flat');
    const before = await writeIndex(index);
    const row = x.slice(0, D);
    const two = x.slice(0, 2 * D);
    expect(await codeOf(updateVectors(index, [1000, 1001], two))).toBe('ARGUMENT');
    expect(await codeOf(updateVectors(index, [1000, 1000], two))).toBe('ARGUMENT');
    expect(await codeOf(updateVectors(index, [1000, 1003], row))).toBe('SHAPE');
    expect(await codeOf(updateVectors(index, [1000], row.fill(Number.NaN)))).toBe('ARGUMENT');
    await updateVectors(index, [], new Float32Array(0));
    expect(await writeIndex(index)).toEqual(before);
    const flat = await filled('Flat');
    expect(await codeOf(updateVectors(flat, [3], x.slice(0, D)))).toBe('UNSUPPORTED');
    for (const each of [index, flat]) each.dispose();
  });
});

describe('copySubset', () => {
  it.each(['IVF4,Flat', 'IVF4,PQ4x4fs', 'Flat,IDMap'])(
    '%s: those selected, in an index of their own',
    async (factory) => {
      const index = await filled(factory);
      const before = await writeIndex(index);
      const kept = { kind: 'range', min: 1100, max: 1300 } as const;
      const copy = await copySubset(index, kept);
      expect(copy.ntotal).toBe(ids.filter((id) => id >= 1100 && id < 1300).length);
      const parameters = factory.startsWith('IVF') ? { nprobe: 4 } : {};
      const found = await copy.search(x.subarray(0, 5 * D), 6, parameters);
      const wanted = await index.search(x.subarray(0, 5 * D), 6, { ...parameters, filter: kept });
      if (!factory.includes('fs')) expect(found).toEqual(wanted);
      expect(found.labels.every((label) => label >= 1100 && label < 1300)).toBe(true);
      copy.reset();
      expect(await writeIndex(index)).toEqual(before);
      for (const each of [index, copy]) each.dispose();
    },
  );

  it('numbers anew where an index counts from 0', async () => {
    const index = await filled('Flat');
    const copy = await copySubset(index, { kind: 'list', ids: [7, 3, 150] });
    expect(await copy.reconstruct([0, 1, 2])).toEqual(
      Float32Array.from([3, 7, 150].flatMap((id) => [...x.subarray(id * D, (id + 1) * D)])),
    );
    for (const each of [index, copy]) each.dispose();
  });
});
