import { FLT_MAX, isLutraError, type Progress, type RowSource, type Rows } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { type ExactSearchOptions, exactSearch } from '../src/index.js';
import { naiveSearch, randomFloats } from './naive.js';

const d = 24;
const base = randomFloats(1500 * d, 1);
const queries = randomFloats(131 * d, 2);

/** Blocks of changing length in one buffer that is reused, as a reader of files would give them. */
async function* stream(x: Float32Array, lengths: number[]): AsyncGenerator<Float32Array> {
  const buffer = new Float32Array(Math.max(...lengths) * d);
  for (let row = 0, i = 0; row * d < x.length; i++) {
    const rows = Math.min(lengths[i % lengths.length]!, x.length / d - row);
    buffer.set(x.subarray(row * d, (row + rows) * d));
    yield buffer.subarray(0, rows * d);
    buffer.fill(Number.NaN);
    row += rows;
  }
}

function takeFiveMilliseconds(_q: Float32Array, _b: Float32Array, _d: number, out: Float32Array): void {
  const end = performance.now() + 5;
  while (performance.now() < end) out.fill(Number.NaN);
}

function source(x: Float32Array, asked: number[] = []): RowSource {
  return {
    shape: [x.length / d, d],
    blocks: ({ blockRows = 0 } = {}) => {
      asked.push(blockRows);
      return stream(x, [blockRows]);
    },
  };
}

describe('exactSearch', () => {
  it.each(['l2', 'ip'] as const)('finds the same in an array, a source and a stream (%s)', async (metric) => {
    const wanted = naiveSearch(base, queries, d, 10, metric);
    const asked: number[] = [];
    const options = { d, k: 10, metric };
    expect(await exactSearch(base, queries, options)).toEqual(wanted);
    expect(await exactSearch(source(base, asked), queries, { ...options, blockRows: 100 })).toEqual(wanted);
    expect(asked).toEqual([100]);
    expect(await exactSearch(stream(base, [7, 0, 500, 1]), queries, options)).toEqual(wanted);
  });

  it('measures by l2 unless told', async () => {
    expect(await exactSearch(base, queries, { d, k: 3 })).toEqual(naiveSearch(base, queries, d, 3, 'l2'));
  });

  it('orders equal distances by label, also across blocks', async () => {
    const row = randomFloats(d, 3);
    const same = new Float32Array(50 * d);
    for (let i = 0; i < 50; i++) same.set(row, i * d);
    const { labels, distances } = await exactSearch(same, row, { d, k: 20, blockRows: 7 });
    expect([...labels]).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(distances.every((x) => x === 0)).toBe(true);
  });

  it('pads what is missing', async () => {
    const l2 = await exactSearch(Float32Array.of(1, 2), Float32Array.of(0), { d: 1, k: 4 });
    expect(l2).toEqual({
      distances: Float32Array.of(1, 4, FLT_MAX, FLT_MAX),
      labels: Float64Array.of(0, 1, -1, -1),
      nq: 1,
      k: 4,
    });
    const ip = await exactSearch(new Float32Array(0), Float32Array.of(0, 1), { d: 1, k: 1, metric: 'ip' });
    expect(ip).toEqual({
      distances: Float32Array.of(-FLT_MAX, -FLT_MAX),
      labels: Float64Array.of(-1, -1),
      nq: 2,
      k: 1,
    });
  });

  it('does not find NaN, and finds the rest beside it', async () => {
    const { labels } = await exactSearch(Float32Array.of(Number.NaN, 5, Infinity, 1), Float32Array.of(0), {
      d: 1,
      k: 4,
    });
    expect([...labels]).toEqual([3, 1, -1, -1]);
  });

  it('sees differences that float32 sums lose', async () => {
    // Two rows at squared distances 1 and 1 + 2^-20 from a query 2^12 away from the origin.
    const q = Float32Array.of(4096, 0);
    const rows = Float32Array.of(4096, Math.sqrt(1 + 2 ** -20), 4097, 0);
    const { labels } = await exactSearch(rows, q, { d: 2, k: 2 });
    expect([...labels]).toEqual([1, 0]);
  });

  it('sees differences that a float64 expansion of the square loses', async () => {
    // Rows that differ from the query by up to two units in the last place of each element.
    const wide = 128;
    const steps = randomFloats(300 * wide, 6);
    for (let seed = 10; seed < 18; seed++) {
      const q = randomFloats(wide, seed).map((x) => x * 1000);
      const rows = steps.map((step, i) => q[i % wide]! * (1 + Math.round(step * 2) * 2 ** -23));
      const found = await exactSearch(rows, q, { d: wide, k: 50 });
      expect(found).toEqual(naiveSearch(rows, q, wide, 50, 'l2'));
    }
  });

  it('gives a kernel the same query blocks again', async () => {
    const seen = new Set<Float32Array>();
    const bases = new Set<Float32Array>();
    await exactSearch(base, queries, {
      d,
      k: 1,
      blockRows: 500,
      distanceBlock: (q, b, dimension, out) => {
        expect(dimension).toBe(d);
        seen.add(q);
        bases.add(b);
        out.fill(Number.NaN);
      },
    });
    expect(seen.size).toBe(3);
    expect(bases.size).toBe(3);
  });

  it('looks only at rows that a kernel leaves a chance', async () => {
    // A kernel that hides every row but one, and vouches for it: so the scores are indeed used.
    const distanceBlock: ExactSearchOptions['distanceBlock'] = (_q, b, _d, out) => {
      out.fill(1e30);
      for (let at = 0; at < out.length; at += b.length / d) out[at] = 0;
    };
    const { labels } = await exactSearch(base, queries.subarray(0, d), {
      d,
      k: 1,
      blockRows: 1500,
      distanceBlock,
      distanceBlockError: 0,
    });
    expect([...labels]).toEqual([0]);
  });
});

