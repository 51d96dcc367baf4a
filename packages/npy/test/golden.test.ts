import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LutraErrorCode } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { formatHeader } from '../src/header.write.js';
import {
  decodeNpy,
  encodeNpy,
  type NpyArray,
  parseNpyHeader,
  readNpz,
  toFloat32,
  toRows,
} from '../src/index.js';
import { openNpyFile, readNpyFile, readNpzFile } from '../src/node.js';
import { expectError } from './expect-error.js';

interface Golden {
  sha256: string;
  version?: 1 | 2 | 3;
  array?: GoldenArray;
  arrays?: Record<string, GoldenArray>;
  error?: { code: LutraErrorCode; says: string };
}
interface Manifest {
  files: Record<string, Golden>;
  headers: { shape: number[]; fortranOrder: boolean; bytes: number; sha256: string }[];
}
interface GoldenArray {
  dtype: string;
  shape: number[];
  fortranOrder: boolean;
  elements: string;
  float32?: string;
  numpySave: boolean;
}

const folder = fileURLToPath(new URL('./fixtures/', import.meta.url));
const manifest = JSON.parse(readFileSync(`${folder}manifest.json`, 'utf8')) as Manifest;
const files = Object.entries(manifest.files);
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(folder + name));

function expectArray(array: NpyArray, golden: GoldenArray): void {
  expect(array.shape).toEqual(golden.shape);
  expect(array.fortranOrder).toBe(golden.fortranOrder);
  const { buffer, byteOffset, byteLength } = array.data;
  // exact: every bit, NaN payloads too
  expect(Buffer.from(buffer, byteOffset, byteLength).toString('base64')).toBe(golden.elements);
  const wanted = new Float32Array(
    new Uint8Array(Buffer.from(golden.float32 ?? golden.elements, 'base64')).buffer,
  );
  expect(toFloat32(array)).toEqual(wanted);
}

describe('fixtures made by NumPy', () => {
  it('are all in the manifest, unchanged', () => {
    const found = readdirSync(folder).filter((name) => /\.np[yz]$/.test(name));
    expect(found.sort()).toEqual(files.map(([name]) => name).sort());
    for (const [name, { sha256 }] of files) {
      expect(sha(bytesOf(name))).toBe(sha256);
    }
  });

  it('have the headers that are written here, whatever the padding', () => {
    expect(manifest.headers.length).toBe(79);
    for (const { shape, fortranOrder, bytes, sha256 } of manifest.headers) {
      const header = formatHeader({ dtype: '<f4', shape, fortranOrder });
      expect([header.length, sha(header)]).toEqual([bytes, sha256]);
    }
  });

  describe.each(files.filter(([, golden]) => golden.array))('%s', (name, golden) => {
    const array = golden.array!;
    it('decodes to the same elements', async () => {
      expectArray(decodeNpy(bytesOf(name)), array);
      expectArray(await readNpyFile(folder + name), array);
    });

    it('is written byte for byte', () => {
      const bytes = bytesOf(name);
      const decoded = decodeNpy(bytes);
      const again = encodeNpy(decoded, golden.version ? { version: golden.version } : undefined);
      if (array.numpySave || golden.version) expect(Buffer.from(again).equals(bytes)).toBe(true);
      else expect(decodeNpy(again)).toEqual(decoded);
      expect(parseNpyHeader(bytes).dtype).toBe(decoded.dtype);
    });
  });

  const tables = files.filter(([, { array }]) => array?.shape.length === 2 && array.shape[1]! > 0);
  it.each(tables)('%s streams as it reads', async (name) => {
    const file = await openNpyFile(folder + name);
    const whole = toRows(await readNpyFile(folder + name));
    const rows = toFloat32(await readNpyFile(folder + name));
    expect(file.shape).toEqual(whole.shape);
    expect(await file.readRows(0, file.shape[0])).toEqual(rows);
  });

  it.each(files.filter(([, golden]) => golden.error))('%s is refused', async (name, golden) => {
    const { code, says } = golden.error!;
    await expectError(() => decodeNpy(bytesOf(name)), code, says);
    const error = await expectError(() => readNpyFile(folder + name), code, says);
    expect(error.message).toContain(folder + name);
    await expectError(() => openNpyFile(folder + name), code, says);
  });

  it.each(files.filter(([, golden]) => golden.arrays))('%s unpacks', async (name, golden) => {
    const wanted = Object.entries(golden.arrays!);
    for (const arrays of [await readNpz(bytesOf(name)), await readNpzFile(folder + name)]) {
      expect([...arrays.keys()]).toEqual(wanted.map(([key]) => key));
      for (const [key, array] of wanted) expectArray(arrays.get(key)!, array);
    }
  });
});
