import type { BinaryIndex, BinarySearchResult, IdSelector } from '@lutra/core';
import { parseBinaryFactory } from '@lutra/factory';
import { encodeIndex } from '@lutra/faiss-format';
import { describe, expect, it } from 'vitest';
import { ts } from '../src/index.js';
import { words } from './data.js';
import { backend } from './engine.js';
import { expectError } from './expect-error.js';

const D = 64;
const WIDTH = D / 8;
const N = 600;

const base = words(N, 5, WIDTH);
const queries = words(20, 77, WIDTH);
const binary = backend.binary!;

async function build(factory: string, x: Uint8Array = base, by = binary): Promise<BinaryIndex> {
  const index = await by.create(parseBinaryFactory(factory), { d: D });
  await index.train(x);
  await index.add(x);
  return index;
}

const bitsOf = (v: number): number => v.toString(2).replaceAll('0', '').length;

function distance(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, v, i) => sum + bitsOf(v ^ b[i]!), 0);
}

const row = (x: Uint8Array, i: number): Uint8Array => x.subarray(i * WIDTH, (i + 1) * WIDTH);

/** The k nearest of the ids that pass, by distance and then id. */
function nearest(q: number, k: number, passes: (id: number) => boolean = () => true): [number, number][] {
  const all = Array.from(
    { length: N },
    (_, id) => [id, distance(row(queries, q), row(base, id))] as [number, number],
  );
  return all
    .filter(([id]) => passes(id))
    .sort((a, b) => a[1] - b[1] || a[0] - b[0])
    .slice(0, k);
}

const found = (result: BinarySearchResult, q: number): [number, number][] =>
  Array.from({ length: result.k }, (_, i) => [
    result.labels[q * result.k + i]!,
    result.distances[q * result.k + i]!,
  ]);

/** Expects the distances of `want`, and its ids but for those that tie with the last. */
function expectNearest(ours: [number, number][], want: [number, number][], what?: string): void {
  expect(
    ours.map(([, v]) => v),
    what,
  ).toEqual(want.map(([, v]) => v));
  const last = want.at(-1)?.[1];
  const sure = (list: [number, number][]): [number, number][] => list.filter(([, v]) => v !== last);
  expect(sure(ours), what).toEqual(sure(want));
  expect(new Set(ours.map(([id]) => id)).size).toBe(ours.length);
}

const KINDS = [
  'BFlat',
  'BIVF8',
  'BIVF8_HNSW4',
  'BHNSW8',
  'BHash10',
  'BHash4x8',
  'IDMap,BFlat',
  'IDMap2,BHNSW4',
  'IDMap,BHash8',
];
/** Parameters by which everything is found. */
const ALL = {
  BIVF8: { nprobe: 8 },
  BIVF8_HNSW4: { nprobe: 8, efSearch: 50 },
  BHash10: { nflip: 10 },
  BHash4x8: { nflip: 8 },
};
const all = (kind: string): object => (ALL as Record<string, object>)[kind.replace(/^IDMap2?,/, '')] ?? {};

