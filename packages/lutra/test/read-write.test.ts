import { copyFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Backend, isLutraError } from '@lutra/core';
import { indexFactory, loadIndex, readIndex, ts, type VectorIndex, writeIndex } from 'lutra';
import { readIndexFile, writeIndexFile } from 'lutra/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const D = 8;

function vectors(n: number): Float32Array {
  let state = 7;
  return Float32Array.from({ length: n * D }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32;
  });
}

async function filled(factory: string): Promise<VectorIndex> {
  const index = await indexFactory(factory, { d: D });
  const x = vectors(400);
  if (!index.isTrained) await index.train(x);
  await index.add(x);
  return index;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (e) {
    if (isLutraError(e)) return `${e.code} ${e.message}`;
    throw e;
  }
  return 'no error';
}

describe('readIndex and writeIndex', () => {
  it.each(['Flat', 'IVF8,Flat', 'IVF8,PQ4x4fs,RFlat', 'PCA4,PQ2x4', 'L2norm,IVF4,PQ4x4,IDMap2'])(
    'keep %s: same results, same bytes again',
    async (factory) => {
      const index = await filled(factory);
      const queries = vectors(5);
      const before = await index.search(queries, 4);
      const bytes = writeIndex(index);
      for (const source of [bytes, bytes.slice().buffer, new Blob([bytes.slice()])]) {
        const again = await readIndex(source);
        const after = await again.search(queries, 4);
        expect(after.labels).toEqual(before.labels);
        expect(after.distances).toEqual(before.distances);
        expect(writeIndex(again)).toEqual(bytes);
        again.dispose();
      }
      index.dispose();
    },
  );

  it('refuse what is neither bytes nor a blob', async () => {
    expect(await codeOf(readIndex('x.index' as never))).toMatch(/^ARGUMENT source: expected a Uint8Array/);
  });

  it('say that random bytes are no index', async () => {
    expect(await codeOf(readIndex(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])))).toMatch(/^FORMAT /);
  });

  it('name the reasons when no backend takes the data', async () => {
    const data = (await filled('Flat')).toData();
    const savesOnly: Backend = { ...ts(), name: 'writer', supports: { ...ts().supports, load: false } };
    const picky: Backend = { ...ts(), name: 'picky', refusesData: () => 'too flat' };
    expect(await codeOf(loadIndex(data, { backends: [savesOnly, picky] }))).toMatch(
      /^UNSUPPORTED .*writer: does not load stored indexes; picky: too flat/,
    );
    const index = await loadIndex(data, { backends: [picky, ts()] });
    expect(index.refusals).toEqual([{ backend: 'picky', reason: 'too flat' }]);
    index.dispose();
  });
});

describe('readIndexFile and writeIndexFile', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lutra-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('keep an index, report bytes written and leave one file', async () => {
    const index = await filled('IVF8,PQ4x4fs');
    const path = join(folder, 'a.index');
    const seen: number[] = [];
    await writeIndexFile(path, index, { onProgress: (p) => seen.push(p.done) });
    expect(await readdir(folder)).toEqual(['a.index']);
    expect(seen.at(-1)).toBe(writeIndex(index).length);
    const again = await readIndexFile(path);
    expect(writeIndex(again)).toEqual(writeIndex(index));
    again.dispose();
    index.dispose();
  });

  it('leave nothing behind when stopped', async () => {
    const index = await filled('Flat');
    const signal = AbortSignal.abort();
    expect(await codeOf(writeIndexFile(join(folder, 'a.index'), index, { signal }))).toMatch(/^ABORTED /);
    expect(await readdir(folder)).toEqual([]);
    index.dispose();
  });

  it('name the path of a file that is missing or no index', async () => {
    const missing = join(folder, 'missing.index');
    expect(await codeOf(readIndexFile(missing))).toContain(`${missing}: no such file`);
    const wrong = join(folder, 'wrong.index');
    await writeFile(wrong, 'hello, this is text');
    expect(await codeOf(readIndexFile(wrong))).toMatch(new RegExp(`^(FORMAT|UNSUPPORTED) .*${wrong}`));
    expect(await codeOf(readIndexFile(wrong, { signal: AbortSignal.abort() }))).toMatch(/^ABORTED /);
  });
});

