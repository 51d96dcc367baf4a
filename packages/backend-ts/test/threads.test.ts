import type { RowSource, SearchResult, VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { encodeIndex } from '@lutra/faiss-format';
import { type KernelMemory, type Kernels, loadKernels } from '@lutra/kernels';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ts, type WorkerLike } from '../src/index.js';
import { spawnWorker } from '../src/spawn-worker.js';
import { clusters } from './data.js';
import { LEVEL } from './engine.js';
import { expectError } from './expect-error.js';
import { GRAPHS, TYPES } from './types.js';

const D = 16;
/** Scalar kernels take many times as long: fewer rows and threads, of the same kinds of work. */
const SLOW = LEVEL === 'scalar';
/** Rows of a training that is split, and of an addition. */
const MANY = SLOW ? 4200 : 9000;
const base = clusters(1500, D, { seed: 5 });
const queries = base.subarray(0, 200 * D);
const set = await loadKernels(LEVEL === undefined ? {} : { level: LEVEL });

interface Watched {
  readonly index: VectorIndex;
  readonly memory: KernelMemory;
  /** The workers that were started. */
  readonly workers: (WorkerLike & { once(event: string, listener: (value: never) => void): void })[];
}

const open: VectorIndex[] = [];
afterEach(() => {
  for (const index of open.splice(0)) index.dispose();
});

/** An index, trained and filled, with what it works in and the workers that it starts. */
async function watched(factory: string, spawn: () => WorkerLike | undefined = spawnWorker): Promise<Watched> {
  let kernels: Kernels | undefined;
  const instantiate = (): Kernels => {
    kernels = set.instantiate();
    return kernels;
  };
  const workers: Watched['workers'] = [];
  const createWorker = (): WorkerLike => {
    const worker = spawn() as Watched['workers'][0];
    workers.push(worker);
    return worker;
  };
  const backend = ts({ kernels: { ...set, instantiate }, createWorker, divideFrom: 0.1 });
  const index = await backend.create(parseFactory(factory), { d: D, metric: 'l2' });
  open.push(index);
  await index.train(base);
  await index.add(base.subarray(0, 1000 * D));
  return { index, memory: kernels!.memory, workers };
}

/** Whether two results are the same to the last bit; `toEqual` would look at each number. */
function same(a: SearchResult, b: SearchResult): boolean {
  const bytes = (x: Float32Array | Float64Array): Uint8Array =>
    new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
  return (
    Buffer.compare(bytes(a.labels), bytes(b.labels)) === 0 &&
    Buffer.compare(bytes(a.distances), bytes(b.distances)) === 0
  );
}

function parametersOf(index: VectorIndex): object {
  const { nprobe, kFactor } = index.parameters;
  return { ...(nprobe && { nprobe: 3 }), ...(kFactor && { kFactor: 4 }) };
}

