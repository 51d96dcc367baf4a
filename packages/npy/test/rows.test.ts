import type { RowRange, RowSource } from '@lutra/core';
import { isRowSource } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BlobLike,
  dropNonFinite,
  encodeNpy,
  openNpy,
  readRows,
  scanNonFinite,
  toRows,
} from '../src/index.js';
import { blockRows, collect } from './collect.js';
import { expectError } from './expect-error.js';

const table = (n: number, d: number): Float32Array => Float32Array.from({ length: n * d }, (_, i) => i);

describe('toRows', () => {
  it('gives ranges in blocks without copying float32', async () => {
    const data = table(5, 2);
    const rows = toRows({ shape: [5, 2], data });
    expect(isRowSource(rows)).toBe(true);
    expect(await blockRows(rows, { blockRows: 2 })).toEqual([2, 2, 1]);
    expect(await collect(rows, { start: 1, end: 3 })).toEqual([2, 3, 4, 5]);
    for await (const block of rows.blocks()) expect(block.buffer).toBe(data.buffer);
    expect(await collect(rows, { start: 5 })).toEqual([]);
  });

  it('takes a vector only as told', async () => {
    const vector = { shape: [3], data: table(3, 1) };
    await expectError(() => toRows(vector), 'SHAPE', 'npy: shape (3,) where rows (n, d) are wanted');
    expect(toRows(vector, { vector: 'row' }).shape).toEqual([1, 3]);
    expect(toRows(vector, { vector: 'column' }).shape).toEqual([3, 1]);
    await expectError(() => toRows(vector, { vector: 'both' as 'row' }), 'ARGUMENT', 'vector wants');
  });

  it('refuses other shapes', async () => {
    await expectError(() => toRows({ shape: [], data: table(1, 1) }), 'SHAPE', 'shape ()');
    await expectError(() => toRows({ shape: [1, 2, 3], data: table(2, 3) }), 'SHAPE', 'shape (1, 2, 3)');
    await expectError(() => toRows({ shape: [3, 0], data: table(0, 1) }), 'SHAPE', 'at least one element');
  });

  it('refuses ranges outside the rows', async () => {
    const rows = toRows({ shape: [5, 2], data: table(5, 2) });
    const bad: [RowRange, string][] = [
      [{ start: -1 }, 'start wants a row from 0 to 5, not -1'],
      [{ start: 6 }, 'start wants'],
      [{ end: 6 }, 'end wants a row from 0 to 5, not 6'],
      [{ start: 3, end: 2 }, 'end wants a row from 3 to 5'],
      [{ start: 0.5 }, 'start wants'],
      [{ blockRows: 0 }, 'blockRows wants'],
      [{ blockRows: Number.NaN }, 'blockRows wants'],
    ];
    for (const [range, says] of bad) await expectError(() => collect(rows, range), 'ARGUMENT', says);
    await expectError(() => readRows(rows, 0, 9), 'ARGUMENT', 'end wants');
  });
});

/** A blob that counts the bytes it is asked for. */
function counted(blob: Blob): { blob: BlobLike; asked: number[] } {
  const asked: number[] = [];
  const watch = (part: Blob): BlobLike => ({
    size: part.size,
    slice: (start, end) => watch(part.slice(start, end)),
    arrayBuffer: () => {
      asked.push(part.size);
      return part.arrayBuffer();
    },
  });
  return { blob: watch(blob), asked };
}

