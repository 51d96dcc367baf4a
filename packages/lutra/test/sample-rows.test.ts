import { isLutraError, type RowSource } from '@lutra/core';
import { sampleRows } from 'lutra';
import { describe, expect, it } from 'vitest';

/** Rows `(i, -i)`, handed out `blockRows` at a time in one block that is used again. */
function numbered(n: number, blockRows: number): RowSource {
  return {
    shape: [n, 2],
    async *blocks() {
      const block = new Float32Array(2 * blockRows);
      for (let row = 0; row < n; row += blockRows) {
        const rows = Math.min(blockRows, n - row);
        for (let i = 0; i < rows; i++) block.set([row + i, -(row + i)], 2 * i);
        yield block.subarray(0, 2 * rows);
      }
    },
  };
}

describe('sampleRows', () => {
  it('draws distinct whole rows in their order, the same for a seed whatever the blocks', async () => {
    const sample = await sampleRows(numbered(1000, 64), 100, { seed: 3 });
    const rows = Array.from({ length: 100 }, (_, i) => sample[2 * i]!);
    expect(Array.from({ length: 100 }, (_, i) => sample[2 * i + 1]!)).toEqual(rows.map((row) => -row));
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
    expect(await sampleRows(numbered(1000, 7), 100, { seed: 3 })).toEqual(sample);
    expect(await sampleRows(numbered(1000, 64), 100, { seed: 4 })).not.toEqual(sample);
  });

  it('spreads over the whole source', async () => {
    const sample = await sampleRows(numbered(10_000, 1000), 1000);
    // 1000 draws fall 100 ± 10 in each tenth; 5 sigma is ±47.
    for (let tenth = 0; tenth < 10; tenth++) {
      const count = sample.filter((x, i) => i % 2 === 0 && Math.floor(x / 1000) === tenth).length;
      expect(Math.abs(count - 100)).toBeLessThan(47);
    }
  });

  it('gives all rows when there are no more', async () => {
    expect(await sampleRows(numbered(3, 2), 5)).toEqual(Float32Array.of(0, -0, 1, -1, 2, -2));
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a count of %d', async (count) => {
    const e = await sampleRows(numbered(3, 2), count).catch((thrown: unknown) => thrown);
    expect(isLutraError(e, 'ARGUMENT')).toBe(true);
  });
});