describe('a search on several threads', () => {
  it.each([...TYPES, ...GRAPHS])('gives the results of one: %s', async (factory) => {
    const { index, workers } = await watched(factory);
    const p = parametersOf(index);
    const filter = {
      kind: 'and',
      selectors: [
        { kind: 'range', min: 10, max: 900 },
        { kind: 'not', selector: { kind: 'list', ids: [11, 12, 13] } },
      ],
    } as const;
    const odd = { kind: 'predicate', test: (id: number) => id % 2 === 1 } as const;
    for (const [nq, k, more] of [
      [90, 10, {}],
      [2, 3, {}],
      [9, 1200, {}],
      [40, 5, { filter }],
      [5, 5, { filter: odd }],
    ] as const) {
      const x = queries.subarray(0, nq * D);
      const wanted = index.searchSync!(x, k, { ...p, ...more });
      for (const threads of factory.endsWith('fs,RFlat') ? [1, 2, 3, 7] : [2, 3]) {
        const found = await index.search(x, k, { ...p, ...more, threads });
        expect(same(found, wanted)).toBe(true);
        expect(found.labels.buffer).toBeInstanceOf(ArrayBuffer);
      }
    }
    expect(workers.length).toBe(factory.endsWith('fs,RFlat') ? 7 : 3);
  });

  it.each([
    ['Flat', 'l2'],
    ['Flat', 'ip'],
    ['IVF16,Flat', 'l2'],
    ['IDMap,PCA32,IVF16,Flat', 'ip'],
    ['IVF16,Flat,RFlat', 'l2'],
  ] as const)('divides one large search, and gives the results of one: %s by %s', async (factory, metric) => {
    const d = 64;
    const rows = clusters(34_000, d, { seed: 4 });
    // equal rows everywhere, so that parts tie
    for (let i = 0; i < 200; i++) rows.copyWithin((i * 163 + 7) * d, 0, d);
    const createWorker = vi.fn(() => spawnWorker()!);
    const index = await ts({ kernels: set, createWorker, divideFrom: 0.05 }).create(parseFactory(factory), {
      d,
      metric,
    });
    open.push(index);
    await index.train(rows.subarray(0, 1000 * d));
    await index.add(rows);
    const p = { ...(index.parameters.nprobe && { nprobe: 16 }) };
    const filter = { kind: 'range', min: 100, max: 20_000 } as const;
    for (const k of [10, 150]) {
      for (const more of [{}, { filter }]) {
        const x = rows.subarray(0, d);
        const one = index.searchSync!(x, k, { ...p, ...more });
        for (const threads of [1, 2, 3, 7]) {
          expect(same(await index.search(x, k, { ...p, ...more, threads }), one)).toBe(true);
        }
        const two = rows.subarray(5 * d, 7 * d);
        const both = index.searchSync!(two, k, { ...p, ...more });
        expect(same(await index.search(two, k, { ...p, ...more, threads: 3 }), both)).toBe(true);
      }
    }
    expect(createWorker).toHaveBeenCalledTimes(7);
  });

  it('fails a divided search whose worker is killed, and does the next', async () => {
    const { index, workers } = await watched('Flat');
    await index.add(clusters(300_000, D, { seed: 6 }));
    const x = queries.subarray(0, D);
    await index.search(x, 10, { threads: 2 });
    const searches = Array.from({ length: 50 }, () => index.search(x, 10, { threads: 2 }));
    const ends = Promise.allSettled(searches);
    workers[1]!.terminate();
    const failed = (await ends).filter(({ status }) => status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    for (const end of failed)
      await expectError(() => Promise.reject((end as PromiseRejectedResult).reason), 'BACKEND');
    expect(same(await index.search(x, 10, { threads: 2 }), index.searchSync!(x, 10))).toBe(true);
    expect(workers.length).toBe(3);
  });

  it('starts no worker for one query, one thread, or a filter that is a function', async () => {
    const { index, workers } = await watched('IVF8,Flat');
    await index.search(queries.subarray(0, D), 5, { threads: 4 });
    await index.search(queries, 5, { threads: 1 });
    await index.search(queries, 5, { threads: 4, filter: { kind: 'predicate', test: () => true } });
    expect(workers).toEqual([]);
  });

  it('sees every change of the index', async () => {
    const { index } = await watched('IDMap,IVF8,PQ8x4fs,RFlat'.replace('IDMap,', ''));
    const agree = async (): Promise<void> => {
      const p = { nprobe: 4 };
      expect(
        same(await index.search(queries, 7, { ...p, threads: 3 }), index.searchSync!(queries, 7, p)),
      ).toBe(true);
      expect(same(await index.search(queries, 7, { threads: 2 }), index.searchSync!(queries, 7))).toBe(true);
    };
    await agree();
    await index.add(base.subarray(1000 * D));
    await agree();
    index.setParameters({ nprobe: 3, kFactor: 9 });
    await agree();
    await index.removeIds({ kind: 'range', min: 100, max: 600 });
    await agree();
    index.reset();
    await agree();
    await index.add(base);
    await agree();
  });

  it('goes on while memory grows', async () => {
    const { index, memory } = await watched('Flat');
    const large = clusters(40_000, D, { seed: 6 });
    const few = queries.subarray(0, 6 * D);
    const size = memory.buffer.byteLength;
    for (let i = 0; i < 10; i++) {
      expect(same(await index.search(few, 10, { threads: 2 }), index.searchSync!(few, 10))).toBe(true);
      await index.add(large);
    }
    expect(memory.buffer.byteLength).toBeGreaterThan(size + 20e6);
    expect(same(await index.search(few, 10, { threads: 3 }), index.searchSync!(few, 10))).toBe(true);
  });

  it('shares its workers with other searches at the same time', async () => {
    const { index, workers } = await watched('IVF8,Flat');
    const wanted = [1, 2, 3, 4, 5].map((k) => index.searchSync!(queries, k, { nprobe: k }));
    const found = await Promise.all(
      [1, 2, 3, 4, 5].map((k) => index.search(queries, k, { nprobe: k, threads: 1 + (k % 3) })),
    );
    expect(found).toEqual(wanted);
    expect(workers.length).toBe(3);
  });

  it('leaves the calling thread free', async () => {
    const { index } = await watched('Flat');
    await index.add(clusters(30_000, D, { seed: 6 }));
    await index.search(queries, 10, { threads: 2 });
    let turns = 0;
    let done = false;
    const turn = (): void => {
      turns++;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    const many = clusters(SLOW ? 300 : 2000, D, { seed: 7 });
    await index.search(many, 10, { threads: 2 });
    done = true;
    expect(turns).toBeGreaterThan(100);
  });

  it('leaks nothing in ten thousand searches', async () => {
    const { index, memory } = await watched('IVF8,PQ8x4fs,RFlat');
    const search = () => index.search(queries.subarray(0, 4 * D), 3, { threads: 2 });
    for (let i = 0; i < 20; i++) await search();
    const before = [memory.allocatedBytes, memory.buffer.byteLength];
    for (let i = 0; i < 1000; i++) await Promise.all(Array.from({ length: 10 }, search));
    expect([memory.allocatedBytes, memory.buffer.byteLength]).toEqual(before);
  });

  it('gives the arenas of workers what they need, and takes it back', async () => {
    const { index, memory } = await watched('Flat');
    await index.search(queries, 10, { threads: 1 });
    const before = memory.allocatedBytes;
    await index.add(clusters(30_000, D, { seed: 8 }));
    const wanted = index.searchSync!(queries.subarray(0, 3 * D), 25_000);
    const filled = memory.allocatedBytes;
    const found = await index.search(queries.subarray(0, 3 * D), 25_000, { threads: 3 });
    expect(same(found, wanted)).toBe(true);
    expect(memory.allocatedBytes).toBeGreaterThan(filled);
    index.reset();
    expect(memory.allocatedBytes).toBeGreaterThan(before);
    index.dispose();
    expect(memory.allocatedBytes).toBeLessThan(filled);
  });

  it('stops when it is told to', async () => {
    const { index } = await watched('Flat');
    await index.add(clusters(30_000, D, { seed: 6 }));
    const stop = new AbortController();
    const searching = index.search(clusters(5000, D, { seed: 7 }), 10, { threads: 2, signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    await expectError(() => searching, 'ABORTED');
    expect(same(await index.search(queries, 10, { threads: 2 }), index.searchSync!(queries, 10))).toBe(true);
  });
});

describe('a training on several threads', () => {
  const wide = clusters(MANY, 64, { seed: 3, centers: 200 });

  it.each([
    ['IVF64,Flat', 16, 'l2'],
    ['IVF64,PQ4np,RFlat', 16, 'ip'],
    ['PQ4np', 16, 'l2'],
    ['IVF128,PQ16x4fs,RFlat', 64, 'l2'],
    ['PCA32,IVF128,PQ16x4fsr', 64, 'l2'],
  ] as const)('gives the file of one: %s', async (factory, d, metric) => {
    const rows = wide.subarray(0, MANY * d);
    const files: Uint8Array[] = [];
    const stages: Set<string>[] = [];
    const counts = factory.includes('RFlat') && !SLOW ? [1, 2, 3, 7] : [1, 2];
    for (const threads of counts) {
      const index = await ts({ kernels: set }).create(parseFactory(factory), { d, metric });
      open.push(index);
      const seen = new Set<string>();
      await index.train(rows, { threads, onProgress: ({ stage }) => seen.add(stage) });
      await index.add(rows.subarray(0, 3000 * d), { threads });
      files.push(encodeIndex(index.toData()));
      stages.push(seen);
      expect(await index.search(rows.subarray(0, 40 * d), 5, { threads })).toEqual(
        index.searchSync!(rows.subarray(0, 40 * d), 5),
      );
    }
    for (const file of files) expect(Buffer.compare(file, files[0]!)).toBe(0);
    for (const seen of stages) expect(seen).toEqual(stages[0]);
  });

  it('stops when it is told to, or when a worker is killed, and can be done again', async () => {
    const rows = wide.subarray(0, MANY * 16);
    const workers: WorkerLike[] = [];
    const createWorker = (): WorkerLike => {
      workers.push(spawnWorker()!);
      return workers.at(-1)!;
    };
    const index = await ts({ kernels: set, createWorker }).create(
      parseFactory(SLOW ? 'IVF64,Flat' : 'IVF64,PQ4np'),
      {
        d: 16,
        metric: 'l2',
      },
    );
    open.push(index);
    for (const stage of SLOW ? ['k-means'] : ['k-means', 'pq']) {
      const stop = new AbortController();
      const onProgress = (p: { stage: string; done: number }): void => {
        if (p.stage === stage && p.done === 1) stop.abort();
      };
      await expectError(() => index.train(rows, { threads: 2, signal: stop.signal, onProgress }), 'ABORTED');
      const kill = (p: { stage: string; done: number }): void => {
        if (p.stage === stage && p.done === 1) workers.at(-1)!.terminate();
      };
      await expectError(() => index.train(rows, { threads: 2, onProgress: kill }), 'BACKEND');
      expect(index.isTrained).toBe(false);
    }
    await index.train(rows, { threads: 2 });
    expect(index.isTrained).toBe(true);
  });
});

describe('an addition on several threads', () => {
  it.each([...TYPES, ...GRAPHS])('gives the file of one: %s', async (factory) => {
    const rows = clusters(MANY, D, { seed: 9 });
    const source: RowSource = {
      shape: [MANY, D],
      async *blocks({ blockRows = 8192 } = {}) {
        // one array for all blocks, as a reader may have it
        const block = new Float32Array(Math.min(blockRows, 5000) * D);
        for (let at = 0; at < rows.length; at += block.length) {
          const part = rows.subarray(at, at + block.length);
          block.set(part);
          yield block.subarray(0, part.length);
        }
      },
    };
    const files: Uint8Array[] = [];
    for (const threads of factory.endsWith('fs,RFlat') && !SLOW ? [1, 2, 3, 7] : [1, 2]) {
      const { index } = await watched(factory);
      await index.add(threads === 2 ? source : rows, { threads });
      await index.add(rows.subarray(0, 77 * D), { threads });
      files.push(encodeIndex(index.toData()));
      index.dispose();
    }
    for (const file of files) expect(Buffer.compare(file, files[0]!)).toBe(0);
  });

  it('fails with its stream, and its workers', async () => {
    const { index, workers } = await watched('IVF8,PQ8x4fs,RFlat');
    async function* stream(): AsyncGenerator<Float32Array> {
      yield base;
      throw new Error('no more');
    }
    await expect(index.add(stream(), { threads: 2 })).rejects.toThrow('no more');
    expect(index.ntotal % 500).toBe(0);
    async function* endless(): AsyncGenerator<Float32Array> {
      for (let i = 0; i < 1000; i++) {
        if (i === 30) workers[0]!.terminate();
        yield base;
      }
    }
    await expectError(() => index.add(endless(), { threads: 2 }), 'BACKEND');
    const before = index.ntotal;
    await index.add(base, { threads: 2 });
    expect(index.ntotal).toBe(before + 1500);
  });
});

describe('workers', () => {
  it('that are killed fail the search and not the index', async () => {
    const { index, workers } = await watched('Flat');
    await index.add(clusters(30_000, D, { seed: 6 }));
    const searching = index.search(clusters(5000, D, { seed: 7 }), 10, { threads: 2 });
    setTimeout(() => workers[1]!.terminate(), 60);
    await expectError(() => searching, 'BACKEND');
    expect(same(await index.search(queries, 10, { threads: 2 }), index.searchSync!(queries, 10))).toBe(true);
    expect(workers.length).toBe(3);
  });

  it('that cannot be started are an error', async () => {
    const { Worker } = await import('node:worker_threads');
    const missing = await watched('Flat', () => new Worker(new URL('./no-such-worker.js', import.meta.url)));
    await expectError(() => missing.index.search(queries, 3, { threads: 2 }), 'BACKEND');
    const broken = await watched('Flat', () => {
      throw new Error('no');
    });
    await expectError(() => broken.index.search(queries, 3, { threads: 2 }), 'BACKEND');
    const none = await watched('Flat', () => undefined);
    await expectError(() => none.index.search(queries, 3, { threads: 2 }), 'BACKEND');
    expect(missing.index.searchSync!(queries, 3).nq).toBe(200);
  });

  it('end with the index, and searches under way with them', async () => {
    const { index, workers } = await watched('Flat');
    await index.search(queries, 3, { threads: 2 });
    const ends = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    const searching = index.search(queries, 3, { threads: 2 });
    searching.catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    index.dispose();
    await expectError(() => searching, 'STATE');
    expect(await Promise.all(ends)).toEqual([1, 1]);
  });

  it('keep the process alive only while they work', async () => {
    const calls: string[] = [];
    const { index } = await watched('Flat', () => {
      const worker = spawnWorker()!;
      const [ref, unref] = [worker.ref!.bind(worker), worker.unref!.bind(worker)];
      worker.ref = () => {
        calls.push('ref');
        ref();
      };
      worker.unref = () => {
        calls.push('unref');
        unref();
      };
      return worker;
    });
    const searching = index.search(queries, 3, { threads: 2 });
    await vi.waitFor(() => expect(calls).toContain('ref'));
    await searching;
    expect(calls.filter((call) => call === 'ref').length).toBeGreaterThanOrEqual(2);
    expect(calls.at(-1)).toBe('unref');
  });

  it('are not wanted where memory is not shared: one thread does it all', async () => {
    const kernels = await loadKernels({ ...(LEVEL && { level: LEVEL }), shared: false });
    const createWorker = vi.fn();
    const index = await ts({ kernels, createWorker }).create(parseFactory('Flat'), { d: D, metric: 'l2' });
    await index.add(base);
    expect(same(await index.search(queries, 3, { threads: 2 }), index.searchSync!(queries, 3))).toBe(true);
    expect(createWorker).not.toHaveBeenCalled();
  });
});
