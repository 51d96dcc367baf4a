import type { FlatData, IndexData, RefineData, VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { loadKernels } from '@lutra/kernels';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ts } from '../src/index.js';
import { FarRows } from '../src/rows/far-rows.js';
import { clusters } from './data.js';
import { LEVEL } from './engine.js';
import { expectError } from './expect-error.js';

const D = 16;
const N = 3000;
const base = clusters(N, D, { seed: 5 });
for (let i = 0; i < 200; i++) base.copyWithin((i * 14 + 3) * D, 3 * D, 4 * D);
const queries = base.subarray(0, 20 * D);
const kernels = await loadKernels(LEVEL === undefined ? {} : { level: LEVEL });
/** Rows that are kept in kernel memory where there is a limit. */
const NEAR = 700;
const limited = ts({ kernels, refineBytes: NEAR * 4 * D + 5 });
const whole = ts({ kernels });

const open: VectorIndex[] = [];
afterEach(() => {
  for (const index of open.splice(0)) index.dispose();
});

async function build(
  backend: typeof whole,
  factory: string,
  metric: 'l2' | 'ip' = 'l2',
): Promise<VectorIndex> {
  const index = await backend.create(parseFactory(factory), { d: D, metric });
  open.push(index);
  await index.train(base);
  await index.add(base.subarray(0, 500 * D));
  await index.add(base.subarray(500 * D, 2500 * D));
  await index.add(base.subarray(2500 * D));
  return index;
}

function refineOf(data: IndexData): FlatData {
  if (data.kind === 'Refine') return (data as RefineData).refine as FlatData;
  if ('base' in data) return refineOf(data.base);
  throw new Error(`no refinement in ${data.kind}`);
}

/** Everything that reads the refined vectors. */
async function agree(a: VectorIndex, b: VectorIndex): Promise<void> {
  const filter = { kind: 'range', min: 300, max: 2600 } as const;
  for (const p of [{}, { kFactor: 5 }, { kFactor: 3, filter }]) {
    for (const k of [1, 12]) {
      expect(await a.search(queries, k, p)).toEqual(b.searchSync!(queries, k, p));
      expect(a.searchSync!(queries.subarray(0, D), k, p)).toEqual(
        b.searchSync!(queries.subarray(0, D), k, p),
      );
    }
  }
  expect(await a.rangeSearch(queries.subarray(0, D), 1)).toEqual(
    await b.rangeSearch(queries.subarray(0, D), 1),
  );
  const ids = Array.from({ length: 40 }, (_, i) => (i * 67) % Math.min(a.ntotal, 2000)).filter(
    (id) => id > 0,
  );
  if (!a.spec.kind.startsWith('IdMap')) expect(await a.reconstruct(ids)).toEqual(await b.reconstruct(ids));
  expect(Buffer.compare(encodeIndex(a.toData()), encodeIndex(b.toData()))).toBe(0);
}

