import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ts } from '@lutra/backend-ts';
import {
  type ArrayListsData,
  type IndexData,
  isLutraError,
  type ListsOnDisk,
  type OnDiskListsData,
  type VectorIndex,
} from '@lutra/core';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { ListsFile } from '@lutra/faiss-format/node';
import { copySubset, indexFactory, loadIndex, writeIndex } from 'lutra';
import { readIndexFile } from 'lutra/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const D = 16;
const N = 1200;
const x = Float32Array.from({ length: N * D }, (_, i) => ((i * 7919) % 983) / 983 + (i % 11));
const queries = x.slice(0, 6 * D).map((v) => v + 0.03);
/** A third of all lists. */
const SMALL = (N * (4 * D + 8)) / 3;

const FACTORIES = [
  'IVF24,Flat',
  'IVF24,SQ8',
  'IVF24,PQ4x4np',
  'IVF24,RQ2x4',
  'IVF24,RaBitQ',
  'IVF24_HNSW8,PQ4x6np',
  'PCA8,IVF24,Flat',
  'IVF24,PQ4x4np,RFlat',
  'IDMap2,IVF24,Flat',
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-on-disk-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `data` with its lists in the file `name`: backwards, with room behind some, as faiss would read them. */
function onDisk(data: IndexData, name: string): IndexData {
  if ('base' in data && data.base) return { ...data, base: onDisk(data.base, name) } as IndexData;
  const { invlists } = data as { invlists: ArrayListsData };
  const { nlist, codeSize, codes, ids } = invlists;
  const places = new Float64Array(3 * nlist);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (let list = nlist - 1; list >= 0; list--) {
    const n = ids[list]!.length;
    const capacity = n + (list % 3);
    places.set([n, n === 0 ? 0 : capacity, n === 0 ? 0 : at], 3 * list);
    if (n === 0) continue;
    const part = new Uint8Array(capacity * (codeSize + 8)).fill(0xee);
    part.set(codes[list]!);
    const view = new DataView(part.buffer, capacity * codeSize);
    ids[list]!.forEach((id, i) => {
      view.setBigInt64(8 * i, BigInt(id), true);
    });
    parts.push(part);
    at += part.length;
  }
  writeFileSync(join(folder, name), Buffer.concat(parts));
  const lists: OnDiskListsData = {
    ...{ kind: 'onDisk', nlist, codeSize, places, totalSize: at },
    ...{ slots: new Float64Array(0), fileName: new TextEncoder().encode(`/gone/${name}`) },
  };
  return { ...data, invlists: lists } as IndexData;
}

/** The index in memory, and the path of its file with lists on disk. */
async function built(factory: string): Promise<{ memory: VectorIndex; path: string }> {
  const memory = await indexFactory(factory, { d: D });
  await memory.train(x);
  await memory.add(x, factory.includes('RFlat') ? {} : { ids: Array.from({ length: N }, (_, i) => 3 * i) });
  const name = factory.replace(/\W/g, '-');
  const path = join(folder, `${name}.index`);
  // a copy: what toData gives are views
  const data = decodeIndex(encodeIndex(memory.toData()));
  writeFileSync(path, encodeIndex(onDisk(data, `${name}.ivfdata`)));
  return { memory, path };
}

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'no error';
  } catch (e) {
    return isLutraError(e) ? `${e.code} ${e.message}` : String(e);
  }
}