describe('a search of everything', () => {
  it.each(['BFlat', 'BIVF8', 'BHash10', 'BHash4x8', 'IDMap,BFlat'])(
    '%s finds what there is',
    async (kind) => {
      const index = await build(kind);
      const result = await index.search(queries, 30, all(kind));
      expect(result.distances).toBeInstanceOf(Int32Array);
      for (let q = 0; q < 20; q++) expectNearest(found(result, q), nearest(q, 30));
      expect(index.searchSync!(queries, 30, all(kind))).toEqual(result);
    },
  );

  it.each([
    { kind: 'range', min: 100, max: 200 },
    { kind: 'not', selector: { kind: 'list', ids: [1, 2, 3, 400] } },
    { kind: 'predicate', test: (id: number) => id % 7 === 0 },
  ] satisfies IdSelector[])('looks at those of a filter only: $kind', async (filter) => {
    const test = (id: number): boolean =>
      filter.kind === 'range'
        ? id >= 100 && id < 200
        : filter.kind === 'not'
          ? ![1, 2, 3, 400].includes(id)
          : id % 7 === 0;
    for (const kind of ['BFlat', 'BIVF8', 'BHash10', 'BHash4x8', 'IDMap2,BFlat']) {
      const index = await build(kind);
      const result = await index.search(queries, 12, { ...all(kind), filter });
      for (let q = 0; q < 20; q++) expectNearest(found(result, q), nearest(q, 12, test), kind);
    }
    const graph = await build('BHNSW8');
    const { labels } = await graph.search(queries, 5, { filter, efSearch: 200 });
    expect([...labels].every((id) => id === -1 || test(id))).toBe(true);
    expect([...labels].filter((id) => id >= 0).length).toBeGreaterThan(90);
  });

  it.each(['BFlat', 'BIVF8', 'BHash10', 'BHash4x8'])(
    '%s finds all within a radius, and the radius not',
    async (kind) => {
      const index = await build(kind);
      const { lims, distances, labels } = await index.rangeSearch(queries, 15, all(kind));
      expect(lims[20]).toBeGreaterThan(20);
      for (let q = 0; q < 20; q++) {
        const hits = Array.from(labels.subarray(lims[q], lims[q + 1]), (id, i) => [
          id,
          distances[lims[q]! + i]!,
        ]);
        const want = nearest(q, N).filter(([, v]) => v < 15);
        expect(hits.sort((a, b) => a[1]! - b[1]! || a[0]! - b[0]!)).toEqual(want);
      }
    },
  );

  it.each(['BHNSW8', 'BIVF8_HNSW4'])('%s finds nearly all', async (kind) => {
    const index = await build(kind);
    const { labels, distances } = await index.search(queries, 10, { ...all(kind), efSearch: 100 });
    let right = 0;
    for (let q = 0; q < 20; q++) {
      const last = nearest(q, 10).at(-1)![1];
      for (let i = 0; i < 10; i++) if (labels[q * 10 + i]! >= 0 && distances[q * 10 + i]! <= last) right++;
    }
    // 199 of 200 and 200 of 200 were found
    expect(right).toBeGreaterThanOrEqual(196);
  });
});

describe('hash tables', () => {
  it('are looked into as far as nflip says', async () => {
    const index = await build('BHash10');
    const hash = (x: Uint8Array): number => x[0]! | ((x[1]! & 3) << 8);
    for (const nflip of [0, 1, 3]) {
      const result = await index.search(queries, N, { nflip });
      for (let q = 0; q < 20; q++) {
        const own = hash(row(queries, q));
        const want = nearest(q, N, (id) => bitsOf(hash(row(base, id)) ^ own) <= nflip);
        expect(found(result, q).slice(0, want.length)).toEqual(want);
        expect(result.labels[q * N + want.length] ?? -1).toBe(-1);
        expect(result.distances[q * N + want.length] ?? 2147483647).toBe(2147483647);
      }
    }
    index.setParameters({ nflip: 3 });
    expect(index.parameters).toEqual({ nflip: 3 });
    expect((await index.search(queries, 5)).labels).toEqual(
      (await index.search(queries, 5, { nflip: 3 })).labels,
    );
  });

  it('keep hashes of more than 32 bits apart', async () => {
    const index = await build('BHash50');
    const { labels, distances } = await index.search(base.subarray(0, 20 * WIDTH), 1, { nflip: 2 });
    for (let i = 0; i < 20; i++) expect(distances[i]).toBe(0);
    expect(labels[7]).toBe(7);
    expect(binary.refuses(parseBinaryFactory('BHash60'), { d: D })).toMatch(/more than 53/);
  });
});

