import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metric } from '@lutra/core';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusters } from '../data.js';
import { backend, build } from '../engine.js';
import { D, keepsIds, TYPES } from '../types.js';

const script = join(import.meta.dirname, 'changing.py');
const python = process.env.LUTRA_PYTHON ?? 'python3';
const N = 400;
const base = clusters(N, D, { seed: 21 });
const queries = clusters(15, D, { seed: 21, rows: 1 });
const gone = Array.from({ length: N }, (_, i) => i).filter((i) => i % 3 === 0 || i > 350);

/**
 * What faiss 1.15.1 itself can do with a type, and does right: with blocks of more than 32 vectors its removal and merge
 * unpack other vectors than they mean.
 */
const REMOVES =
  /^(Flat|SQ[^,]*|PQ[^,]*|IVF8,[^,]*|IDMap2?,(Flat|PQ8x4fs)|(L2norm|HR),Flat|PCA8,IVF8,Flat|Pad20,IVF8,PQ10x4fs)$/;
const MERGES = /^(Flat|SQ[^,]*|PQ4np|PQ8x4np|PQ4x6np|IVF8,[^,]*|IDMap2?,Flat)$/;
const RANGES =
  /^(Flat|SQ[^,]*|PQ4np|PQ8x4np|IVF8,(Flat|SQ[468]|PQ4np|PQ8x4np|PQ4x5np)|IDMap,Flat|L2norm,Flat|HR,Flat|PCA8,IVF8,Flat)$/;

const cases = TYPES.flatMap((factory) =>
  (['l2', 'ip'] as Metric[]).map((metric) => ({
    name: `${factory.replace(/[^A-Za-z0-9]+/g, '_')}_${metric}`,
    factory,
    metric,
    removes: REMOVES.test(factory) && !factory.endsWith('fs_64'),
    merges: MERGES.test(factory) && !factory.endsWith('fs_64'),
    ranges: RANGES.test(factory),
    addId: keepsIds(factory) ? 1000 : 0,
  })),
);

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-changing-'));
  writeFileSync(join(folder, 'query.f32'), queries);
  const job = [];
  for (const c of cases) {
    const index = await build(c.factory, D, base, { metric: c.metric });
    index.setParameters(index.parameters.nprobe === undefined ? {} : { nprobe: 3 });
    // between two distances of the first query, so that rounding decides nothing
    const { distances } = await index.search(queries.subarray(0, D), 20);
    const radius = (distances[15]! + distances[16]!) / 2;
    writeFileSync(join(folder, `${c.name}.index`), encodeIndex(index.toData()));
    job.push({ ...c, radius });
  }
  writeFileSync(join(folder, 'job.json'), JSON.stringify({ d: D, gone, cases: job }));
  execFileSync(python, [script, folder], { stdio: ['ignore', 'inherit', 'inherit'] });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const load = async (file: string) =>
  backend.load(decodeIndex(new Uint8Array(readFileSync(join(folder, file)))));
const bytesOf = (file: string) => new Uint8Array(readFileSync(join(folder, file)));

describe('what faiss can do too comes out the same', () => {
  it.each(cases.filter((c) => c.removes))('removal, $factory, $metric', async ({ name }) => {
    const index = await load(`${name}.index`);
    expect(await index.removeIds({ kind: 'list', ids: gone })).toBe(gone.length);
    const theirs = await load(`${name}.removed.index`);
    expect(theirs.ntotal).toBe(index.ntotal);
    expect(await index.search(queries, 10, everything(theirs))).toEqual(
      await theirs.search(queries, 10, everything(theirs)),
    );
  });

  it.each(cases.filter((c) => c.merges))('merge, $factory, $metric', async ({ name, factory, addId }) => {
    const index = await load(`${name}.index`);
    const other = await load(`${name}.index`);
    await index.mergeFrom(other, keepsIds(factory) ? { addId } : {});
    const theirs = await load(`${name}.merged.index`);
    expect(await index.search(queries, 10, everything(theirs))).toEqual(
      await theirs.search(queries, 10, everything(theirs)),
    );
    // behind a merge faiss leaves whatever the memory held in the last block of a list
    const same = Buffer.compare(encodeIndex(index.toData()), bytesOf(`${name}.merged.index`)) === 0;
    expect(same || /x4fs|RaBitQfs/.test(factory)).toBe(true);
  });

  it.each(cases.filter((c) => c.ranges))('range, $factory, $metric', async ({ name }) => {
    const index = await load(`${name}.index`);
    const { radius } = JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8')).cases.find(
      (c: { name: string }) => c.name === name,
    );
    const theirs = JSON.parse(readFileSync(join(folder, `${name}.range.json`), 'utf8'));
    const found = await index.rangeSearch(queries, radius);
    const near = 1e-5 * Math.abs(radius);
    for (let q = 0; q < 15; q++) {
      const ours = hits(found, q);
      const wanted = hits(theirs, q);
      for (const [id, v] of wanted) {
        if (Math.abs(v - radius) > near)
          expect(Math.abs((ours.get(id) ?? Number.NaN) - v)).toBeLessThanOrEqual(2 * near);
      }
      for (const [id, v] of ours) if (Math.abs(v - radius) > near) expect(wanted.has(id)).toBe(true);
    }
    expect(theirs.labels.length).toBeGreaterThan(10);
  });
});

const everything = (index: { parameters: { nprobe?: number } }) =>
  index.parameters.nprobe ? { nprobe: 8 } : {};

function hits(
  table: { lims: ArrayLike<number>; labels: ArrayLike<number>; distances: ArrayLike<number> },
  q: number,
): Map<number, number> {
  const out = new Map<number, number>();
  for (let i = table.lims[q]!; i < table.lims[q + 1]!; i++) out.set(table.labels[i]!, table.distances[i]!);
  return out;
}
