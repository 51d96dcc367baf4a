import {
  FLT_MAX,
  type IdSelector,
  type Metric,
  type RefineData,
  type SearchParameters,
  type SearchResult,
  type VectorIndex,
} from '@lutra/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { fault } from './compare.js';
import { clusters } from './data.js';
import { backend, build, create } from './engine.js';
import { D, keepsIds, TYPES } from './types.js';

const N = 500;
const NQ = 20;
const base = clusters(N, D, { seed: 5, centers: 12 });
const queries = clusters(NQ, D, { seed: 5, centers: 12, rows: 1, spread: 0.7 });

/** Everything visited, so that the answer is the whole ranking. */
function wide(index: VectorIndex): SearchParameters {
  const { nprobe, kFactor } = index.parameters;
  return { ...(nprobe !== undefined && { nprobe: 1000 }), ...(kFactor !== undefined && { kFactor: 1000 }) };
}

function onlyRows(table: SearchResult, k: number, keep: (id: number) => boolean): SearchResult {
  const missing = table.distances.length > 0 && table.distances[0]! < 0 ? -FLT_MAX : FLT_MAX;
  const out = {
    nq: table.nq,
    k,
    distances: new Float32Array(table.nq * k).fill(missing),
    labels: new Float64Array(table.nq * k).fill(-1),
  };
  for (let q = 0; q < table.nq; q++) {
    let to = q * k;
    for (let i = q * table.k; i < (q + 1) * table.k && to < (q + 1) * k; i++) {
      if (table.labels[i]! < 0 || !keep(table.labels[i]!)) continue;
      out.labels[to] = table.labels[i]!;
      out.distances[to++] = table.distances[i]!;
    }
  }
  return out;
}

function expectSame(found: SearchResult, truth: SearchResult): void {
  const scale = Math.abs(truth.distances[0]!);
  expect(found.labels.length).toBe(truth.labels.length);
  for (let q = 0; q < truth.nq; q++) expect(fault(found, truth, q, scale), `query ${q}`).toBeUndefined();
}

const selectors: [string, IdSelector, (id: number) => boolean][] = [
  ['range', { kind: 'range', min: 40, max: 200 }, (id) => id >= 40 && id < 200],
  ['list', { kind: 'list', ids: [3, 99, 250, 251, 499, 7777] }, (id) => [3, 99, 250, 251, 499].includes(id)],
  [
    'bitmap',
    { kind: 'bitmap', bits: new Uint8Array(40).fill(0b10010) },
    (id) => id < 320 && [1, 4].includes(id % 8),
  ],
  ['predicate', { kind: 'predicate', test: (id) => id % 3 === 0 }, (id) => id % 3 === 0],
  ['not', { kind: 'not', selector: { kind: 'range', min: 10, max: 490 } }, (id) => id < 10 || id >= 490],
  [
    'and',
    {
      kind: 'and',
      selectors: [
        { kind: 'range', min: 0, max: 300 },
        { kind: 'predicate', test: (id) => id % 2 === 1 },
      ],
    },
    (id) => id < 300 && id % 2 === 1,
  ],
  [
    'or',
    {
      kind: 'or',
      selectors: [
        { kind: 'range', min: 0, max: 5 },
        { kind: 'list', ids: [480] },
      ],
    },
    (id) => id < 5 || id === 480,
  ],
];

