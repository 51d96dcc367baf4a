import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type IndexData, type IvfFlatData, isLutraError } from '@lutra/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeIndex } from '../src/index.js';
import { readIndexFile } from '../src/node.js';

const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-lists-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The index and its lists, side by side under the names that faiss gave them. */
function placed(name: string): { index: string; lists: string } {
  const index = join(folder, `${name}.index`);
  copyFileSync(join(FIXTURES, 'ivf-flat-on-disk.faiss'), index);
  const lists = join(folder, 'lists.ivfdata');
  copyFileSync(join(FIXTURES, 'ivf-flat-on-disk.lists.ivfdata'), lists);
  return { index, lists };
}

async function outcome(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (e) => (isLutraError(e) ? `${e.code} ${e.message}` : String(e)),
  );
}

describe('lists in a second file', () => {
  it('stay there unless told', async () => {
    const data = (await readIndexFile(placed('stay').index)) as IvfFlatData;
    expect(data.invlists.kind).toBe('onDisk');
  });

  it('are read from their places, and each vector is nearest to the centroid of its list', async () => {
    const { index, lists } = placed('read');
    const data = (await readIndexFile(index, { listsOnDisk: 'read' })) as IvfFlatData;
    if (data.invlists.kind !== 'array' || data.quantizer.kind !== 'Flat') throw new Error('not read');
    const { codes, ids } = data.invlists;
    const all = ids.flatMap((list) => [...list]);
    expect(new Set(all).size).toBe(data.ntotal);
    expect(Math.max(...all) - Math.min(...all)).toBe(data.ntotal - 1);
    const { vectors: centroids } = data.quantizer;
    const { d } = data;
    for (const [list, bytes] of codes.entries()) {
      const rows = new Float32Array(bytes.slice().buffer);
      for (let at = 0; at < rows.length; at += d) {
        const distances = Array.from({ length: data.nlist }, (_, c) =>
          rows.subarray(at, at + d).reduce((sum, v, j) => sum + (v - centroids[c * d + j]!) ** 2, 0),
        );
        expect(distances.indexOf(Math.min(...distances))).toBe(list);
      }
    }
    expect(readFileSync(lists).length).toBe(2048);
  });

  it('are read inside of other indexes', async () => {
    const inner = (await readIndexFile(placed('inner').index)) as IvfFlatData;
    const { d, ntotal, metric } = inner;
    const outer: IndexData = {
      ...{ kind: 'IdMap2', d, ntotal, isTrained: true, metric, metricArg: 0, base: inner },
      ids: Float64Array.from({ length: ntotal }, (_, i) => 5 * i),
    };
    const path = join(folder, 'outer.index');
    writeFileSync(path, encodeIndex(outer));
    const data = await readIndexFile(path, { listsOnDisk: 'read' });
    expect(data).toMatchObject({ kind: 'IdMap2', base: { invlists: { kind: 'array' } } });
  });

  it('are told when they are not there, or end too soon', async () => {
    const { index, lists } = placed('gone');
    truncateSync(lists, 100);
    expect(await outcome(readIndexFile(index, { listsOnDisk: 'read' }))).toMatch(
      /^FORMAT .*lists\.ivfdata: list \d+ takes \d+ bytes at offset \d+, the file has 100/,
    );
    rmSync(lists);
    expect(await outcome(readIndexFile(index, { listsOnDisk: 'read' }))).toMatch(
      /^ARGUMENT .*lists\.ivfdata/,
    );
  });
});