describe('refined vectors beyond the limit', () => {
  it.each([
    ['IVF8,PQ8x4fs,RFlat', 'l2'],
    ['IVF8,PQ8x4fs,RFlat', 'ip'],
    ['PQ8x4fs,Refine(Flat)', 'l2'],
    ['SQ4,RFlat', 'l2'],
    ['IDMap2,RR,IVF8,PQ8x4fs,RFlat', 'ip'],
  ] as const)('are as if they were within: %s by %s', async (factory, metric) => {
    const [a, b] = [await build(limited, factory, metric), await build(whole, factory, metric)];
    const { vectors, more } = refineOf(a.toData());
    expect([vectors.length / D, more!.length]).toEqual([NEAR, 1]);
    expect(refineOf(b.toData()).more).toBeUndefined();
    await agree(a, b);
    for (const threads of [1, 2, 3, 7]) {
      expect(await a.search(queries, 9, { kFactor: 4, threads })).toEqual(
        b.searchSync!(queries, 9, { kFactor: 4 }),
      );
    }
  });

  it('go, come and are read like the others', async () => {
    const [a, b] = [await build(limited, 'IVF8,PQ8x4fs,RFlat'), await build(whole, 'IVF8,PQ8x4fs,RFlat')];
    const both = async (work: (index: VectorIndex) => Promise<unknown>): Promise<void> => {
      expect(await work(a)).toEqual(await work(b));
      await agree(a, b);
    };
    await both((index) => index.removeIds({ kind: 'range', min: 600, max: 900 }));
    await both((index) => index.removeIds({ kind: 'list', ids: [0, 5, 2000, 2001, 2600] }));
    await both((index) => index.add(base.subarray(0, 50 * D), { threads: 2 }));
    for (const from of [limited, whole]) {
      const others = [await build(from, 'IVF8,PQ8x4fs,RFlat'), await build(from, 'IVF8,PQ8x4fs,RFlat')];
      await both((index) => index.mergeFrom(others.pop()!));
    }
    await both((index) => index.removeIds({ kind: 'range', min: 100, max: 1e9 }));
    await both(async (index) => {
      index.reset();
      await index.add(base.subarray(0, 1500 * D));
    });
  });

  it('are read from a file in pieces, to where they will be', async () => {
    const b = await build(whole, 'IVF8,PQ8x4fs,RFlat');
    const bytes = encodeIndex(b.toData());
    for (const shared of [true, false]) {
      const set = await loadKernels({ ...(LEVEL && { level: LEVEL }), shared });
      const target = await ts({ kernels: set, refineBytes: NEAR * 4 * D }).prepareLoad!();
      const data = decodeIndex(bytes, { allocate: target.allocate, pieces: target.pieces });
      const { vectors, more } = refineOf(data);
      expect([vectors.length / D, (more![0] as Float32Array).length / D]).toEqual([NEAR, N - NEAR]);
      const a = await target.load(data);
      open.push(a);
      if (shared)
        expect((refineOf(a.toData()).more![0] as Float32Array).buffer).toBe(
          (more![0] as Float32Array).buffer,
        );
      await agree(a, b);
      await a.add(base.subarray(0, 20 * D));
      expect(a.ntotal).toBe(N + 20);
      const copy = await limited.load(a.toData());
      open.push(copy);
      await agree(copy, a);
    }
  });

  it('are whole in a flat index of their own', async () => {
    const data = refineOf((await build(limited, 'IVF8,PQ8x4fs,RFlat')).toData());
    const index = await whole.load(data);
    open.push(index);
    expect(index.ntotal).toBe(N);
    const rest = base.subarray(2990 * D);
    expect(await index.reconstruct([2990, 2991, 2992, 2993, 2994, 2995, 2996, 2997, 2998, 2999])).toEqual(
      rest,
    );
  });

  it('say CAPACITY where no memory is left, and the index stays as it was', async () => {
    const index = await build(limited, 'IVF8,PQ8x4fs,RFlat');
    const before = encodeIndex(index.toData());
    const found = index.searchSync!(queries, 9);
    const many = clusters(1_100_000, D, { seed: 8 });
    const refuse = (): never => {
      throw new RangeError('Array buffer allocation failed');
    };
    vi.stubGlobal('SharedArrayBuffer', refuse);
    vi.stubGlobal('ArrayBuffer', new Proxy(ArrayBuffer, { construct: refuse }));
    try {
      await expectError(() => index.add(many), 'CAPACITY', /further block/);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(index.searchSync!(queries, 9)).toEqual(found);
    expect(Buffer.compare(encodeIndex(index.toData()), before)).toBe(0);
    await index.add(base.subarray(0, 5 * D));
    expect(index.ntotal).toBe(N + 5);
  });

  it('of a limit that is no number are refused', () => {
    expect(() => ts({ refineBytes: Number.NaN })).toThrow(/refineBytes is NaN/);
    expect(() => ts({ divideFrom: -1 })).toThrow(/divideFrom is -1/);
  });
});

describe('rows outside of kernel memory', () => {
  it('keep their order through blocks that fill up', () => {
    // eight rows a block
    const d = 2 ** 21;
    const rows = new FarRows(d, { shared: true, owned: new WeakSet() });
    const row = (value: number) => new Float32Array(d).fill(value, 0, 2);
    for (let i = 0; i < 20; i++) rows.append(row(i));
    rows.retain(Uint8Array.from({ length: 20 }, (_, i) => i % 3));
    rows.append(row(99));
    const out = new Float32Array(d);
    const found = Array.from({ length: rows.size }, (_, i) => {
      rows.read(i, 1, out);
      return out[1];
    });
    expect(found).toEqual([1, 4, 7, 10, 13, 16, 19, 99]);
    expect(rows.toData().map((piece) => (piece as Float32Array).length / d)).toEqual([8]);
    rows.clear();
    expect(rows.size).toBe(0);
  });
});
