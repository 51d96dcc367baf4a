import type { RowSource, Rows, SearchParameters, VectorIndex } from '@lutra/core';
import { formatFactory, parseFactory } from '@lutra/factory';
import { encodeIndex } from '@lutra/faiss-format';
import { describe, expect, it } from 'vitest';
import { clusters } from './data.js';
import { backend, build, create } from './engine.js';
import { expectError } from './expect-error.js';
import { D, keepsIds, TYPES } from './types.js';

const base = clusters(400, D, { seed: 3 });
const query = clusters(1, D, { seed: 3, rows: 1 });
const bytes = (index: VectorIndex): Uint8Array => encodeIndex(index.toData());

describe('arguments', () => {
  it('must be whole rows of finite numbers', async () => {
    const index = await build('IVF4,Flat', D, base);
    const bad = base.slice(0, 4 * D);
    bad[D + 2] = Number.NaN;
    bad[3 * D] = Number.POSITIVE_INFINITY;
    const place = /2 rows have NaN or infinite values, the first is NaN at row 1, column 2/;
    await expectError(() => index.search(bad, 1), 'ARGUMENT', place);
    await expectError(() => index.searchSync!(bad, 1), 'ARGUMENT', place);
    await expectError(() => index.rangeSearch(bad, 1), 'ARGUMENT', place);
    await expectError(() => index.add(bad), 'ARGUMENT', place);
    expect(index.ntotal).toBe(400);
    index.reset();
    await expectError(() => index.train(bad), 'ARGUMENT', place);
    for (const call of [
      () => index.search(base.subarray(0, D + 1), 1),
      () => index.add(base.subarray(0, D - 1)),
      () => index.train(base.subarray(0, 5)),
      () => index.rangeSearch(base.subarray(0, 3), 1),
    ]) {
      await expectError(call, 'SHAPE', /no whole rows of 16/);
    }
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3'])('refuses k = %s', async (k) => {
    const index = await build('Flat', D, base);
    await expectError(
      () => index.search(query, k as number),
      'ARGUMENT',
      /^k: .* whole number of at least 1/,
    );
  });

  it('refuses a k that no table can hold, and takes one that is merely large', async () => {
    for (const factory of TYPES) {
      const index = await build(factory, D, base);
      await expectError(
        () => index.search(query, 2 ** 40),
        'CAPACITY',
        /no memory for 1 · 1099511627776 results/,
      );
      expect((await index.search(new Float32Array(0), 2 ** 40)).labels.length).toBe(0);
      expect((await index.search(query, 100_000)).labels.filter((l) => l >= 0).length).toBeLessThanOrEqual(
        400,
      );
    }
  });

  it('names a parameter that the index does not have', async () => {
    const flat = await build('Flat', D, base);
    await expectError(
      () => flat.search(query, 1, { nprobe: 2 }),
      'ARGUMENT',
      /no parameter nprobe: it has no inverted lists/,
    );
    await expectError(() => flat.search(query, 1, { kFactor: 2 }), 'ARGUMENT', /kFactor: it does not refine/);
    await expectError(
      () => flat.search(query, 1, { efSearch: 2 }),
      'ARGUMENT',
      /efSearch: it has no HNSW graph/,
    );
    await expectError(
      () => flat.search(query, 1, { speed: 2 } as SearchParameters),
      'ARGUMENT',
      /no parameter speed/,
    );
    await expectError(() => flat.setParameters({ nprobe: 1 }), 'ARGUMENT', /nprobe/);
    const filter = { kind: 'range', min: 0, max: 1 } as const;
    await expectError(() => flat.setParameters({ filter } as SearchParameters), 'ARGUMENT', /filter/);
    const ivf = await build('IVF4,PQ8x4fs,RFlat', D, base);
    await expectError(() => ivf.search(query, 1, { nprobe: 0 }), 'ARGUMENT', /nprobe: 0/);
    await expectError(() => ivf.search(query, 1, { nprobe: 1.5 }), 'ARGUMENT', /nprobe: 1.5/);
    for (const kFactor of [0.5, 1001, Number.NaN]) {
      await expectError(
        () => ivf.search(query, 1, { kFactor }),
        'ARGUMENT',
        /kFactor: .* is not in 1 to 1000/,
      );
      await expectError(() => ivf.setParameters({ kFactor }), 'ARGUMENT', /kFactor/);
    }
    await expectError(() => ivf.search(query, 1, { filter: { kind: 'x' } as never }), 'ARGUMENT', /kind x/);
    await expectError(() => ivf.search(query, 1, { threads: 0 }), 'ARGUMENT', /threads: 0/);
    expect((await ivf.search(query, 1, { threads: 4, nprobe: undefined } as SearchParameters)).k).toBe(1);
    expect(ivf.parameters).toEqual({ nprobe: 1, kFactor: 1 });
  });

  it('are checked for rangeSearch, reconstruct, seeds and queries', async () => {
    const index = await build('Flat', D, base);
    await expectError(() => index.rangeSearch(query, Number.NaN), 'ARGUMENT', /radius/);
    for (const id of [-1, 400, 1.5, Number.NaN, 2 ** 53, '1'] as number[]) {
      await expectError(() => index.reconstruct([0, id]), 'ARGUMENT', /is not stored/);
    }
    await expectError(() => index.reconstruct({ length: 2 ** 50 }), 'CAPACITY');
    await expectError(() => index.search([1, 2] as never, 1), 'ARGUMENT', /Float32Array/);
    await expectError(() => index.add([1, 2] as never), 'ARGUMENT', /rows must be/);
    index.reset();
    for (const seed of [-1, 1.5, 2 ** 32])
      await expectError(() => index.train(base, { seed }), 'ARGUMENT', /seed/);
  });
});

