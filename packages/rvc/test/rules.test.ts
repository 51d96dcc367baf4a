import { isLutraError } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factoryFor, indexFileName, listCount, versionFor } from '../src/index.js';

describe('listCount', () => {
  it('is min(int(16 * sqrt(n)), n // 39), at least 1', () => {
    // counts from the names of index files that people posted, and the ends of the range
    const known = [
      [0, 1],
      [38, 1],
      [39, 1],
      [77, 1],
      [78, 2],
      [10_000, 256],
      [52_649, 1349],
      [138_255, 3545],
      [200_000, 5128],
      [389_376, 9984],
      [389_415, 9984],
      [1_000_000, 16_000],
    ] as const;
    expect(known.map(([n]) => listCount(n))).toEqual(known.map(([, lists]) => lists));
  });

  it('leaves 39 rows a list', () => {
    fc.assert(
      fc.property(fc.integer({ min: 39, max: 5_000_000 }), (n) => {
        expect(listCount(n) * 39).toBeLessThanOrEqual(n);
        expect(listCount(n)).toBeLessThanOrEqual(16 * Math.sqrt(n));
      }),
    );
  });
});

describe('names', () => {
  const names = { nprobe: 1, experiment: 'Ana María', version: 'v2' } as const;

  it('are those of RVC', () => {
    const factory = factoryFor(35_802);
    expect(factory).toBe('IVF918,Flat');
    expect(indexFileName('added', { ...names, factory })).toBe(
      'added_IVF918_Flat_nprobe_1_Ana María_v2.index',
    );
    expect(indexFileName('trained', { ...names, factory, version: 'v1', experiment: 'exp' })).toBe(
      'trained_IVF918_Flat_nprobe_1_exp_v1.index',
    );
  });

  it('turn any factory string into part of a name', () => {
    const name = (factory: string, nprobe?: number) =>
      indexFileName('added', { ...names, nprobe, experiment: 'e', factory });
    expect(name('IVF64,PQ128x4fs,RFlat', 9)).toBe('added_IVF64_PQ128x4fs_RFlat_nprobe_9_e_v2.index');
    expect(name('IVF16(HNSW32,Flat),PQ16', 1)).toBe('added_IVF16_HNSW32_Flat_PQ16_nprobe_1_e_v2.index');
    expect(name('PQ16,Refine(Flat)')).toBe('added_PQ16_Refine_Flat_e_v2.index');
  });

  it('fill in the list count as often as it is asked for', () => {
    expect(factoryFor(100, 'IVF{n},PQ4x4fs,RFlat')).toBe('IVF2,PQ4x4fs,RFlat');
    expect(factoryFor(100, 'PCA{n},IVF{n},Flat')).toBe('PCA2,IVF2,Flat');
    expect(factoryFor(100, 'HNSW32')).toBe('HNSW32');
  });
});

it('a version is told by the dimension', () => {
  expect([versionFor(256), versionFor(768)]).toEqual(['v1', 'v2']);
  let caught: unknown;
  try {
    versionFor(512);
  } catch (e) {
    caught = e;
  }
  expect(isLutraError(caught, 'SHAPE') && caught.message).toBe(
    'features have 512 dimensions, RVC knows 256 (v1) and 768 (v2)',
  );
});
