import type { IndexData, SearchParameters, SearchResult, VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { loadKernels } from '@lutra/kernels';
import { afterEach, describe, expect, it } from 'vitest';
import { ts } from '../src/index.js';
import { spawnWorker } from '../src/spawn-worker.js';
import { clusters } from './data.js';
import { backend, build as buildAlone, LEVEL } from './engine.js';
import { expectError } from './expect-error.js';

const D = 40;
const N = 2500;
const K = 10;
const base = steep(clusters(N, D, { seed: 5, centers: 60 }));
const queries = steep(clusters(60, D, { seed: 5, centers: 60, rows: 1 }));
const set = await loadKernels(LEVEL === undefined ? {} : { level: LEVEL });

/** Most of the variance in few directions, as speech has it, and far from the origin. */
function steep(x: Float32Array): Float32Array {
  return x.map((v, i) => 3 + v * 0.93 ** (i % D));
}

const open: VectorIndex[] = [];
afterEach(() => {
  for (const index of open.splice(0)) index.dispose();
});

async function build(factory: string, metric: 'l2' | 'ip' = 'l2', rows = base): Promise<VectorIndex> {
  const index = await buildAlone(factory, D, rows, { metric });
  open.push(index);
  return index;
}

/** The part of the true neighbours in the lists visited that are found. */
function recall(found: SearchResult, truth: SearchResult): number {
  let hits = 0;
  for (let q = 0; q < found.nq; q++) {
    const wanted = new Set(truth.labels.subarray(q * truth.k, q * truth.k + K));
    hits += found.labels.subarray(q * found.k, (q + 1) * found.k).filter((id) => wanted.has(id)).length;
  }
  return hits / (found.nq * K);
}

describe.each(['l2', 'ip'] as const)('candidates by sketches, %s', (metric) => {
  it.each([
    'IVF16,PQ4x4fs,RFlat',
    'IVF16,PQ4,RFlat',
    'IVF16,SQ4,Refine(SQ8)',
    'IVF16,PQ4x4fs,Refine(SQfp16)',
    'PCA24,IVF16,PQ4x4fsr,RFlat',
    'IDMap2,IVF16,RaBitQ,RFlat',
    'RR,IVF16,PQ4x4fs,Refine(RR,Flat)',
  ])('find more than as many by codes: %s', async (factory) => {
    const index = await build(factory, metric);
    const p = { nprobe: 6, kFactor: 2 };
    const truth = index.searchSync!(queries, K, { nprobe: 6, kFactor: 1000 });
    const [codes, sketches] = [{}, { sketches: true }].map((more) =>
      recall(index.searchSync!(queries, K, { ...p, ...more }), truth),
    );
    expect(sketches).toBeGreaterThan(0.95);
    // nor do codes of 4 bits a component leave much to find
    if (!factory.includes('SQ4')) expect(sketches).toBeGreaterThan(codes! + 0.02);
  });

  it('are all that is in the lists where there are as many', async () => {
    const index = await build('IVF16,PQ4x4fs,RFlat', metric);
    for (const nprobe of [1, 5, 16]) {
      const p = { nprobe, kFactor: 1000 };
      expect(index.searchSync!(queries, K, { ...p, sketches: true })).toEqual(
        index.searchSync!(queries, K, p),
      );
    }
  });

  it('are the same one query a call, in batches, on threads and in parts', async () => {
    const index = await ts({ kernels: set, createWorker: () => spawnWorker()!, divideFrom: 0 }).create(
      parseFactory('IVF16,PQ4x4fs,RFlat'),
      { d: D, metric },
    );
    open.push(index);
    await index.train(base);
    await index.add(base);
    const filter = { kind: 'range', min: 100, max: 2000 } as const;
    for (const more of [{}, { filter }]) {
      const p: SearchParameters = { nprobe: 5, kFactor: 1.5, sketches: true, ...more };
      // threads come first: they want what has not been made yet
      const shared = await index.search(queries, K, { ...p, threads: 3 });
      const batch = index.searchSync!(queries, K, p);
      expect(shared).toEqual(batch);
      for (let q = 0; q < 8; q++) {
        const x = queries.subarray(q * D, (q + 1) * D);
        const one = index.searchSync!(x, K, p);
        expect(one.labels).toEqual(batch.labels.slice(q * K, (q + 1) * K));
        expect(await index.search(x, K, { ...p, threads: 2 })).toEqual(one);
      }
    }
  });

  it('are of what a filter lets pass', async () => {
    const index = await build('IVF16,PQ4x4fs,RFlat', metric);
    const filter = { kind: 'predicate', test: (id: number) => id % 7 === 3 } as const;
    const p = { nprobe: 6, filter };
    const truth = index.searchSync!(queries, K, { ...p, kFactor: 1000 });
    const found = index.searchSync!(queries, K, { ...p, kFactor: 2, sketches: true });
    expect(found.labels.every((id) => id % 7 === 3)).toBe(true);
    expect(recall(found, truth)).toBeGreaterThan(0.95);
  });

  it('follow what is added, removed, merged and filled anew', async () => {
    const index = await build('IVF16,PQ4x4fs,RFlat', metric, base.subarray(0, 600 * D));
    const p = { nprobe: 16, kFactor: 3, sketches: true };
    const check = (): void => {
      const truth = index.searchSync!(queries, K, { nprobe: 16, kFactor: 1000 });
      expect(recall(index.searchSync!(queries, K, p), truth)).toBeGreaterThan(0.97);
    };
    check();
    await index.add(base.subarray(600 * D, 900 * D));
    check();
    await index.add(base.subarray(900 * D, 2000 * D));
    check();
    await index.removeIds({ kind: 'range', min: 0, max: 800 });
    check();
    const other = await buildAlone('IVF16,PQ4x4fs,RFlat', D, base.subarray(0, 600 * D), { metric });
    open.push(other);
    await other.reset();
    await other.add(base.subarray(2000 * D));
    await index.mergeFrom(other);
    check();
    index.reset();
    await index.add(steep(clusters(N, D, { seed: 5, centers: 60, rows: 9 })));
    check();
    // nothing is left of what they were before
    const fresh = await backend.load(structuredClone(index.toData()));
    open.push(fresh);
    expect(index.searchSync!(queries, K, p)).toEqual(fresh.searchSync!(queries, K, p));
  });

  it('are of refined vectors wherever they are', async () => {
    const limited = await ts({ kernels: set, refineBytes: 700 * 4 * D }).create(
      parseFactory('IVF16,PQ4x4fs,RFlat'),
      { d: D, metric },
    );
    open.push(limited);
    await limited.train(base);
    await limited.add(base);
    const index = await build('IVF16,PQ4x4fs,RFlat', metric);
    const p = { nprobe: 5, kFactor: 2, sketches: true };
    expect(limited.searchSync!(queries, K, p)).toEqual(index.searchSync!(queries, K, p));
  });
});

describe('sketches', () => {
  it('need no more rows than there are: none, one, fewer than components', async () => {
    const index = await build('IVF4,PQ4x4fs,RFlat');
    index.reset();
    const p = { nprobe: 4, kFactor: 2, sketches: true };
    expect([...index.searchSync!(queries.subarray(0, D), 2, p).labels]).toEqual([-1, -1]);
    for (const n of [1, 5, 30]) {
      index.reset();
      await index.add(base.subarray(0, n * D));
      const found = index.searchSync!(base.subarray(0, n * D), 1, p);
      expect([...found.labels]).toEqual(Array.from({ length: n }, (_, i) => i));
    }
  });

  it('tell equal vectors no more apart than codes do', async () => {
    const index = await build('IVF4,PQ4x4fs,RFlat', 'l2', new Float32Array(300 * D).fill(2));
    const p = { nprobe: 4, kFactor: 2, sketches: true };
    const { distances, labels } = index.searchSync!(new Float32Array(D).fill(2), 5, p);
    expect([...distances]).toEqual([0, 0, 0, 0, 0]);
    expect(new Set(labels).size).toBe(5);
  });

  it('pass over ids in lists under which nothing is stored', async () => {
    const index = await build('IVF4,PQ4x4fs,RFlat');
    const data = structuredClone(index.toData()) as unknown as {
      base: { invlists: { ids: Float64Array[] } };
    };
    const gone = data.base.invlists.ids.map((ids) => {
      const id = ids[0]!;
      ids[0] = N + 7;
      return id;
    });
    const odd = await backend.load(data as unknown as IndexData);
    open.push(odd);
    const p = { nprobe: 4, kFactor: 2, sketches: true };
    const found = odd.searchSync!(base, 1, p);
    const itself = [...found.labels.keys()].filter((i) => found.labels[i] === i);
    expect(itself.length).toBeGreaterThan(0.99 * (N - 4));
    expect(gone.map((id) => found.labels[id] === id || found.labels[id]! >= N)).toEqual(
      gone.map(() => false),
    );
  });

  it('leave the file as it is', async () => {
    const index = await build('IVF16,PQ4x4fs,RFlat');
    const before = structuredClone(index.toData());
    index.searchSync!(queries, K, { nprobe: 16, sketches: true });
    expect(index.toData()).toEqual(before);
    expect(index.parameters).toEqual({ nprobe: 1, kFactor: 1 });
  });

  it('are refused where nothing in lists is refined, and are not stored', async () => {
    for (const factory of ['IVF16,Flat', 'Flat', 'PQ4x4fs,RFlat']) {
      const index = await build(factory);
      const message = /no parameter sketches: it does not refine what is in inverted lists/;
      await expectError(() => index.searchSync!(queries, 1, { sketches: true }), 'ARGUMENT', message);
      expect(index.searchSync!(queries, 1, { sketches: undefined } as object).k).toBe(1);
    }
    const index = await build('IVF16,PQ4x4fs,RFlat');
    await expectError(
      () => index.setParameters({ sketches: true } as object),
      'ARGUMENT',
      /does not store it/,
    );
    for (const value of [1, 'yes', null]) {
      const p = { sketches: value } as unknown as SearchParameters;
      await expectError(() => index.searchSync!(queries, 1, p), 'ARGUMENT', /is not true or false/);
    }
  });
});
