import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeNpy, encodeNpz, type NpyArrayInit } from '../src/index.js';
import { NpyWriter, openNpyFile, readNpyFile, readNpzFile, writeNpyFile, writeNpzFile } from '../src/node.js';
import { expectError } from './expect-error.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'npy-writer-'));
  path = join(folder, 'größe 漢字.npy');
});
afterEach(() => rm(folder, { recursive: true }));

const bytesOf = async (name: string): Promise<Uint8Array> => new Uint8Array(await readFile(name));

describe('NpyWriter', () => {
  it.each([0, 1, 9, 12_345])('writes %i rows as save would', async (n) => {
    const data = Float32Array.from({ length: n * 3 }, (_, i) => i / 7);
    const writer = await NpyWriter.create(path, { d: 3 });
    for (let i = 0; i < data.length; i += 300) await writer.write(data.subarray(i, i + 300));
    expect(writer.rows).toBe(n);
    expect(await readdir(folder)).not.toContain('größe 漢字.npy');
    await writer.close();
    expect(await bytesOf(path)).toEqual(new Uint8Array(encodeNpy({ shape: [n, 3], data })));
    expect(await readdir(folder)).toEqual(['größe 漢字.npy']);
    expect((await openNpyFile(path)).shape).toEqual([n, 3]);
  });

  it('converts to the dtype of the file', async () => {
    const writer = await NpyWriter.create(path, { d: 2, dtype: '<i8' });
    await writer.write(Float64Array.of(-1, 2 ** 40));
    await writer.write(Float32Array.of(3, 4));
    await expectError(() => writer.write(Float32Array.of(0.5, 1)), 'ARGUMENT', 'element 0 is 0.5');
    expect(await readdir(folder)).toEqual([]);
    const half = await NpyWriter.create(path, { d: 2, dtype: '>f2' });
    await half.write(Float32Array.of(1 / 3, 65504));
    await half.close();
    expect((await readNpyFile(path)).data).toEqual(Float32Array.of(0.333251953125, 65504));
  });

  it('leaves the old file after abort', async () => {
    await writeFile(path, 'old');
    const writer = await NpyWriter.create(path, { d: 2 });
    await writer.write(Float32Array.of(1, 2));
    await writer.abort();
    await writer.abort();
    expect(await readdir(folder)).toEqual(['größe 漢字.npy']);
    expect(await readFile(path, 'utf8')).toBe('old');
    await expectError(() => writer.write(Float32Array.of(1, 2)), 'STATE', `${path}: the writer is closed`);
    await expectError(() => writer.close(), 'STATE', 'the writer is closed');
  });

  it('refuses parts of rows and calls that overlap, and goes on', async () => {
    const writer = await NpyWriter.create(path, { d: 2 });
    await expectError(
      () => writer.write(Float32Array.of(1, 2, 3)),
      'SHAPE',
      '3 elements is not whole rows of 2',
    );
    await expectError(() => writer.write([1, 2] as never), 'ARGUMENT', 'no numeric typed array');
    const first = writer.write(Float32Array.of(1, 2));
    await expectError(() => writer.write(Float32Array.of(3, 4)), 'STATE', 'the writer is busy');
    await first;
    await writer.close();
    await writer.abort();
    expect((await readNpyFile(path)).data).toEqual(Float32Array.of(1, 2));
  });

  it('refuses bad arguments before it touches the disk', async () => {
    await expectError(
      () => NpyWriter.create(path, { d: 0 }),
      'ARGUMENT',
      'd wants a whole number ≥ 1, not 0',
    );
    await expectError(
      () => NpyWriter.create(path, { d: 2, dtype: 'f4x' as '<f4' }),
      'ARGUMENT',
      'dtype wants',
    );
    await expectError(() => NpyWriter.create('', { d: 2 }), 'ARGUMENT', 'path wants');
    const missing = join(folder, 'no', 'a.npy');
    await expectError(
      () => NpyWriter.create(missing, { d: 2 }),
      'ARGUMENT',
      `${missing}: no such file or folder`,
    );
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('writeNpyFile', () => {
  it('writes what encodeNpy gives, in pieces', async () => {
    const long = Float64Array.from({ length: (1 << 20) + 5 }, (_, i) => i);
    const arrays: NpyArrayInit[] = [
      { shape: [long.length], data: long, dtype: '<i8' },
      { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4), dtype: '>f2', fortranOrder: true },
      { shape: [], data: Uint8Array.of(1), dtype: '|b1' },
      { shape: [0, 5], data: new Float32Array(0) },
    ];
    for (const array of arrays) {
      await writeNpyFile(path, array);
      expect(Buffer.compare(await readFile(path), encodeNpy(array))).toBe(0);
    }
  });

  it('leaves nothing when a value does not fit', async () => {
    const bad = { shape: [1], data: Float32Array.of(0.5), dtype: '<i8' } as const;
    await expectError(() => writeNpyFile(path, bad), 'ARGUMENT', 'element 0 is 0.5');
    expect(await readdir(folder)).toEqual([]);
  });

  it('writes .npz too', async () => {
    const arrays = { a: { shape: [2], data: Int8Array.of(1, 2) } };
    await writeNpzFile(path, arrays, { compress: true });
    expect(await bytesOf(path)).toEqual(new Uint8Array(encodeNpz(arrays, { compress: true })));
    expect((await readNpzFile(path)).get('a')).toMatchObject({ dtype: '|i1', data: Int8Array.of(1, 2) });
  });
});
