import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DirectMapData, IdSelector, IvfFlatData, Metric, VectorIndex } from '@lutra/core';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { copySubset, indexFactory, loadIndex, readIndex, searchAndReconstruct, updateVectors } from 'lutra';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noise } from './noise.js';

const script = join(import.meta.dirname, 'edit.py');
const python = process.env.LUTRA_PYTHON ?? 'python3';
const D = 16;
const N = 600;
const K = 8;

const cases = [
  'Flat',
  'SQ8',
  'PQ4x4np',
  'IVF8,Flat',
  'IVF8,SQ8',
  'IVF8,SQ4',
  'IVF8,PQ4x4np',
  'IVF8,PQ4x6np',
  'IVF8_HNSW4,Flat',
].flatMap((factory) =>
  (['l2', 'ip'] as Metric[]).map((metric) => ({
    name: `${factory.replace(/\W/g, '-')}-${metric}`,
    factory,
    metric,
    ivf: factory.startsWith('IVF'),
  })),
);
const ivfs = cases.filter(({ ivf }) => ivf);

const next = noise(3);
const base = Float32Array.from({ length: N * D }, next);
const queries = Float32Array.from({ length: 12 * D }, next);
const updated = [3, 599, 77, 240, 5, 410];
const moved = Float32Array.from({ length: updated.length * D }, next);
const removed = Array.from({ length: 150 }, (_, i) => (i * 37) % N);
/** What faiss's kinds of subsets are told. */
const subsets = {
  range: [100, 420],
  modulo: [3, 1],
  elements: [50, 333],
  fraction: [4, 1],
  lists: [2, 5],
} as const;
const job = { d: D, k: K, updated, removed, ...subsets };

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-edit-'));
  for (const [name, rows] of Object.entries({ query: queries, moved })) {
    writeFileSync(join(folder, `${name}.f32`), rows);
  }
  for (const { name, factory, metric } of cases) {
    const index = await indexFactory(factory, { d: D, metric });
    await index.train(base);
    await index.add(base);
    writeFileSync(join(folder, `${name}.index`), encodeIndex(index.toData()));
    index.dispose();
  }
  writeFileSync(join(folder, 'job.json'), JSON.stringify({ ...job, cases }));
  execFileSync(python, [script, folder], { stdio: ['ignore', 'inherit', 'inherit'] });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const load = (file: string): Promise<VectorIndex> =>
  readIndex(new Uint8Array(readFileSync(join(folder, `${file}.index`))));

/** The same vectors under the same ids in the same lists, though not in the same order. */
async function expectAlike(ours: VectorIndex, theirs: VectorIndex): Promise<void> {
  expect(ours.ntotal).toBe(theirs.ntotal);
  const all = { nprobe: 8 };
  const [a, b] = [await ours.search(queries, N, all), await theirs.search(queries, N, all)];
  expect(a.distances).toEqual(b.distances);
  const contents = (index: VectorIndex) => {
    const lists = (index.toData() as IvfFlatData).invlists;
    if (lists.kind !== 'array') throw new Error(lists.kind);
    return lists.ids.map((ids, list) =>
      [...ids]
        .map((id, i) => ({
          id,
          code: [...lists.codes[list]!.subarray(i * lists.codeSize, (i + 1) * lists.codeSize)],
        }))
        .sort((x, y) => x.id - y.id),
    );
  };
  expect(contents(ours)).toEqual(contents(theirs));
}

