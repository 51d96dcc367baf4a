import type { RowSource } from '@lutra/core';
import { toRows } from '@lutra/npy';
import { describe, expect, it } from 'vitest';
import { trainingSet } from '../src/node/training-set.js';
import { REDUCE_ABOVE, REDUCED_ROWS } from '../src/rules.js';
import { randoms } from './workspace.js';

const d = 2;
const options = { shuffle: true, reduce: true, seed: 1234 };

function source(n: number): RowSource {
  return toRows({ shape: [n, d], data: randoms(n * d, 9) });
}

/** Sum of squared distances of a sample of rows to their nearest centre. */
function inertia(rows: Float32Array, centres: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i += 997 * d) {
    let best = Number.POSITIVE_INFINITY;
    for (let c = 0; c < centres.length; c += d) {
      const distance = (rows[i]! - centres[c]!) ** 2 + (rows[i + 1]! - centres[c + 1]!) ** 2;
      best = Math.min(best, distance);
    }
    sum += best;
  }
  return sum;
}

describe('trainingSet', () => {
  it('keeps 200,000 rows, each once', async () => {
    const { rows, n, reduced } = await trainingSet(source(REDUCE_ABOVE), options);
    expect([n, rows.length, reduced]).toEqual([REDUCE_ABOVE, REDUCE_ABOVE * d, false]);
    expect([...rows].sort()).toEqual([...randoms(REDUCE_ABOVE * d, 9)].sort());
  });

  it('cuts 200,001 rows to 10,000 centres that stand for them, the same for the same seed', async () => {
    const n = REDUCE_ABOVE + 1;
    const progress = new Set<string>();
    const set = await trainingSet(source(n), { ...options, onProgress: (p) => progress.add(p.stage) });
    expect([set.n, set.rows.length, set.reduced]).toEqual([REDUCED_ROWS, REDUCED_ROWS * d, true]);
    expect([...progress]).toEqual(['read', 'reduce']);
    expect(set.rows.every(Number.isFinite)).toBe(true);
    const all = randoms(n * d, 9);
    // as many rows picked at random do worse
    expect(inertia(all, set.rows)).toBeLessThan(0.8 * inertia(all, all.subarray(7, REDUCED_ROWS * d + 7)));
    const again = await trainingSet(source(n), options);
    expect(again.rows).toEqual(set.rows);
  });

  it('keeps all rows without the reduction', async () => {
    const n = REDUCE_ABOVE + 1;
    const set = await trainingSet(source(n), { ...options, reduce: false, shuffle: false });
    expect([set.n, set.reduced]).toEqual([n, false]);
    expect(set.rows.subarray(0, 40)).toEqual(randoms(40, 9));
  });

  it('stops during the reduction', async () => {
    const stop = new AbortController();
    const set = trainingSet(source(REDUCE_ABOVE + 1), {
      ...options,
      signal: stop.signal,
      onProgress: ({ stage }) => stage === 'reduce' && stop.abort(),
    });
    await expect(set).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