describe('ids', () => {
  it.each(['IDMap,Flat', 'IVF4,Flat', 'IVF4,PQ8x4fs', 'IDMap2,IVF4,PQ8x4fs,RFlat'])(
    '%s keeps them',
    async (factory) => {
      const ids = Float64Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? i : 2 ** 53 - 1 - i));
      const index = await build(factory, D, base, { ids });
      const { labels } = await index.search(base, 1);
      expect([...labels].every((label) => ids.includes(label) || label === -1)).toBe(true);
      expect(await index.reconstruct([2 ** 53 - 2])).toHaveLength(D);
      await index.add(base.subarray(0, D), { ids: [4] });
      expect(index.ntotal).toBe(401);
      expect(await index.removeIds({ kind: 'list', ids: [4] })).toBe(2);
      await expectError(() => index.reconstruct([4]), 'ARGUMENT', /id 4 is not stored/);
      const nine = { kind: 'list', ids: [2 ** 53 - 10] } as const;
      expect(
        (await index.search(query, 1, { filter: nine, nprobe: undefined } as SearchParameters)).labels[0],
      ).toBeLessThan(2 ** 53);
    },
  );

  it('must be safe integers from 0, one a row, in an index that keeps them', async () => {
    const index = await build('IDMap,Flat', D, base);
    const two = base.subarray(0, 2 * D);
    for (const id of [-1, 0.5, Number.NaN, 2 ** 53]) {
      await expectError(() => index.add(two, { ids: [0, id] }), 'ARGUMENT', /at 1 is not a whole number/);
    }
    await expectError(() => index.add(two, { ids: [1] }), 'SHAPE', /1 ids for 2 rows/);
    await expectError(() => index.add(two, { ids: [1, 2, 3] }), 'SHAPE', /3 ids for 2 rows/);
    expect(index.ntotal).toBe(400);
    await expectError(() => index.add(stream(two), { ids: [1, 2, 3] }), 'SHAPE', /3 ids for 2 rows/);
    expect(index.ntotal).toBe(402);
    for (const factory of TYPES.filter((t) => !keepsIds(t))) {
      const other = await build(factory, D, base);
      await expectError(() => other.add(two, { ids: [1, 2] }), 'ARGUMENT', /keeps no ids/);
    }
  });
});