describe('what faiss can do to an index too comes out the same', () => {
  it.each(cases)('search and reconstruct, $factory, $metric', async ({ name, ivf }) => {
    const index = await load(name);
    const theirs = JSON.parse(readFileSync(join(folder, `${name}.found.json`), 'utf8'));
    const found = await searchAndReconstruct(index, queries, K, ivf ? { nprobe: 3 } : {});
    const scale = Math.max(...theirs.distances.map(Math.abs));
    let same = 0;
    for (let i = 0; i < found.labels.length; i++) {
      expect(Math.abs(found.distances[i]! - theirs.distances[i])).toBeLessThanOrEqual(1e-5 * scale);
      // of equal codes either may come first
      if (found.labels[i] !== theirs.labels[i]) continue;
      same++;
      for (let j = i * D; j < (i + 1) * D; j++) {
        expect(Math.abs(found.vectors[j]! - theirs.vectors[j])).toBeLessThanOrEqual(1e-5);
      }
    }
    expect(same).toBeGreaterThan(0.9 * found.labels.length);
    index.dispose();
  });

  it.each(ivfs)('update of vectors, $factory, $metric', async ({ name }) => {
    const index = await load(name);
    await updateVectors(index, updated, moved);
    await expectAlike(index, await load(`${name}.updated`));
  });

  it.each(ivfs)('copies of subsets, $factory, $metric', async ({ name }) => {
    const index = await load(name);
    const { ids } = (index.toData() as IvfFlatData).invlists as { ids: readonly Float64Array[] };
    for (const [subset, selector] of Object.entries(selectorsOf(ids))) {
      await expectAlike(await copySubset(index, selector), await load(`${name}.${subset}`));
    }
    expect(index.ntotal).toBe(N);
  });

  it.each(ivfs)('removal beside a direct map of hashes, $factory, $metric', async ({ name }) => {
    const theirs = await load(`${name}.removed`);
    const data = decodeIndex(new Uint8Array(readFileSync(join(folder, `${name}.index`)))) as IvfFlatData;
    const mapped = (await loadIndex({ ...data, directMap: hashesOf(data) })) as VectorIndex;
    expect(await mapped.removeIds({ kind: 'list', ids: removed })).toBe(new Set(removed).size);
    await expectAlike(mapped, theirs);
    for (const index of [mapped, theirs]) {
      const edited = index.toData() as IvfFlatData;
      expect(pairsOf(edited.directMap)).toEqual(pairsOf(hashesOf(edited)));
    }
  });
});

/** The selectors that name what faiss's kinds of subsets do of these lists. */
function selectorsOf(lists: readonly Float64Array[]): Record<keyof typeof subsets, IdSelector> {
  const { range, modulo, elements, fraction } = subsets;
  const parts = (partOf: (ids: Float64Array) => readonly [number, number]): IdSelector => ({
    kind: 'list',
    ids: lists.flatMap((ids) => [...ids.subarray(...partOf(ids))]),
  });
  // of every list as much as of all, rounded so that the sum is right
  let passed = 0;
  const share = (ids: Float64Array): readonly [number, number] => {
    const before = elements.map((a) => Math.floor((passed * a) / N));
    passed += ids.length;
    return elements.map((a, i) => Math.floor((passed * a) / N) - before[i]!) as [number, number];
  };
  const [of, nth] = fraction;
  return {
    range: { kind: 'range', min: range[0], max: range[1] },
    modulo: { kind: 'predicate', test: (id) => id % modulo[0] === modulo[1] },
    elements: parts(share),
    fraction: parts(({ length }) => [Math.floor((length * nth) / of), Math.floor((length * (nth + 1)) / of)]),
    lists: { kind: 'list', ids: lists.slice(...subsets.lists).flatMap((ids) => [...ids]) },
  };
}

/** What a direct map of these lists has to say. */
function hashesOf({ invlists }: IvfFlatData): DirectMapData {
  if (invlists.kind !== 'array') throw new Error(invlists.kind);
  const pairs = invlists.ids.flatMap((ids, list) =>
    [...ids].flatMap((id, offset) => [BigInt(id), (BigInt(list) << 32n) | BigInt(offset)]),
  );
  return { kind: 'hash', pairs: BigInt64Array.from(pairs) };
}

function pairsOf(map: DirectMapData): string[] {
  if (map.kind !== 'hash') throw new Error(map.kind);
  const pairs: string[] = [];
  for (let i = 0; i < map.pairs.length; i += 2) pairs.push(`${map.pairs[i]} ${map.pairs[i + 1]}`);
  return pairs.sort();
}