describe.each(TYPES.flatMap((factory) => (['l2', 'ip'] as Metric[]).map((metric) => ({ factory, metric }))))(
  '$factory, $metric',
  ({ factory, metric }) => {
    let index: VectorIndex;
    let full: SearchResult;

    beforeAll(async () => {
      index = await build(factory, D, base, { metric });
      full = await index.search(queries, N, wide(index));
    });

    it('returns every vector once when all are asked for, best first', () => {
      for (let q = 0; q < NQ; q++) {
        const labels = full.labels.subarray(q * N, (q + 1) * N);
        expect(new Set(labels).size).toBe(N);
        const distances = full.distances.subarray(q * N, (q + 1) * N);
        const sign = metric === 'ip' ? -1 : 1;
        expect(distances.every((v, i) => i === 0 || sign * v >= sign * distances[i - 1]!)).toBe(true);
      }
    });

    it('answers searchSync as search, whatever the number of queries in a call', async () => {
      const found = await index.search(queries, 7);
      expect(index.searchSync!(queries, 7)).toEqual(found);
      const last = index.searchSync!(queries.slice(-D), 7);
      expect(last.labels).toEqual(found.labels.slice(-7));
      expect(last.distances).toEqual(found.distances.slice(-7));
    });

    it('does not change the queries', () => {
      const x = queries.slice();
      index.searchSync!(x, 3);
      expect(x).toEqual(queries);
    });

    it('pads with label -1 and ±FLT_MAX beyond what is stored', async () => {
      const found = await index.search(queries, N + 3, wide(index));
      const missing = metric === 'ip' ? -FLT_MAX : FLT_MAX;
      for (let q = 0; q < NQ; q++) {
        const at = q * (N + 3);
        expect(found.labels.subarray(at, at + N)).toEqual(full.labels.subarray(q * N, (q + 1) * N));
        expect([...found.labels.subarray(at + N, at + N + 3)]).toEqual([-1, -1, -1]);
        expect([...found.distances.subarray(at + N, at + N + 3)]).toEqual([missing, missing, missing]);
      }
    });

    it.each(selectors)('filters by %s as brute force does', async (_, filter, keep) => {
      const found = await index.search(queries, 12, { ...wide(index), filter });
      expectSame(found, onlyRows(full, 12, keep));
    });

    it('finds in a range what the whole ranking has there', async () => {
      const radius = full.distances[30]!;
      const filter: IdSelector = { kind: 'range', min: 0, max: 400 };
      const { nprobe } = wide(index);
      const found = await index.rangeSearch(queries, radius, {
        ...(nprobe !== undefined && { nprobe }),
        filter,
      });
      const near = (v: number) => (metric === 'ip' ? v > radius : v < radius);
      const candidates = await baseHits(index, radius);
      for (let q = 0; q < NQ; q++) {
        const wanted = new Map<number, number>();
        for (let i = q * N; i < (q + 1) * N; i++) {
          const label = full.labels[i]!;
          if (near(full.distances[i]!) && label < 400 && candidates(q, label))
            wanted.set(label, full.distances[i]!);
        }
        const hits = new Map<number, number>();
        for (let i = found.lims[q]!; i < found.lims[q + 1]!; i++)
          hits.set(found.labels[i]!, found.distances[i]!);
        expect([...hits.keys()].sort()).toEqual([...wanted.keys()].sort());
        for (const [label, distance] of wanted) expect(hits.get(label)).toBe(distance);
      }
      expect(found.lims[NQ]).toBe(found.labels.length);
    });

    it('finds nothing when no list or id is allowed, and in an emptied index', async () => {
      const none = await index.search(queries, 2, { filter: { kind: 'range', min: 0, max: 0 } });
      expect(new Set(none.labels)).toEqual(new Set([-1]));
      const empty = await backend.load(index.toData());
      empty.reset();
      const found = await empty.search(queries, 2);
      expect(found).toEqual({ ...none });
      expect((await empty.rangeSearch(queries, metric === 'ip' ? -FLT_MAX : FLT_MAX)).labels.length).toBe(0);
    });

    it('takes no queries', async () => {
      expect(await index.search(new Float32Array(0), 4)).toEqual({
        distances: new Float32Array(0),
        labels: new Float64Array(0),
        nq: 0,
        k: 4,
      });
      expect((await index.rangeSearch(new Float32Array(0), 1)).lims).toEqual(new Float64Array(1));
    });

    it('stores parameters, in its data too, and a call overrides them', async () => {
      const copy = await backend.load(index.toData());
      const stored = {
        ...(wide(copy).nprobe && { nprobe: 5 }),
        ...(wide(copy).kFactor && { kFactor: 3.5 }),
        ...(index.parameters.efSearch && { efSearch: 9 }),
      };
      copy.setParameters(stored);
      expect(copy.parameters).toEqual(stored);
      const again = await backend.load(copy.toData());
      expect(again.parameters).toEqual(stored);
      const found = await again.search(queries, 5);
      expect(found).toEqual(await index.search(queries, 5, stored));
      expect(await again.search(queries, 5, index.parameters)).toEqual(await index.search(queries, 5));
    });
  },
);