it('readIndexFile serves an index whose lists are in a second file', async () => {
  const fixtures = fileURLToPath(new URL('../../faiss-format/test/fixtures/', import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), 'lutra-lists-'));
  try {
    await copyFile(join(fixtures, 'ivf-flat-on-disk.faiss'), join(folder, 'a.index'));
    await copyFile(join(fixtures, 'ivf-flat-on-disk.lists.ivfdata'), join(folder, 'lists.ivfdata'));
    const index = await readIndexFile(join(folder, 'a.index'));
    const row = await index.reconstruct([5]);
    const { labels, distances } = await index.search(row, 1, { nprobe: 100 });
    expect([labels[0], distances[0]]).toEqual([5, 0]);
    index.dispose();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describe('a refinement whose vectors stay on disk', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lutra-refine-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** One index twice, from its file: in memory, and with its vectors left there. */
  async function both(factory: string): Promise<{ path: string; inside: VectorIndex; outside: VectorIndex }> {
    const path = join(folder, 'a.index');
    const index = await filled(factory);
    await writeIndexFile(path, index);
    index.dispose();
    const [inside, outside] = [await readIndexFile(path), await readIndexFile(path, { refine: 'disk' })];
    return { path, inside, outside };
  }

  it.each(['IVF8,PQ4x4fs,RFlat', 'PQ4x4fs,RFlat', 'IDMap,PCA4,IVF8,PQ2x4fs,RFlat'])(
    'finds the same, on any number of threads: %s',
    async (factory) => {
      const { inside, outside } = await both(factory);
      expect(JSON.stringify(outside.toData())).toContain('"offset"');
      const x = vectors(30);
      for (const kFactor of [1, 8]) {
        const wanted = inside.searchSync!(x, 5, { kFactor });
        for (const threads of [1, 2, 3, 7]) {
          expect(await outside.search(x, 5, { kFactor, threads })).toEqual(wanted);
        }
      }
      const filter = { kind: 'range', min: 30, max: 300 } as const;
      expect(outside.searchSync!(x, 5, { filter })).toEqual(inside.searchSync!(x, 5, { filter }));
      expect(await outside.reconstruct([3, 399])).toEqual(await inside.reconstruct([3, 399]));
      inside.dispose();
      outside.dispose();
      await expect(outside.search(x, 5)).rejects.toThrow(/disposed/);
    },
  );

  it('is written, added to, thinned out and merged as if they were in memory', async () => {
    const { path, inside, outside } = await both('IVF8,PQ4x4fs,RFlat');
    const other = join(folder, 'b.index');
    const agree = async (): Promise<void> => {
      await writeIndexFile(other, outside);
      expect(Buffer.compare(await readFile(other), writeIndex(inside))).toBe(0);
    };
    await agree();
    expect(await codeOf((async () => writeIndex(outside))())).toMatch(/^UNSUPPORTED .*writeIndexFile/);
    for (const index of [inside, outside]) await index.add(vectors(30));
    await agree();
    const donors = [
      await readIndexFile(path, { refine: 'disk' }),
      await readIndexFile(path, { refine: 'disk' }),
    ];
    for (const index of [inside, outside]) await index.mergeFrom(donors.pop()!);
    await agree();
    for (const index of [inside, outside]) await index.removeIds({ kind: 'range', min: 10, max: 420 });
    await agree();
    const x = vectors(9);
    expect(outside.searchSync!(x, 5)).toEqual(inside.searchSync!(x, 5));
    // over the file that the vectors were in
    await writeIndexFile(path, outside);
    expect(outside.searchSync!(x, 5)).toEqual(inside.searchSync!(x, 5));
    inside.dispose();
    outside.dispose();
  });

  it('keeps to the file that it was read from', async () => {
    const { path, inside, outside } = await both('PQ4x4fs,RFlat');
    const wanted = inside.searchSync!(vectors(4), 5);
    await writeIndexFile(path, await filled('Flat'));
    expect(outside.searchSync!(vectors(4), 5)).toEqual(wanted);
    expect(await codeOf(loadIndex(outside.toData()))).toMatch(/^FORMAT refine: .* has changed since/);
    expect(await codeOf(writeIndexFile(join(folder, 'c.index'), outside))).toMatch(
      /^FORMAT .*has changed since/,
    );
    await rm(path);
    expect(await codeOf(loadIndex(outside.toData()))).toMatch(/^ARGUMENT refine: .*cannot be read/);
    expect(await readdir(folder)).toEqual([]);
    inside.dispose();
    outside.dispose();
  });

  it('says FORMAT when the file is cut off under it', async () => {
    const { path, outside } = await both('PQ4x4fs,RFlat');
    await truncate(path, 3000);
    expect(await codeOf(outside.search(vectors(4), 5))).toMatch(/^FORMAT refine: .* ends at/);
    outside.dispose();
  });

  it('refuses another place', async () => {
    const path = join(folder, 'a.index');
    expect(await codeOf(readIndexFile(path, { refine: 'tape' as never }))).toMatch(/^ARGUMENT refine: tape/);
  });
});
