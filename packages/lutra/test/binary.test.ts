import { type BinaryIndex, isLutraError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import {
  BINARY_EXAMPLE_D,
  binaryIndexFactory,
  binarySupportTable,
  indexFactory,
  loadBinaryIndex,
  readBinaryIndex,
  readIndex,
  ts,
  writeIndex,
} from '../src/index.js';

const WIDTH = BINARY_EXAMPLE_D / 8;
const codes = Uint8Array.from({ length: 300 * WIDTH }, (_, i) => Math.imul(i, 2654435761) >>> 13);

async function built(factory: string): Promise<BinaryIndex> {
  const index = await binaryIndexFactory(factory, { d: BINARY_EXAMPLE_D });
  await index.train(codes);
  await index.add(codes);
  return index;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (e: unknown) => (isLutraError(e) ? e.code : String(e)),
  );

describe('binary indexes', () => {
  it('are built, searched, written and read in every form that the table names', async () => {
    const rows = await binarySupportTable();
    expect(rows.length).toBe(8);
    for (const { example, builds } of rows) {
      expect(builds).toEqual({ ts: null });
      const index = await built(example);
      const found = await index.search(codes, 1);
      expect([...found.labels], example).toEqual(Array.from({ length: 300 }, (_, i) => i));
      const again = await readBinaryIndex(new Blob([writeIndex(index) as Uint8Array<ArrayBuffer>]));
      expect(await again.search(codes, 3)).toEqual(await index.search(codes, 3));
    }
  });

  it('are not taken for indexes of floats, nor these for them', async () => {
    const bytes = writeIndex(await built('BFlat'));
    expect(await codeOf(readIndex(bytes))).toBe('UNSUPPORTED');
    const floats = await indexFactory('Flat', { d: 4 });
    expect(await codeOf(readBinaryIndex(writeIndex(floats)))).toBe('ARGUMENT');
    expect(await codeOf(loadBinaryIndex(floats.toData()))).toBe('ARGUMENT');
  });

  it('say who refused, and that nobody takes them', async () => {
    const { binary: _, ...without } = { ...ts(), name: 'floats' };
    const index = await binaryIndexFactory('BFlat', { d: 8, backends: [without, ts()] });
    expect(index.refusals).toEqual([{ backend: 'floats', reason: 'has no binary indexes' }]);
    expect(await codeOf(binaryIndexFactory('BFlat', { d: 8, backends: [without] }))).toBe('UNSUPPORTED');
    expect(await codeOf(binaryIndexFactory('BFlut', { d: 8 }))).toBe('SYNTAX');
    expect(await codeOf(binaryIndexFactory('BFlat', { d: 9 }))).toBe('ARGUMENT');
  });
});
