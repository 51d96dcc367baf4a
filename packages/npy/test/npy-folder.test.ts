import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRowSource } from '@lutra/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dropNonFinite, encodeNpy, scanNonFinite } from '../src/index.js';
import { compareCodePoints, openNpyFolder } from '../src/node.js';
import { blockRows, collect } from './collect.js';
import { expectError } from './expect-error.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'npy-folder-ü-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(name: string, ...rows: number[][]): Promise<void> {
  const data = Float32Array.from(rows.flat());
  await writeFile(join(folder, name), encodeNpy({ shape: [rows.length, rows[0]?.length ?? 2], data }));
}

describe('openNpyFolder', () => {
  it('goes by code point, not by UTF-16 unit or number', async () => {
    // U+1F600 comes after U+FF21, though its first unit D83D is smaller
    const names = [
      '0_1.npy',
      '0_10.npy',
      '0_2.npy',
      'Z.npy',
      'a.npy',
      'é.npy',
      '\uff21.npy',
      '\u{1f600}.npy',
    ];
    for (const [i, name] of [...names.entries()].reverse()) await put(name, [i, -i]);
    const rows = await openNpyFolder(folder);
    expect(rows.files.map((file) => file.name)).toEqual(names);
    expect(await collect(rows)).toEqual(names.flatMap((_, i) => [i, -i]));
    expect(names.toSorted()).not.toEqual(names);
  });

  it('is one source over files of any length and dtype', async () => {
    await put('a.npy', [0, 1], [2, 3], [4, 5]);
    await put('b.npy');
    await writeFile(
      join(folder, 'c.npy'),
      encodeNpy({ shape: [2, 2], data: Int16Array.of(6, 7, 8, 9), dtype: '>i2', fortranOrder: true }),
    );
    await writeFile(join(folder, 'notes.txt'), 'not an array');
    const rows = await openNpyFolder(folder);
    expect(isRowSource(rows)).toBe(true);
    expect(rows.shape).toEqual([5, 2]);
    expect(rows.path).toBe(folder);
    expect(rows.files).toEqual([
      { name: 'a.npy', rows: 3, dropped: 0 },
      { name: 'b.npy', rows: 0, dropped: 0 },
      { name: 'c.npy', rows: 2, dropped: 0 },
    ]);
    expect(await collect(rows)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await collect(rows, { start: 2, end: 4 })).toEqual([4, 5, 6, 7]);
    expect(await blockRows(rows, { blockRows: 2 })).toEqual([2, 1, 2]);
    expect(await rows.readRows(1, 5)).toEqual(Float32Array.of(2, 3, 4, 5, 6, 7, 8, 9));
    await expectError(() => collect(rows, { end: 6 }), 'ARGUMENT', 'end wants a row from 0 to 5');
    const abort = AbortSignal.abort();
    await expectError(() => collect(rows, { signal: abort }), 'ABORTED', 'stopped');
    await expectError(() => openNpyFolder(folder, { signal: abort }), 'ABORTED', 'stopped');
  });

  it('takes the files that the filter passes', async () => {
    await put('a.feat', [1, 2]);
    await put('b.npy', [3, 4]);
    const rows = await openNpyFolder(folder, { filter: (name) => name.endsWith('.feat') });
    expect(rows.files).toEqual([{ name: 'a.feat', rows: 1, dropped: 0 }]);
    await expectError(
      () => openNpyFolder(folder, { filter: () => false }),
      'ARGUMENT',
      'passes the filter among 2',
    );
  });

  it('names what is wrong with the folder or a file of it', async () => {
    await expectError(() => openNpyFolder(folder), 'ARGUMENT', `${folder}: is an empty folder`);
    await writeFile(join(folder, 'x.txt'), '');
    await expectError(() => openNpyFolder(folder), 'ARGUMENT', `${folder}: has no .npy file among 1 entries`);
    await expectError(() => openNpyFolder(join(folder, 'no')), 'ARGUMENT', 'no: no such file or folder');
    await expectError(() => openNpyFolder(join(folder, 'x.txt')), 'ARGUMENT', 'x.txt: is not a folder');
    await expectError(() => openNpyFolder(''), 'ARGUMENT', 'path wants a folder name');
    await put('a.npy', [1, 2]);
    await writeFile(join(folder, 'b.npy'), 'garbage, and more of it');
    const path = join(folder, 'b.npy');
    const corrupt = await expectError(() => openNpyFolder(folder), 'FORMAT', `${path}: not an .npy file`);
    expect(corrupt.details).toMatchObject({ path });
    await rm(path);
    await mkdir(join(folder, 'c.npy'));
    await expectError(() => openNpyFolder(folder), 'ARGUMENT', 'c.npy: is a folder, not a file');
  });

  it('names both files of different dimensions', async () => {
    await put('a.npy', [1, 2]);
    await put('b.npy', [3, 4]);
    await put('c.npy', [5, 6, 7]);
    const error = await expectError(() => openNpyFolder(folder), 'SHAPE', 'a.npy has d 2, c.npy has d 3');
    expect(error.details).toMatchObject({
      expected: '(n, 2)',
      actual: '(n, 3)',
      path: join(folder, 'c.npy'),
    });
  });
});