describe('lists that stay on disk', () => {
  it.each(FACTORIES)('%s: answers as from memory, whatever the cache', async (factory) => {
    const { memory, path } = await built(factory);
    const some = await memory.search(queries, 5, { nprobe: 24 });
    const filter = { kind: 'range', min: 30, max: 1500 } as const;
    for (const listCacheBytes of [0, SMALL, undefined]) {
      const index = await readIndexFile(path, listCacheBytes === undefined ? {} : { listCacheBytes });
      expect(index.ntotal).toBe(N);
      for (const nprobe of [1, 7, 24]) {
        expect(await index.search(queries, 9, { nprobe })).toEqual(
          await memory.search(queries, 9, { nprobe }),
        );
        expect(index.searchSync!(queries, 90, { nprobe })).toEqual(
          memory.searchSync!(queries, 90, { nprobe }),
        );
        const filtered = { nprobe, filter };
        expect(await index.search(queries, 4, filtered)).toEqual(await memory.search(queries, 4, filtered));
        const radius = some.distances[4]!;
        expect(await index.rangeSearch(queries, radius, { nprobe })).toEqual(
          await memory.rangeSearch(queries, radius, { nprobe }),
        );
      }
      const ids = [...some.labels].filter((label) => label >= 0);
      expect(await index.reconstruct(ids)).toEqual(await memory.reconstruct(ids));
      index.dispose();
    }
    memory.dispose();
  });

  it('are not changed, and the file that refers to them is written again', async () => {
    const { memory, path } = await built('IVF24,SQ8');
    const index = await readIndexFile(path);
    const before = await writeIndex(index);
    const changes = {
      train: () => index.train(x),
      add: () => index.add(x.subarray(0, D)),
      removeIds: () => index.removeIds({ kind: 'list', ids: [3] }),
      mergeFrom: () => index.mergeFrom(memory),
      reset: () => index.reset(),
    };
    for (const [name, change] of Object.entries(changes)) {
      expect(await codeOf(change)).toBe(
        `UNSUPPORTED ${name}: the inverted lists stay on disk, where they are not changed`,
      );
    }
    expect(await codeOf(() => memory.mergeFrom(index))).toMatch(/^UNSUPPORTED mergeFrom: the other index/);
    expect(await codeOf(() => copySubset(index, { kind: 'list', ids: [3] }))).toMatch(
      /^UNSUPPORTED .*on disk/,
    );
    expect([index.ntotal, memory.ntotal]).toEqual([N, N]);
    expect(Buffer.compare(await writeIndex(index), before)).toBe(0);
    index.setParameters({ nprobe: 5 });
    expect(await index.search(queries, 3)).toEqual(await memory.search(queries, 3, { nprobe: 5 }));
    index.dispose();
    expect(await codeOf(() => index.search(queries, 3))).toMatch(/^STATE/);
    const changed = await readIndexFile(path, { listsOnDisk: 'read' });
    await changed.add(x.subarray(0, D), { ids: [99_999] });
    expect(changed.ntotal).toBe(N + 1);
    for (const each of [memory, changed]) each.dispose();
  });

  it('are read once a query, in one go and in order, and kept while they fit', async () => {
    const { memory, path } = await built('IVF24,Flat');
    const data = decodeIndex(await writeIndex(await readIndexFile(path)));
    const calls: number[][] = [];
    let closed = 0;
    const listsOnDisk = (cacheBytes: number): ListsOnDisk => ({
      cacheBytes,
      open(lists) {
        const file = new ListsFile(lists, path);
        return {
          read(pieces) {
            calls.push(pieces.map(({ list }) => list));
            file.read(pieces);
          },
          close() {
            closed++;
            file.close();
          },
        };
      },
    });
    const backend = ts();
    const index = await backend.load(data, { listsOnDisk: listsOnDisk(2 ** 30) });
    const query = queries.subarray(0, D);
    await index.search(query, 5, { nprobe: 6 });
    expect(calls.map((lists) => lists.length)).toEqual([6]);
    await index.search(query, 5, { nprobe: 8 });
    expect(calls.map((lists) => lists.length)).toEqual([6, 2]);
    index.dispose();
    expect(closed).toBe(1);
    calls.length = 0;
    const small = await backend.load(data, { listsOnDisk: listsOnDisk(SMALL) });
    expect(await small.search(query, 5, { nprobe: 24 })).toEqual(
      await memory.search(query, 5, { nprobe: 24 }),
    );
    const largest = Math.max(
      ...(memory.toData() as { invlists: ArrayListsData }).invlists.ids.map((l) => l.length),
    );
    const bytes = (lists: number[]): number =>
      lists.reduce(
        (sum, list) => sum + (memory.toData() as { invlists: ArrayListsData }).invlists.ids[list]!.length,
        0,
      ) *
      (4 * D + 8);
    for (const lists of calls)
      expect(bytes(lists)).toBeLessThanOrEqual(Math.max(SMALL, largest * (4 * D + 8)));
    expect(calls.filter((lists) => lists.length > 1).length).toBeGreaterThanOrEqual(3);
    for (const each of [memory, small]) each.dispose();
  });

  it('need somebody who opens them, and a cache that is a number', async () => {
    const { path } = await built('IVF24,PQ4x4np');
    const data = decodeIndex(await writeIndex(await readIndexFile(path)));
    expect(await codeOf(() => loadIndex(data))).toMatch(
      /^UNSUPPORTED .*on disk is not run unless they are opened/,
    );
    for (const listCacheBytes of [-1, 0.5, Number.NaN]) {
      expect(await codeOf(() => readIndexFile(path, { listCacheBytes }))).toMatch(
        /^ARGUMENT .*cacheBytes is/,
      );
    }
    rmSync(join(folder, 'IVF24-PQ4x4np.ivfdata'));
    expect(await codeOf(() => readIndexFile(path))).toMatch(/^ARGUMENT .*IVF24-PQ4x4np\.ivfdata/);
  });
});
