import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recall1At1, recallAtK, recallAtRank, wilsonInterval } from '../src/index.js';

function table(rows: number[][], distances?: number[][]) {
  return {
    labels: rows.flat(),
    nq: rows.length,
    k: rows[0]!.length,
    ...(distances && { distances: distances.flat() }),
  };
}

describe('recallAtK', () => {
  it('is the intersection over nq · k', () => {
    expect(
      recallAtK(
        table([
          [1, 2, 3],
          [4, 5, 6],
        ]),
        table([
          [3, 1, 9],
          [4, 5, 6],
        ]),
      ),
    ).toBe(5 / 6);
  });

  it('looks only at the first k columns', () => {
    const truth = table([[1, 2, 3, 4]]);
    expect(recallAtK(table([[3, 4]]), truth)).toBe(0);
    expect(recallAtK(table([[2, 4]]), truth)).toBe(0.5);
    expect(recallAtK(table([[4, 1]]), truth, { k: 1 })).toBe(0);
  });

  it('never counts -1, nor a label twice', () => {
    expect(recallAtK(table([[1, -1, -1]]), table([[1, 2, -1]]))).toBe(1 / 3);
    expect(recallAtK(table([[-1, -1]]), table([[-1, -1]]))).toBe(0);
    expect(recallAtK(table([[7, 7]]), table([[7, 8]]))).toBe(0.5);
  });

  it('counts ties with the k-th only when asked', () => {
    const truth = table([[1, 2]], [[1, 4]]);
    const found = table([[1, 9]], [[1, 4.00001]]);
    expect(recallAtK(found, truth)).toBe(0.5);
    expect(recallAtK(found, truth, { ties: {} })).toBe(1);
    expect(recallAtK(found, truth, { ties: { relative: 1e-7 } })).toBe(0.5);
    expect(recallAtK(found, truth, { ties: { relative: 0, absolute: 1e-4 } })).toBe(1);
  });

  it('knows which way is nearer', () => {
    const truth = table([[1, 2]], [[9, -4]]);
    const far = table([[1, 8]], [[9, -5]]);
    const tied = table([[1, 8]], [[9, -4]]);
    expect(recallAtK(far, truth, { ties: {}, metric: 'ip' })).toBe(0.5);
    expect(recallAtK(tied, truth, { ties: {}, metric: 'ip' })).toBe(1);
  });

  it('has no ties with a missing k-th', () => {
    const truth = table([[1, -1]], [[1, 3.4e38]]);
    expect(recallAtK(table([[1, 5]], [[1, 2]]), truth, { ties: {} })).toBe(0.5);
  });

  it('equals counting by hand', () => {
    const row = fc.array(fc.integer({ min: -1, max: 9 }), { minLength: 5, maxLength: 5 });
    const rows = fc.array(fc.tuple(row, row), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 5 }), (pairs, k) => {
        let hits = 0;
        for (const [f, t] of pairs) {
          for (let label = 0; label <= 9; label++) {
            if (f.slice(0, k).includes(label) && t.slice(0, k).includes(label)) hits++;
          }
        }
        const found = table(pairs.map(([f]) => f));
        const truth = table(pairs.map(([, t]) => t));
        expect(recallAtK(found, truth, { k })).toBe(hits / (pairs.length * k));
      }),
    );
  });

  const good = table([[1, 2]], [[1, 2]]);
  it.each([
    [
      'SHAPE',
      () =>
        recallAtK(
          good,
          table([
            [1, 2],
            [1, 2],
          ]),
        ),
    ],
    ['SHAPE', () => recallAtK(good, table([[1]]))],
    ['SHAPE', () => recallAtK(good, good, { k: 3 })],
    ['SHAPE', () => recallAtK({ labels: [1], nq: 1, k: 2 }, good)],
    ['SHAPE', () => recallAtK({ ...good, distances: [1] }, good)],
    ['ARGUMENT', () => recallAtK({ labels: [], nq: 0, k: 2 }, { labels: [], nq: 0, k: 2 })],
    ['ARGUMENT', () => recallAtK(good, good, { k: 0 })],
    ['ARGUMENT', () => recallAtK(table([[1, 2]]), good, { ties: {} })],
    ['ARGUMENT', () => recallAtK(good, table([[1, 2]]), { ties: {} })],
    ['ARGUMENT', () => recallAtK(good, good, { ties: { relative: -1 } })],
  ])('refuses bad tables: %s', (code, call) => {
    expect(call).toThrowError(expect.objectContaining({ code }));
  });
});

describe('recallAtRank', () => {
  const truth = table([
    [1, 0],
    [2, 0],
    [3, 0],
    [-1, -1],
  ]);
  const found = table([
    [1, 9, 9],
    [9, 2, 9],
    [9, 9, 3],
    [-1, -1, -1],
  ]);

  it('looks for the first true label among the first results', () => {
    expect([1, 2, 3].map((rank) => recallAtRank(found, truth, rank))).toEqual([0.25, 0.5, 0.75]);
    expect(recall1At1(found, truth)).toBe(0.25);
  });

  it('refuses a rank beyond the results', () => {
    expect(() => recallAtRank(found, truth, 4)).toThrowError(expect.objectContaining({ code: 'SHAPE' }));
    expect(() => recallAtRank(found, truth, 0)).toThrowError(expect.objectContaining({ code: 'ARGUMENT' }));
  });
});

describe('wilsonInterval', () => {
  it.each([
    // 81 of 263, by hand from the formula with z = 1.959964; 0 and 10 of 10 as in Brown, Cai and DasGupta 2001.
    [81 / 263, 263, 0.2553, 0.3662],
    [0, 10, 0, 0.2775],
    [1, 10, 0.7225, 1],
  ])('of %f in %i trials', (proportion, trials, low, high) => {
    const interval = wilsonInterval(proportion, trials);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('holds both ends of the score equation |p̂ - p| = z √(p(1-p)/n) (relative 1e-9)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, part) => {
          const p = Math.round(part * n) / n;
          const { low, high } = wilsonInterval(p, n, { z: 2 });
          expect(low).toBeLessThanOrEqual(p);
          expect(high).toBeGreaterThanOrEqual(p);
          for (const end of [low, high]) {
            if (end === 0 || end === 1) continue;
            const gap = Math.abs(end - p);
            expect(Math.abs(gap - 2 * Math.sqrt((end * (1 - end)) / n))).toBeLessThanOrEqual(1e-9);
          }
        },
      ),
    );
  });

  it.each([
    [-0.1, 10, 2],
    [1.1, 10, 2],
    [Number.NaN, 10, 2],
    [0.5, 0, 2],
    [0.5, 1.5, 2],
    [0.5, 10, -1],
  ])('refuses proportion %f, %f trials, z %f', (proportion, trials, z) => {
    expect(() => wilsonInterval(proportion, trials, { z })).toThrowError(
      expect.objectContaining({ code: 'ARGUMENT' }),
    );
  });
});