describe('rows with NaN in a folder', () => {
  beforeEach(async () => {
    await put('a.npy', [0, 1], [2, 3]);
    await put('b.npy', [4, 5], [6, Number.NaN], [Number.POSITIVE_INFINITY, 9]);
    await put('c.npy', [Number.NaN, Number.NaN], [12, 13]);
  });

  it('are refused where they are read, with their number and the first place', async () => {
    const rows = await openNpyFolder(folder);
    expect(await collect(rows, { end: 3 })).toEqual([0, 1, 2, 3, 4, 5]);
    const says = `${folder}: 3 of 7 rows hold NaN or infinities, the first is NaN in b.npy, row 1, column 1`;
    const error = await expectError(() => collect(rows), 'ARGUMENT', says);
    expect(error.details).toMatchObject({ path: join(folder, 'b.npy') });
    await expectError(() => collect(rows, { start: 5 }), 'ARGUMENT', says);
    await expectError(() => rows.readRows(0, 7), 'ARGUMENT', says);
  });

  it('can be counted and dropped although they are refused', async () => {
    const rows = await openNpyFolder(folder);
    expect(await scanNonFinite(rows)).toEqual({ rows: 3, first: { row: 3, column: 1, value: Number.NaN } });
    expect(await collect(await dropNonFinite(rows))).toEqual([0, 1, 2, 3, 4, 5, 12, 13]);
  });

  it('are dropped or kept as told', async () => {
    const done: number[] = [];
    const dropped = await openNpyFolder(folder, { nonFinite: 'drop', onProgress: (p) => done.push(p.done) });
    expect(dropped.shape).toEqual([4, 2]);
    expect(dropped.files).toEqual([
      { name: 'a.npy', rows: 2, dropped: 0 },
      { name: 'b.npy', rows: 1, dropped: 2 },
      { name: 'c.npy', rows: 1, dropped: 1 },
    ]);
    expect(done).toEqual([2, 5, 7]);
    expect(await collect(dropped)).toEqual([0, 1, 2, 3, 4, 5, 12, 13]);
    expect(await collect(dropped, { start: 3 })).toEqual([12, 13]);
    const kept = await openNpyFolder(folder, { nonFinite: 'keep' });
    expect(await collect(kept, { start: 5, end: 6 })).toEqual([Number.NaN, Number.NaN]);
    expect(await collect(dropped.unchecked)).toEqual(await collect(kept));
    const bad = openNpyFolder(folder, { nonFinite: 'ignore' as 'keep' });
    await expectError(() => bad, 'ARGUMENT', 'nonFinite wants');
  });
});

describe('compareCodePoints', () => {
  it('orders as UTF-8 bytes do', () => {
    const names = [
      '',
      'a',
      'ab',
      'b',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10001}',
      '\u{1f600}',
      '\u{10ffff}a',
    ];
    const wanted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect([...names].reverse().sort(compareCodePoints)).toEqual(wanted);
    expect(wanted).toEqual(names);
  });
});
