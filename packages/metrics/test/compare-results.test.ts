import { FLT_MAX } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareResults, exactSearch } from '../src/index.js';
import { naiveSearch } from './naive.js';

const one = (labels: number[], distances: number[]) => ({ labels, distances, nq: 1, k: labels.length });
const truth = one([1, 2, 3, 4], [1, 2, 2, 5]);

function reasons(labels: number[], distances: number[], wanted = truth): string[] {
  const { mismatches, ok } = compareResults(one(labels, distances), wanted);
  expect(ok).toBe(mismatches.length === 0);
  return mismatches.map((m) => `${m.reason}@${m.rank}`);
}

describe('compareResults', () => {
  it('accepts the same table', () => {
    expect(compareResults(truth, truth)).toEqual({ ok: true, mismatches: [], mismatchCount: 0, ties: 0 });
  });

  it('accepts labels that change places within a group of equals', () => {
    const found = one([1, 3, 2, 4], [1, 2, 2, 5]);
    expect(compareResults(found, truth)).toMatchObject({ ok: true, ties: 2 });
  });

  it('does not accept them between groups', () => {
    expect(reasons([2, 1, 3, 4], [1, 2, 2, 5])).toEqual(['label@0', 'label@1']);
  });

  it('accepts a stranger at the boundary only, and only at its distance', () => {
    expect(compareResults(one([1, 2, 3, 9], [1, 2, 2, 5]), truth)).toMatchObject({ ok: true, ties: 1 });
    expect(reasons([1, 9, 3, 4], [1, 2, 2, 5])).toEqual(['label@1']);
    expect(reasons([1, 2, 3, 9], [1, 2, 2, 5.1])).toEqual(['distance@3']);
  });

  it('uses the further columns of truth at rank k', () => {
    // At k = 2 the second may be label 2 or 3, and truth says so: a stranger is wrong, since the group ends at 5.
    expect(reasons([1, 3], [1, 2])).toEqual([]);
    expect(reasons([1, 9], [1, 2])).toEqual(['label@1']);
    expect(reasons([1, 9], [1, 2], one([1, 2], [1, 2]))).toEqual([]);
  });

  it('refuses a label twice', () => {
    expect(reasons([1, 2, 2, 4], [1, 2, 2, 5])).toEqual(['duplicate@2']);
  });

  it('compares missing results by label alone', () => {
    const short = one([1, -1], [1, FLT_MAX]);
    expect(reasons([1, -1], [1, 0], short)).toEqual([]);
    expect(reasons([1, 7], [1, 2], short)).toEqual(['missing@1']);
    expect(reasons([1, -1], [1, FLT_MAX], one([1, 2], [1, 2]))).toEqual(['missing@1']);
    expect(reasons([9, -1], [1, 2], short)).toEqual(['label@0']);
  });

  it('takes its tolerance relative to the true distance, or absolute', () => {
    const far = one([1], [1e6]);
    expect(compareResults(one([1], [1e6 + 9]), far).ok).toBe(true);
    expect(compareResults(one([1], [1e6 + 11]), far).ok).toBe(false);
    expect(compareResults(one([1], [1e-7]), one([1], [0])).ok).toBe(false);
    expect(compareResults(one([1], [1e-7]), one([1], [0]), { absolute: 1e-6 }).ok).toBe(true);
    expect(compareResults(one([1], [Number.NaN]), far).ok).toBe(false);
    expect(compareResults(one([1], [-Infinity]), one([1], [-Infinity])).ok).toBe(true);
  });

  it('counts all mismatches and lists some, with what was found and wanted', () => {
    const found = { labels: [9, 9, 1], distances: [1, 1, 7], nq: 3, k: 1 };
    const wanted = { labels: [1, 2, 1, 2, 1, 2], distances: [1, 3, 1, 3, 1, 3], nq: 3, k: 2 };
    const { mismatches, mismatchCount, ok } = compareResults(found, wanted, { limit: 1 });
    expect(ok).toBe(false);
    expect(mismatchCount).toBe(3);
    expect(mismatches).toEqual([
      {
        query: 0,
        rank: 0,
        reason: 'label',
        foundLabel: 9,
        wantedLabel: 1,
        foundDistance: 1,
        wantedDistance: 1,
      },
    ]);
  });

  it('accepts every order of equals, and no result that left a nearer one out', async () => {
    const values = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(values, fc.integer({ min: 1, max: 6 }), async (list, k) => {
        const base = Float32Array.from(list);
        const query = Float32Array.of(0);
        const wanted = await exactSearch(base, query, { d: 1, k });
        // Numbering the rows backwards breaks ties the other way round.
        const reversed = naiveSearch(base.slice().reverse(), query, 1, k, 'l2');
        const found = { ...reversed, labels: reversed.labels.map((label) => list.length - 1 - label) };
        expect(compareResults(found, wanted).ok).toBe(true);
        const without = naiveSearch(base, query, 1, k + 1, 'l2');
        const skipped = { ...wanted, labels: without.labels.slice(1), distances: without.distances.slice(1) };
        const level = without.distances[0] === without.distances[k];
        expect(compareResults(skipped, wanted).ok).toBe(level);
      }),
    );
  });

  it.each([
    ['SHAPE', () => compareResults(truth, one([1], [1]))],
    ['SHAPE', () => compareResults(truth, { ...truth, nq: 2 })],
    ['ARGUMENT', () => compareResults({ labels: [1], nq: 1, k: 1 } as never, truth)],
    ['ARGUMENT', () => compareResults(truth, truth, { relative: Number.NaN })],
    ['ARGUMENT', () => compareResults(truth, truth, { limit: -1 })],
  ])('refuses bad tables: %s', (code, call) => {
    expect(call).toThrowError(expect.objectContaining({ code }));
  });
});