describe('openNpy', () => {
  it('reads the header, then only the rows asked for', async () => {
    const { blob, asked } = counted(new Blob([encodeNpy({ shape: [10_000, 4], data: table(10_000, 4) })]));
    const rows = await openNpy(blob);
    expect(asked).toEqual([1024]);
    expect(await rows.readRows(9000, 9002)).toEqual(Float32Array.from({ length: 8 }, (_, i) => 36_000 + i));
    expect(asked).toEqual([1024, 32]);
  });

  it('reads a Fortran-order range column by column, a few large pieces at a time', async () => {
    const data = table(1000, 4);
    const { blob, asked } = counted(new Blob([encodeNpy({ shape: [1000, 4], data, fortranOrder: true })]));
    const rows = await openNpy(blob);
    expect(await collect(rows, { start: 500, end: 600, blockRows: 1 })).toEqual([...data.slice(2000, 2400)]);
    expect(asked).toEqual([1024, 400, 400, 400, 400]);
  });

  it('reads a header longer than the first look', async () => {
    const bytes = encodeNpy({ shape: [2, 2], data: table(2, 2) });
    const long = new Uint8Array(bytes.length + 4096).fill(0x20);
    long.set(bytes.subarray(0, 127));
    long.set(bytes.subarray(127), 127 + 4096);
    new DataView(long.buffer).setUint16(8, 118 + 4096, true);
    expect(await collect(await openNpy(new Blob([long])))).toEqual([0, 1, 2, 3]);
  });

  it('says what a failing or shrinking blob did', async () => {
    const bytes = encodeNpy({ shape: [2, 2], data: table(2, 2) });
    const good = new Blob([bytes]);
    const broken: BlobLike = {
      size: good.size,
      slice: (start, end) =>
        start === 0 ? good.slice(start, end) : { ...broken, arrayBuffer: broken.arrayBuffer },
      arrayBuffer: () => Promise.reject(new Error('gone')),
    };
    const rows = await openNpy(broken);
    await expectError(() => collect(rows), 'BACKEND', 'cannot be read at offset 128: Error: gone');
    const short: BlobLike = { ...broken, slice: (a, b) => good.slice(a, a === 0 ? b : 130) };
    await expectError(
      async () => collect(await openNpy(short)),
      'FORMAT',
      '16 bytes wanted at offset 128, found 2',
    );
  });
});

const anyTable = fc.record({ n: fc.nat(30), d: fc.integer({ min: 1, max: 4 }) }).chain(({ n, d }) =>
  fc.record({
    d: fc.constant(d),
    bad: fc.array(fc.boolean(), { minLength: n, maxLength: n }),
    column: fc.nat(d - 1),
  }),
);

describe('rows with NaN', () => {
  it('are dropped in any range and block size, and only they', async () => {
    const ranges = fc.tuple(fc.nat(30), fc.nat(30), fc.integer({ min: 1, max: 9 }));
    await fc.assert(
      fc.asyncProperty(anyTable, ranges, async ({ d, bad, column }, [a, b, blockRows]) => {
        const data = table(bad.length, d);
        bad.forEach((isBad, row) => {
          if (isBad) data[row * d + column] = row % 2 ? Number.NaN : Number.NEGATIVE_INFINITY;
        });
        const before = data.slice();
        const source = toRows({ shape: [bad.length, d], data });
        const kept = await dropNonFinite(source);
        const good = bad.flatMap((isBad, row) => (isBad ? [] : [[...data.slice(row * d, (row + 1) * d)]]));
        expect(kept.shape).toEqual([good.length, d]);
        expect(kept.dropped).toEqual(bad.flatMap((isBad, row) => (isBad ? [row] : [])));
        const [start, end] = [Math.min(a, b, good.length), Math.min(Math.max(a, b), good.length)];
        expect(await collect(kept, { start, end, blockRows })).toEqual(good.slice(start, end).flat());
        expect(data).toEqual(before);
        const report = await scanNonFinite(source);
        const row = bad.indexOf(true);
        const first = row < 0 ? undefined : { row, column, value: data[row * d + column] };
        expect(report).toEqual(first ? { rows: kept.dropped.length, first } : { rows: 0 });
      }),
      { numRuns: 200 },
    );
  });

  it('reports progress and stops at the signal', async () => {
    const data = new Float32Array(3 << 20);
    const source: RowSource = toRows({ shape: [3 << 20, 1], data });
    const done: unknown[] = [];
    await scanNonFinite(source, { onProgress: (p) => done.push(p) });
    expect(done).toEqual([1, 2, 3].map((i) => ({ stage: 'scan', done: i << 20, total: 3 << 20 })));
    const abort = new AbortController();
    const scan = scanNonFinite(source, { signal: abort.signal, onProgress: () => abort.abort() });
    await expectError(() => scan, 'ABORTED', 'stopped by the caller');
    await expectError(() => dropNonFinite(source, { signal: abort.signal }), 'ABORTED', 'stopped');
  });
});
