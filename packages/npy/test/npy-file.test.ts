import { mkdir, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatHeader } from '../src/header.write.js';
import { encodeNpy } from '../src/index.js';
import { openNpyFile, readNpyFile, readNpzFile } from '../src/node.js';
import { collect } from './collect.js';
import { expectError } from './expect-error.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'npy-é漢字😀-'));
});
afterAll(() => rm(folder, { recursive: true }));

const GIB = 2 ** 30;

/** A file of `bytes` bytes after its header that are all holes but for the elements `at` (byte of the data → value). */
async function sparse(
  path: string,
  header: Uint8Array,
  bytes: number,
  at: [number, number][],
): Promise<void> {
  await writeFile(path, header);
  await truncate(path, header.length + bytes);
  const handle = await open(path, 'r+');
  for (const [offset, value] of at) await handle.write(Float32Array.of(value), 0, 4, header.length + offset);
  await handle.close();
}

describe('openNpyFile', () => {
  it('opens a file only while it is read', async () => {
    const path = join(folder, 'a.npy');
    await writeFile(path, encodeNpy({ shape: [3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) }));
    const file = await openNpyFile(path);
    expect([file.path, file.shape, file.dtype]).toEqual([path, [3, 2], '<f4']);
    for await (const block of file.blocks({ blockRows: 1 })) {
      expect(block).toEqual(Float32Array.of(0, 1));
      break;
    }
    expect(await Promise.all([collect(file), collect(file, { start: 2 })])).toEqual([
      [0, 1, 2, 3, 4, 5],
      [4, 5],
    ]);
    await writeFile(path, 'other');
    await expectError(() => collect(file), 'FORMAT', 'file has 5 bytes, had 152');
    await rm(path);
    await expectError(() => collect(file), 'ARGUMENT', `${path}: no such file`);
  });

  it('reads beyond 4 GiB', async () => {
    const path = join(folder, 'large.npy');
    const d = 256;
    const n = (5 * GIB) / (4 * d);
    const row = 4 * GIB + 3 * 4 * d;
    const header = formatHeader({ dtype: '<f4', shape: [n, d], fortranOrder: false });
    await sparse(path, header, 5 * GIB, [
      [row, 7],
      [row + 4 * (d - 1), 8],
      [5 * GIB - 4, 9],
      [row - 4 * GIB, 1],
    ]);
    const file = await openNpyFile(path);
    const wanted = new Float32Array(d);
    wanted[0] = 7;
    wanted[d - 1] = 8;
    expect(await file.readRows(row / (4 * d), row / (4 * d) + 1)).toEqual(wanted);
    expect((await file.readRows(n - 1, n))[d - 1]).toBe(9);
  });

  it('reads Fortran order beyond 4 GiB', async () => {
    const path = join(folder, 'large-fortran.npy');
    const [n, d] = [2 ** 28, 5];
    const header = formatHeader({ dtype: '<f4', shape: [n, d], fortranOrder: true });
    const row = n - 2;
    await sparse(
      path,
      header,
      5 * GIB,
      [0, 1, 2, 3, 4].map((column) => [4 * (column * n + row), column + 1]),
    );
    const file = await openNpyFile(path);
    expect(await file.readRows(row, row + 1)).toEqual(Float32Array.of(1, 2, 3, 4, 5));
    expect(await file.readRows(row + 1, n)).toEqual(new Float32Array(5));
  });

  it('refuses header lies of any size before it takes memory', async () => {
    const path = join(folder, 'lie.npy');
    await writeFile(path, formatHeader({ dtype: '<f8', shape: [2 ** 40, 64], fortranOrder: false }));
    const says = `${path}: shape (1099511627776, 64) of <f8 wants 562949953421312 bytes at offset 128, found 0`;
    const error = await expectError(() => readNpyFile(path), 'FORMAT', says);
    expect(error.details).toEqual({ format: 'npy', field: 'data', offset: 128, path });
    await expectError(() => openNpyFile(path), 'FORMAT', says);
  });

  it('says CAPACITY where memory cannot hold what the file does', async () => {
    const path = join(folder, 'vast.npy');
    const header = formatHeader({ dtype: '<f4', shape: [2 ** 40, 1], fortranOrder: false });
    await sparse(path, header, 4 * 2 ** 40, []);
    await expectError(() => readNpyFile(path), 'CAPACITY', '4398046511104 bytes do not fit in one array');
    const file = await openNpyFile(path);
    await expectError(() => file.readRows(0, 2 ** 40), 'CAPACITY', 'do not fit');
    await expectError(() => collect(file, { blockRows: 2 ** 40 }), 'CAPACITY', 'do not fit');
  });

  it('names what is not a file to read', async () => {
    await mkdir(join(folder, 'sub.npy'));
    for (const read of [readNpyFile, openNpyFile, readNpzFile]) {
      await expectError(() => read(join(folder, 'sub.npy')), 'ARGUMENT', 'sub.npy: is a folder, not a file');
      await expectError(() => read(join(folder, 'no.npy')), 'ARGUMENT', 'no.npy: no such file or folder');
      await expectError(() => read('/dev/null'), 'ARGUMENT', '/dev/null: is not a regular file');
      await expectError(() => read(''), 'ARGUMENT', 'path wants a file name');
      await expectError(() => read('a\0b'), 'ARGUMENT', 'path wants a file name');
      await expectError(() => read(undefined as never), 'ARGUMENT', 'path wants a file name');
    }
  });

  it('takes vectors and trailing bytes only as told', async () => {
    const path = join(folder, 'vector.npy');
    await writeFile(path, encodeNpy({ shape: [3], data: Float32Array.of(1, 2, 3) }));
    await expectError(() => openNpyFile(path), 'SHAPE', `${path}: shape (3,) where rows (n, d) are wanted`);
    expect((await openNpyFile(path, { vector: 'column' })).shape).toEqual([3, 1]);
    expect((await readNpyFile(path)).shape).toEqual([3]);
    await writeFile(path, Uint8Array.of(0), { flag: 'a' });
    await expectError(() => readNpyFile(path), 'FORMAT', 'found 13: 1 trailing');
    const file = await openNpyFile(path, { vector: 'row', trailing: 'ignore' });
    expect(await collect(file)).toEqual([1, 2, 3]);
  });

  it('stops at the signal', async () => {
    const path = join(folder, 'b.npy');
    await writeFile(path, encodeNpy({ shape: [3, 1], data: new Float32Array(3) }));
    const signal = AbortSignal.abort('no');
    await expectError(() => readNpyFile(path, { signal }), 'ABORTED', 'stopped');
    const file = await openNpyFile(path);
    await expectError(() => file.readRows(0, 3, { signal }), 'ABORTED', 'stopped');
  });
});
