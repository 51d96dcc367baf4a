import { isLutraError } from '@lutra/core';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../src/crc32.js';
import { encodeNpy, encodeNpz, readNpz } from '../src/index.js';
import { expectError } from './expect-error.js';

const x = { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
const stored = encodeNpz({ x });
const deflated = encodeNpz({ x }, { compress: true });

/** The same bytes with `change` made to a copy's view. */
function edit(bytes: Uint8Array, change: (view: DataView, copy: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  change(new DataView(copy.buffer), copy);
  return copy;
}

/** Byte of the first directory entry. */
const directory = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer).getUint32(bytes.length - 22 + 16, true);

describe('encodeNpz', () => {
  it('gives the same bytes for the same arrays, at any time and place', () => {
    expect(encodeNpz({ x })).toEqual(stored);
    expect(encodeNpz(new Map([['x', x]]))).toEqual(stored);
  });

  it('takes hard names and refuses bad ones', async () => {
    const names = ['__proto__', 'constructor', 'a/b', 'a.npy', '名前'];
    const arrays = await readNpz(encodeNpz(new Map(names.map((name) => [name, x]))));
    expect([...arrays.keys()].sort()).toEqual([...names].sort());
    await expectError(() => encodeNpz({ '': x }), 'ARGUMENT', 'name of 0 bytes');
    await expectError(() => encodeNpz({ 'a/': x }), 'ARGUMENT', "starts with 'a/'");
    await expectError(() => encodeNpz({ ['é'.repeat(40_000)]: x }), 'ARGUMENT', 'name of 80000 bytes');
    await expectError(() => encodeNpz(undefined as never), 'ARGUMENT', 'arrays wants');
  });

  it('holds nothing when there is nothing', async () => {
    expect((await readNpz(encodeNpz({}))).size).toBe(0);
  });
});

describe('readNpz', () => {
  it('reads 64-bit directories', async () => {
    const bytes = zip64(stored);
    expect((await readNpz(bytes)).get('x')).toMatchObject(x);
    const bad = edit(bytes, (view) => view.setUint32(bytes.length - 22 - 20 + 8, 5, true));
    await expectError(() => readNpz(bad), 'FORMAT', 'no 64-bit end of directory at offset 5');
  });

  it('reads a file with a comment and skips folders', async () => {
    const bytes = new Uint8Array([...zipSync({ a: { 'x.npy': encodeNpy(x) } }, { level: 0 }), 104, 105]);
    new DataView(bytes.buffer).setUint16(bytes.length - 4, 2, true);
    expect([...(await readNpz(bytes)).keys()]).toEqual(['a/x']);
  });

  it('refuses a wrong checksum', async () => {
    const bad = edit(stored, (_, copy) => copy[directory(stored) - 1]!++);
    const error = await expectError(() => readNpz(bad), 'FORMAT', 'npz: x.npy: checksum is ');
    expect(error.details).toMatchObject({ format: 'npz', field: 'crc-32' });
  });

  it('refuses sizes that lie, before memory is taken for them', async () => {
    const at = directory(deflated);
    const huge = edit(deflated, (view) => view.setUint32(at + 24, 0xfffffff0, true));
    await expectError(() => readNpz(huge), 'FORMAT', 'cannot unpack to 4294967280');
    const more = edit(deflated, (view) => view.setUint32(at + 24, 145, true));
    await expectError(() => readNpz(more), 'FORMAT', 'unpacks to 144 bytes, 145 wanted');
    const less = edit(deflated, (view) => view.setUint32(at + 24, 143, true));
    await expectError(() => readNpz(less), 'FORMAT', 'unpacks to more bytes, 143 wanted');
    const both = edit(stored, (view) => view.setUint32(directory(stored) + 20, 100_000, true));
    await expectError(() => readNpz(both), 'FORMAT', 'entries of 100000 bytes in all');
  });

  it('refuses what it does not read', async () => {
    const at = directory(stored);
    const method = edit(stored, (view) => view.setUint16(at + 10, 14, true));
    await expectError(() => readNpz(method), 'UNSUPPORTED', 'zip method 14');
    const secret = edit(stored, (view) => view.setUint16(at + 8, 1, true));
    await expectError(() => readNpz(secret), 'UNSUPPORTED', 'is encrypted');
    const text = zipSync({ 'readme.txt': new Uint8Array(3) });
    await expectError(() => readNpz(text), 'UNSUPPORTED', 'readme.txt: an entry that is no .npy file');
    await expectError(() => readNpz(encodeNpy(x)), 'FORMAT', 'not a zip file');
    await expectError(() => readNpz(new Uint8Array(0)), 'FORMAT', 'not a zip file');
    const inner = zipSync({ 'x.npy': new Uint8Array(20) });
    await expectError(() => readNpz(inner), 'FORMAT', 'npz: x.npy: not an .npy file');
    const twice = zipSync({ 'x.npy': encodeNpy(x), 'y.npy': encodeNpy(x) }, { level: 0 });
    for (let i = 0; i < twice.length - 5; i++) {
      if (twice[i] === 121 && twice[i + 1] === 46 && twice[i + 2] === 110) twice[i] = 120;
    }
    await expectError(() => readNpz(twice), 'FORMAT', 'two entries x.npy');
  });

  it.each([
    ['stored', stored],
    ['deflated', deflated],
    ['64-bit', zip64(stored)],
  ])('%s: every prefix and changed byte is read or refused', async (_, bytes) => {
    const seen = { read: 0, refused: 0 };
    const attempt = async (candidate: Uint8Array): Promise<void> => {
      try {
        await readNpz(candidate);
        seen.read++;
      } catch (e) {
        if (!isLutraError(e)) throw e;
        seen.refused++;
      }
    };
    for (let n = 0; n < bytes.length; n++) await attempt(bytes.slice(0, n));
    expect(seen).toEqual({ read: 0, refused: bytes.length });
    for (let i = 0; i < bytes.length; i++) {
      for (const bit of [1, 16, 128, 255]) await attempt(edit(bytes, (_view, copy) => (copy[i]! ^= bit)));
    }
    expect(seen.read).toBeGreaterThan(0);
  });
});

describe('crc32', () => {
  it('gives the check value of the standard', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });
});