describe.each(KINDS)('%s', (kind) => {
  it('is the index that was written', async () => {
    const index = await build(kind);
    const again = await binary.load(index.toData());
    expect(again.ntotal).toBe(N);
    expect(again.spec).toEqual(index.spec);
    expect(await again.search(queries, 10)).toEqual(await index.search(queries, 10));
    expect(Buffer.compare(encodeIndex(again.toData()), encodeIndex(index.toData()))).toBe(0);
  });

  it('is the same at the scalar level, in blocks, and from a stream', async () => {
    const index = await build(kind);
    const scalar = await build(kind, base, ts({ level: 'scalar' }).binary!);
    expect(Buffer.compare(encodeIndex(scalar.toData()), encodeIndex(index.toData()))).toBe(0);
    expect(await scalar.search(queries, 10)).toEqual(await index.search(queries, 10));
    const streamed = await binary.create(index.spec, { d: D });
    await streamed.train(base);
    async function* blocks() {
      for (let at = 0; at < N; at += 150) yield base.slice(at * WIDTH, (at + 150) * WIDTH);
    }
    await streamed.add(blocks());
    expect(Buffer.compare(encodeIndex(streamed.toData()), encodeIndex(index.toData()))).toBe(0);
  });

  it('gives vectors back, forgets them and takes them again', async () => {
    const index = await build(kind);
    expect(await index.reconstruct([3, 599, 3])).toEqual(
      Uint8Array.from([...row(base, 3), ...row(base, 599), ...row(base, 3)]),
    );
    await expectError(() => index.reconstruct([N]), 'ARGUMENT');
    index.reset();
    expect(index.ntotal).toBe(0);
    expect([...(await index.search(queries, 1)).distances]).toEqual(Array(20).fill(2147483647));
    await index.add(base.subarray(0, 10 * WIDTH));
    expect(await index.reconstruct([9])).toEqual(row(base, 9));
  });

  it('removes and merges, if it can', async () => {
    const index = await build(kind);
    const gone = { kind: 'range', min: 0, max: 100 } as const;
    if (/^(IDMap2?,)?BHNSW/.test(kind)) {
      await expectError(() => index.removeIds(gone), 'UNSUPPORTED');
      await expectError(async () => index.mergeFrom(await build(kind)), 'UNSUPPORTED');
      return;
    }
    expect(await index.removeIds(gone)).toBe(100);
    expect(index.ntotal).toBe(N - 100);
    const first = kind === 'BFlat' || kind === 'BHash4x8' ? 0 : 100;
    expect(await index.reconstruct([first])).toEqual(row(base, 100));
    const other = await build(kind);
    await other.removeIds({ kind: 'not', selector: gone });
    await index.mergeFrom(other, first === 0 ? {} : { addId: 5000 });
    expect([index.ntotal, other.ntotal]).toEqual([N, 0]);
    const { distances } = await index.search(queries, 30, all(kind));
    expect(distances).toEqual((await (await build(kind)).search(queries, 30, all(kind))).distances);
    expect(await index.reconstruct([first === 0 ? N - 1 : 5099])).toEqual(row(base, 99));
  });
});

describe('what cannot be', () => {
  it('is told', async () => {
    const index = await binary.create(parseBinaryFactory('BIVF8'), { d: D });
    await expectError(() => index.add(base), 'STATE');
    await expectError(() => index.train(base.subarray(0, 5 * WIDTH)), 'ARGUMENT');
    await index.train(base);
    await expectError(() => index.add(base.subarray(0, 9)), 'SHAPE');
    await expectError(() => index.add(new Float32Array(16) as never), 'ARGUMENT');
    await expectError(() => index.search(new Float32Array(8) as never, 1), 'ARGUMENT');
    await expectError(() => index.search(queries, 0), 'ARGUMENT');
    await expectError(() => index.search(queries, 1, { nflip: 1 }), 'ARGUMENT');
    await expectError(() => index.search(queries, 1, { nprobe: 0 }), 'ARGUMENT');
    await expectError(() => index.rangeSearch(queries, Number.NaN), 'ARGUMENT');
    await expectError(() => index.mergeFrom(index), 'ARGUMENT');
    await expectError(async () => index.mergeFrom(await build('BFlat')), 'ARGUMENT');
    const flat = await build('BFlat');
    await expectError(() => flat.add(base.subarray(0, WIDTH), { ids: [7] }), 'ARGUMENT');
    await expectError(() => flat.search(queries, 1, { nprobe: 2 }), 'ARGUMENT');
    const hash = await build('BHash8');
    await expectError(() => hash.search(queries, 1, { nflip: -1 }), 'ARGUMENT');
    flat.dispose();
    await expectError(() => flat.search(queries, 1), 'STATE');
    await expectError(() => binary.create(parseBinaryFactory('BFlat'), { d: 12 }), 'ARGUMENT');
  });

  it('stops when it is told to', async () => {
    const index = await binary.create(parseBinaryFactory('BIVF8'), { d: D });
    const stages = new Set<string>();
    const stop = new AbortController();
    const training = () =>
      index.train(base, {
        signal: stop.signal,
        onProgress: ({ stage }) => {
          stages.add(stage);
          stop.abort();
        },
      });
    await expectError(training, 'ABORTED');
    expect(index.isTrained).toBe(false);
    expect([...stages]).toEqual(['k-means']);
  });
});

it('splits searches over threads, with the same results', async () => {
  for (const kind of ['BIVF8', 'BHNSW8', 'BHash4x8']) {
    const index = await build(kind);
    expect(await index.search(queries, 10, { threads: 2 }), kind).toEqual(await index.search(queries, 10));
    index.dispose();
  }
});