/** Whether the base of a refining index finds an id within the radius by itself: refinement only looks at those. */
async function baseHits(index: VectorIndex, radius: number): Promise<(q: number, id: number) => boolean> {
  const data = index.toData();
  if (
    data.kind !== 'Refine' &&
    !(data.kind === 'IdMap2' && data.base.kind === 'Refine') &&
    data.kind !== 'PreTransform'
  )
    return () => true;
  if (data.kind === 'PreTransform' && data.base.kind !== 'Refine') return () => true;
  const refine = (data.kind === 'Refine' ? data : data.base) as RefineData;
  const inner = data.kind === 'PreTransform' ? { ...data, base: refine.base } : refine.base;
  const bare = await backend.load(inner);
  const found = await bare.rangeSearch(queries, radius, wide(bare));
  const hits = Array.from(
    { length: NQ },
    (_, q) => new Set(found.labels.subarray(found.lims[q]!, found.lims[q + 1]!)),
  );
  return (q, id) => hits[q]!.has(id);
}

describe('ties', () => {
  it.each(['Flat', 'IVF4,Flat', 'PQ8x4fs', 'IDMap,Flat', 'IVF4,PQ8x4fsr'])(
    '%s lists equal vectors by ascending id for distances and descending id for products',
    async (factory) => {
      const row = clusters(300, D, { seed: 9 });
      const twins = new Float32Array(8 * D);
      for (let i = 0; i < 8; i++) twins.set(row.subarray(0, D), i * D);
      for (const metric of ['l2', 'ip'] as Metric[]) {
        const index = await create(factory, D, metric);
        await index.train(row);
        await index.add(twins);
        const { labels } = await index.search(row.subarray(0, D), 5, wide(index));
        expect([...labels]).toEqual(metric === 'l2' ? [0, 1, 2, 3, 4] : [4, 3, 2, 1, 0]);
      }
    },
  );
});

describe('lists', () => {
  it('may be empty, and nprobe may be more than there are', async () => {
    const index = await create('IVF64,Flat', D);
    await index.train(base);
    await index.add(base.subarray(0, 3 * D));
    const found = await index.search(queries, 3, { nprobe: 10_000 });
    expect(new Set(found.labels)).toEqual(new Set([0, 1, 2]));
    const few = await index.search(queries, 3, { nprobe: 1 });
    expect(few.labels).toContain(-1);
  });

  it('refines trunc(k · kFactor) candidates in float32', async () => {
    const index = await build('PQ8x4fs,RFlat', D, base);
    const bare = await backend.load((index.toData() as RefineData).base);
    const k = 100;
    // 100 · 2.3 is 229.99… in doubles and 230 in float32
    const found = await index.search(queries, k, { kFactor: 2.3 });
    const candidates = await bare.search(queries, 230);
    const exact = await build('Flat', D, base);
    const truth = onlyRows(await exact.search(queries.subarray(0, D), N), k, (id) =>
      candidates.labels.subarray(0, 230).includes(id),
    );
    expect(fault({ ...found, k }, truth, 0, 1)).toBeUndefined();
  });

  it('keeps ids where it says so', () => {
    expect(TYPES.filter(keepsIds).length).toBeGreaterThan(8);
  });
});
