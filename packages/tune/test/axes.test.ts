import { parseFactory } from '@lutra/factory';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atMost, axesOf, keyOf, ladderGrid } from '../src/choose/axes.js';
import { leastPassing, leastPassingNear } from '../src/choose/least-passing.js';

const axes = (factory: string, parameters: object, ntotal = 5000) =>
  axesOf({ spec: parseFactory(factory), parameters, ntotal }, 10);

describe('axesOf', () => {
  it('searches nprobe finely, up to the lists, and the others on ladders', () => {
    const [fine, other] = axes('OPQ4,IVF100,PQ4x4fs,RFlat', { kFactor: 1, nprobe: 1 });
    expect([fine!.name, fine!.size, fine!.value(7)]).toEqual(['nprobe', 100, 7]);
    expect(fine!.ladder).toEqual([1, 2, 4, 8, 16, 32, 64, 100]);
    expect([other!.name, other!.ladder]).toEqual(['kFactor', [1, 2, 4, 8, 16, 32, 64, 128]]);
  });

  it('has halves of kFactor, each of another number of candidates, and no more than vectors', () => {
    const [fine] = axes('PQ4x4fs,RFlat', { kFactor: 1 }, 45);
    const values = Array.from({ length: fine!.size }, (_, i) => fine!.value(i + 1));
    expect(values).toEqual([1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]);
    expect(fine!.ladder).toEqual([1, 2, 4, 5]);
  });

  it('knows parameters of a quantizer by nothing but their names', () => {
    const names = axes('IVF64_HNSW,Flat', { quantizerEfSearch: 16, nprobe: 1 }).map(({ name }) => name);
    expect(names).toEqual(['nprobe', 'quantizerEfSearch']);
    expect(axes('HNSW32', { efSearch: 16 })[0]!.ladder.slice(0, 3)).toEqual([8, 16, 32]);
    expect(axes('Flat', {})).toEqual([]);
  });

  it('combines ladders', () => {
    const grid = ladderGrid(axes('IVF2,PQ4x4fs,RFlat', { nprobe: 1, kFactor: 1 }, 20));
    expect(grid.map(keyOf)).toEqual([
      ...['nprobe=1,kFactor=1', 'nprobe=1,kFactor=2', 'nprobe=2,kFactor=1', 'nprobe=2,kFactor=2'],
    ]);
    expect(ladderGrid([])).toEqual([{}]);
    expect(atMost({ nprobe: 1, kFactor: 2 }, { nprobe: 1, kFactor: 2 })).toBe(true);
    expect(atMost({ nprobe: 2 }, { nprobe: 1 })).toBe(false);
  });
});

describe('leastPassing', () => {
  it('finds the threshold, looking at few', async () => {
    const sizes = fc.tuple(
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 6000 }),
      fc.integer({ min: 1, max: 5000 }),
    );
    await fc.assert(
      fc.asyncProperty(sizes, async ([size, threshold, near]) => {
        let looks = 0;
        const judge = async (i: number): Promise<'pass' | 'fail'> => {
          looks++;
          expect(i).toBeGreaterThanOrEqual(1);
          expect(i).toBeLessThanOrEqual(size);
          return i >= threshold ? 'pass' : 'fail';
        };
        const expected = threshold <= size ? threshold : undefined;
        expect(await leastPassing(1, size, 0, judge)).toBe(expected);
        expect(await leastPassingNear(Math.min(near, size), size, 0, judge)).toBe(expected);
        expect(looks).toBeLessThan(80);
      }),
    );
  });

  it('gives up where it is told that nothing larger passes', async () => {
    const seen: number[] = [];
    const judge = async (i: number): Promise<'fail' | 'never'> => {
      seen.push(i);
      return i >= 4 ? 'never' : 'fail';
    };
    expect(await leastPassing(1, 1000, 0, judge)).toBeUndefined();
    expect(seen).toEqual([1, 2, 4]);
  });
});