async function* stream(x: Float32Array, rows = 64): AsyncIterable<Float32Array> {
  for (let at = 0; at < x.length; at += rows * D) yield x.slice(at, at + rows * D);
}

/** A source that uses one buffer over and over, as it may. */
function source(x: Float32Array, rows = 64, said = x.length / D): RowSource {
  return {
    shape: [said, D],
    async *blocks() {
      const buffer = new Float32Array(rows * D);
      for (let at = 0; at < x.length; at += rows * D) {
        const part = x.subarray(at, at + rows * D);
        buffer.set(part);
        yield buffer.subarray(0, part.length);
      }
    },
  };
}

describe('rows', () => {
  it.each(TYPES)(
    '%s has the same bytes from an array, a source, a stream and small batches',
    async (factory) => {
      const whole = bytes(await build(factory, D, base));
      for (const make of [() => source(base), () => stream(base)] as (() => Rows)[]) {
        const index = await create(factory, D);
        await index.train(make());
        await index.add(make());
        expect(Buffer.compare(bytes(index), whole)).toBe(0);
      }
      const index = await create(factory, D);
      await index.train(base);
      for (let at = 0; at < 400; at += 57) await index.add(base.subarray(at * D, (at + 57) * D));
      expect(Buffer.compare(bytes(index), whole)).toBe(0);
    },
  );

  it('trains alike on a source that holds more than training looks at', async () => {
    const many = clusters(2000, D, { seed: 4 });
    const [a, b] = [await create('IVF4,Flat', D), await create('IVF4,Flat', D)];
    await a.train(many);
    await b.train(source(many));
    expect(Buffer.compare(bytes(a), bytes(b))).toBe(0);
    const c = await create('IVF4,Flat', D);
    await c.train(stream(many));
    expect(c.isTrained).toBe(true);
  });

  it('must be as many as a source says, of the right dimension', async () => {
    const index = await create('IVF4,Flat', D);
    await expectError(() => index.train(source(base, 64, 500)), 'SHAPE', /says 500 rows and gives 400/);
    await expectError(() => index.train(source(base, 64, 100)), 'SHAPE', /says 100 rows/);
    await index.train(base);
    await expectError(() => index.add(source(base, 64, 500)), 'SHAPE', /says 500 rows and gives 400/);
    expect(index.ntotal).toBe(400);
    await expectError(() => index.add(source(base, 64, 300)), 'SHAPE', /says 300 rows and gives 320/);
    expect(index.ntotal).toBe(656);
    await expectError(() => index.add({ ...source(base), shape: [400, 8] }), 'SHAPE', /8 dimensions/);
    await expectError(() => index.add(stream(base.subarray(0, 100))), 'SHAPE', /no whole rows/);
  });

  it('passes on the error of a stream, and keeps what came before', async () => {
    const index = await create('Flat', D);
    const broken = async function* () {
      yield base.subarray(0, 5 * D);
      throw new Error('the disk is gone');
    };
    await expect(index.add(broken())).rejects.toThrow('the disk is gone');
    expect(index.ntotal).toBe(5);
    await index.add(base);
    expect(index.ntotal).toBe(405);
  });

  it('are not kept', async () => {
    const x = base.slice();
    const index = await create('Flat', D);
    await index.add(x);
    x.fill(0);
    expect((await index.reconstruct([7])).every((v, j) => v === base[7 * D + j])).toBe(true);
  });
});