describe('progress and abort', () => {
  it('lets the event loop run and reports rows', async () => {
    const reports: Progress[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await exactSearch(base, queries, {
      d,
      k: 1,
      blockRows: 100,
      distanceBlock: takeFiveMilliseconds, // 45 calls, far beyond one slice of work on any machine
      onProgress: (p) => reports.push(p),
    });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
    expect(reports.length).toBeGreaterThan(2);
    expect(reports.at(-1)).toEqual({ stage: 'exact', done: 1500, total: 1500 });
    const done = reports.map((p) => p.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  it('knows no total for a stream', async () => {
    const reports: Progress[] = [];
    await exactSearch(stream(base, [100]), queries, { d, k: 1, onProgress: (p) => reports.push(p) });
    expect(reports.at(-1)).toEqual({ stage: 'exact', done: 1500, total: undefined });
  });

  it('stops when told, before and in the middle, and closes the stream', async () => {
    const reason = new Error('enough');
    await expect(
      exactSearch(base, queries, { d, k: 1, signal: AbortSignal.abort(reason) }),
    ).rejects.toMatchObject({ code: 'ABORTED', cause: reason });
    const controller = new AbortController();
    let closed = false;
    async function* endless(): AsyncGenerator<Float32Array> {
      try {
        for (;;) yield base;
      } finally {
        closed = true;
      }
    }
    setTimeout(() => controller.abort(), 100);
    await expect(
      exactSearch(endless(), queries, { d, k: 1, signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
    expect(closed).toBe(true);
  });
});

describe('bad input', () => {
  async function* ragged(): AsyncGenerator<Float32Array> {
    yield new Float32Array(d);
    yield new Float32Array(d + 1);
  }
  async function* doubles(): AsyncGenerator<Float32Array> {
    yield new Float64Array(d) as never;
  }
  const cases: [string, string, Rows, Float32Array, Partial<ExactSearchOptions>][] = [
    ['base not whole rows', 'SHAPE', base.subarray(1), queries, {}],
    ['queries not whole rows', 'SHAPE', base, queries.subarray(1), {}],
    ['a source of another d', 'SHAPE', { ...source(base), shape: [1, d + 1] }, queries, {}],
    ['a block not whole rows', 'SHAPE', ragged(), queries, {}],
    ['a block of doubles', 'ARGUMENT', doubles(), queries, {}],
    ['a base of another kind', 'ARGUMENT', 'rows' as never, queries, {}],
    ['queries of another kind', 'ARGUMENT', base, [1, 2] as never, {}],
    ['d 0', 'ARGUMENT', base, queries, { d: 0 }],
    ['k 0', 'ARGUMENT', base, queries, { k: 0 }],
    ['k 1.5', 'ARGUMENT', base, queries, { k: 1.5 }],
    ['blockRows 0', 'ARGUMENT', base, queries, { blockRows: 0 }],
    ['a metric of other backends', 'ARGUMENT', base, queries, { metric: 'l1' as never }],
    ['a negative error', 'ARGUMENT', base, queries, { distanceBlockError: -1 }],
    ['too many results', 'CAPACITY', base, queries, { k: 2 ** 31 }],
    ['too large a block', 'CAPACITY', base, queries, { blockRows: 2 ** 31 }],
  ];
  it.each(cases)('%s: %s', async (_name, code, b, q, options) => {
    const error = await exactSearch(b, q, { d, k: 1, ...options }).catch((e: unknown) => e);
    expect(isLutraError(error)).toBe(true);
    expect(error).toMatchObject({ code });
  });
});