/** A stored file of one entry with its directory rewritten in the 64-bit form. */
function zip64(bytes: Uint8Array): Uint8Array {
  const at = directory(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const name = bytes.subarray(at + 46, at + 46 + view.getUint16(at + 28, true));
  const entry = new Uint8Array(46 + name.length + 28);
  entry.set(bytes.subarray(at, at + 46));
  entry.set(name, 46);
  const e = new DataView(entry.buffer);
  e.setUint16(30, 28, true);
  const extra = 46 + name.length;
  e.setUint16(extra, 1, true);
  e.setUint16(extra + 2, 24, true);
  for (const [i, field] of [24, 20, 42].entries()) {
    e.setUint32(extra + 4 + 8 * i, view.getUint32(at + field, true), true);
    e.setUint32(field, 0xffffffff, true);
  }
  const end = new Uint8Array(56 + 20 + 22);
  const v = new DataView(end.buffer);
  v.setUint32(0, 0x06064b50, true);
  v.setUint32(4, 44, true);
  for (const [offset, value] of [
    [24, 1],
    [32, 1],
    [40, entry.length],
    [48, at],
  ] as const) {
    v.setUint32(offset, value, true);
  }
  v.setUint32(56, 0x07064b50, true);
  v.setUint32(64, at + entry.length, true);
  v.setUint32(72, 1, true);
  v.setUint32(76, 0x06054b50, true);
  v.setUint16(84, 0xffff, true);
  v.setUint16(86, 0xffff, true);
  v.setUint32(88, 0xffffffff, true);
  v.setUint32(92, 0xffffffff, true);
  return new Uint8Array([...bytes.subarray(0, at), ...entry, ...end]);
}