describe('state', () => {
  it.each(TYPES)('%s knows untrained, trained, filled, disposed', async (factory) => {
    const index = await create(factory, D);
    const trains = !/^((IDMap2?,|L2norm,|HR,)?Flat|SQfp16)$/.test(factory);
    expect(index.isTrained).toBe(!trains);
    if (trains) {
      for (const call of [
        () => index.search(query, 1),
        () => index.searchSync!(query, 1),
        () => index.rangeSearch(query, 1),
        () => index.add(base),
        () => index.reconstruct([0]),
      ]) {
        await expectError(call, 'STATE', /not trained/);
      }
    }
    await index.train(base);
    const trained = bytes(index);
    await index.add(base);
    await expectError(() => index.train(base), 'STATE', /holds 400 vectors/);
    const filled = bytes(index);
    const found = await index.search(query, 5);
    index.reset();
    expect(index.ntotal).toBe(0);
    expect(Buffer.compare(bytes(index), trained)).toBe(0);
    await index.add(base);
    expect(Buffer.compare(bytes(index), filled)).toBe(0);
    expect(await index.search(query, 5)).toEqual(found);
    const again = await backend.load(index.toData());
    expect(formatFactory(again.spec)).toBe(formatFactory(parseFactory(formatFactory(again.spec))));
    expect(Buffer.compare(bytes(again), filled)).toBe(0);
    index.dispose();
    index.dispose();
    for (const call of [
      () => index.ntotal,
      () => index.isTrained,
      () => index.parameters,
      () => index.train(base),
      () => index.add(base),
      () => index.search(query, 1),
      () => index.searchSync!(query, 1),
      () => index.rangeSearch(query, 1),
      () => index.reconstruct([0]),
      () => index.removeIds({ kind: 'range', min: 0, max: 1 }),
      () => index.mergeFrom(again),
      () => index.reset(),
      () => index.setParameters({}),
      () => index.toData(),
    ]) {
      await expectError(call, 'STATE', /disposed/);
    }
  });

  it('refuses changes during a change or a search, and searches during a change', async () => {
    const index = await build('IVF8,PQ8x4fs', D, base);
    const other = await build('IVF8,PQ8x4fs', D, base);
    // more than are searched at once
    const many = new Float32Array(16 * base.length);
    for (let i = 0; i < 16; i++) many.set(base, i * base.length);
    const searching = index.search(many, 10);
    await expectError(() => index.add(base), 'STATE', /add: search is under way/);
    await expectError(() => index.reset(), 'STATE', /reset: search/);
    await expectError(() => other.mergeFrom(index), 'STATE', /search is under way/);
    expect(other.ntotal).toBe(400);
    const second = index.search(query, 1);
    expect((await searching).nq).toBe(16 * 400);
    await second;
    const adding = index.add(stream(base));
    for (const call of [
      () => index.search(query, 1),
      () => index.searchSync!(query, 1),
      () => index.rangeSearch(query, 1),
      () => index.reconstruct([0]),
      () => index.add(base),
      () => index.removeIds({ kind: 'range', min: 0, max: 1 }),
      () => index.mergeFrom(other),
      () => index.setParameters({ nprobe: 2 }),
      () => index.reset(),
      () => index.toData(),
    ]) {
      await expectError(call, 'STATE', /add is under way/);
    }
    await adding;
    expect(index.ntotal).toBe(800);
    index.reset();
    const training = index.train(base);
    await expectError(() => index.train(base), 'STATE');
    await training;
    expect(index.isTrained).toBe(true);
  });

  it('finds itself busy inside a filter', async () => {
    const index = await build('Flat', D, base);
    const filter = {
      kind: 'predicate' as const,
      test: () => {
        index.reset();
        return true;
      },
    };
    await expectError(() => index.searchSync!(query, 1, { filter }), 'STATE', /search is under way/);
    expect(index.ntotal).toBe(400);
    expect((await index.search(query, 1)).labels[0]).toBeGreaterThanOrEqual(0);
  });
});

describe('abort and progress', () => {
  const stages: [string, RegExp][] = [
    ['IVF8,PQ8x4fs,RFlat', /k-means/],
    ['IVF8,PQ8x4fs,RFlat', /pq/],
    ['PCA8,IVF8,PQ4x4np', /k-means/],
    ['PCA8,IVF8,PQ4x4np', /pq/],
    // into few dimensions: scalar kernels take seconds for a training
    ['OPQ2_4,PQ2x4np', /opq/],
    ['ITQ,Flat', /itq/],
    ['PQ8x4fs,Refine(PQ8x5np)', /pq/],
    ['IDMap,PQ8x4fs', /pq/],
  ];

  it.each(stages)('%s stopped in %s is untrained, retrains to the same bytes', async (factory, stage) => {
    const wanted = await create(factory, D);
    await wanted.train(base);
    for (const before of [false, true]) {
      const index = await create(factory, D);
      if (before) await index.train(clusters(400, D, { seed: 8 }));
      const stop = new AbortController();
      const reason = new Error('enough');
      const aborted = index.train(base, {
        signal: stop.signal,
        onProgress: (p) => {
          if (stage.test(p.stage)) stop.abort(reason);
        },
      });
      await expectError(() => aborted, 'ABORTED', /stopped by the caller/);
      expect(index.isTrained).toBe(false);
      await expectError(() => index.add(base), 'STATE', /not trained/);
      await index.train(base);
      expect(Buffer.compare(bytes(index), bytes(wanted))).toBe(0);
    }
  });

  it('stops an add between blocks: ntotal says how many rows came in', async () => {
    const many = clusters(20_000, 4, { seed: 2 });
    for (const factory of ['Flat', 'IDMap,Flat', 'L2norm,Flat']) {
      const index = await create(factory, 4);
      const stop = new AbortController();
      const adding = index.add(many, {
        signal: stop.signal,
        onProgress: ({ done }) => done > 0 && stop.abort(),
      });
      await expectError(() => adding, 'ABORTED');
      expect(index.ntotal).toBeGreaterThan(0);
      expect(index.ntotal).toBeLessThan(20_000);
      const { ntotal } = index;
      await index.add(many.subarray(0, 40));
      expect(index.ntotal).toBe(ntotal + 10);
    }
  });

  it('does nothing for a signal that has fired', async () => {
    const index = await build('IVF4,Flat', D, base);
    const signal = AbortSignal.abort();
    await expectError(() => index.search(query, 1, { signal }), 'ABORTED');
    await expectError(() => index.searchSync!(query, 1, { signal }), 'ABORTED');
    await expectError(() => index.rangeSearch(query, 1, { signal }), 'ABORTED');
    await expectError(() => index.add(base, { signal }), 'ABORTED');
    expect(index.ntotal).toBe(400);
    index.reset();
    await expectError(() => index.train(base, { signal }), 'ABORTED');
  });

  it('reports progress that only rises, up to its total', async () => {
    const index = await create('IVF8,PQ8x4fs,RFlat', D);
    const last = new Map<string, { done: number; total: number | undefined }>();
    const onProgress = ({
      stage,
      done,
      total,
    }: {
      stage: string;
      done: number;
      total: number | undefined;
    }) => {
      expect(done).toBeGreaterThanOrEqual(last.get(stage)?.done ?? 0);
      if (total !== undefined) expect(done).toBeLessThanOrEqual(total);
      last.set(stage, { done, total });
    };
    await index.train(base, { onProgress });
    await index.add(base, { onProgress });
    expect(last.get('k-means')).toEqual({ done: 10, total: 10 });
    expect(last.get('pq')).toEqual({ done: 8, total: 8 });
    expect(last.get('add')).toEqual({ done: 400, total: 400 });
  });
});

describe('seeds', () => {
  it.each(['IVF8,Flat', 'PQ8x4fs', 'IVF8,PQ8x4fs,RFlat', 'RR,Flat', 'OPQ4,PQ4np', 'PCAR8,Flat'])(
    '%s: the same bytes from the same seed, others from another',
    async (factory) => {
      const [a, b, c] = [
        await build(factory, D, base, { seed: 7 }),
        await build(factory, D, base, { seed: 7 }),
        await build(factory, D, base, { seed: 8 }),
      ];
      expect(Buffer.compare(bytes(a!), bytes(b!))).toBe(0);
      expect(Buffer.compare(bytes(a!), bytes(c!))).not.toBe(0);
    },
  );
});
