import type { IndexData, Metric, VectorIndex } from '@lutra/core';
import { encodeIndex } from '@lutra/faiss-format';
import { describe, expect, it } from 'vitest';
import { clusters } from './data.js';
import { backend, build, create } from './engine.js';
import { expectError } from './expect-error.js';
import { D, keepsIds, TYPES } from './types.js';

const N = 400;
const base = clusters(N, D, { seed: 6 });
const query = clusters(10, D, { seed: 6, rows: 1 });
const bytes = (index: VectorIndex): Uint8Array => encodeIndex(index.toData());

const saved = new Map<string, IndexData>();

/** An index of its own, trained on the base and filled with it; trained once, for that takes the time, and loaded then. */
async function filled(factory: string, metric: Metric): Promise<VectorIndex> {
  const key = `${factory} ${metric}`;
  const data = saved.get(key);
  if (data) return backend.load(data);
  const index = await build(factory, D, base, { metric });
  saved.set(key, structuredClone(index.toData()));
  return index;
}

/** Trained as `index` is, holding the given rows under the given ids. */
async function trainedAlike(
  index: VectorIndex,
  x: Float32Array,
  ids?: ArrayLike<number>,
): Promise<VectorIndex> {
  const copy = await backend.load(index.toData());
  copy.reset();
  await copy.add(x, ids === undefined ? {} : { ids });
  return copy;
}

const rowsOf = (rows: number[]): Float32Array =>
  Float32Array.from(rows.flatMap((row) => [...base.subarray(row * D, (row + 1) * D)]));

const cases = TYPES.flatMap((factory) => (['l2', 'ip'] as Metric[]).map((metric) => ({ factory, metric })));

describe.each(cases)('$factory, $metric', ({ factory, metric }) => {
  const withIds = keepsIds(factory);

  it('without removed vectors is what a rebuilt index is', async () => {
    const index = await build(factory, D, base, { metric });
    const gone = (id: number) => id % 5 === 0 || (id > 100 && id < 180);
    const left = Array.from({ length: N }, (_, i) => i).filter((i) => !gone(i));
    const rebuilt = await trainedAlike(index, rowsOf(left), withIds ? left : undefined);
    expect(await index.removeIds({ kind: 'predicate', test: gone })).toBe(N - left.length);
    expect(index.ntotal).toBe(left.length);
    expect(Buffer.compare(bytes(index), bytes(rebuilt))).toBe(0);
    expect(await index.search(query, 8)).toEqual(await rebuilt.search(query, 8));
    expect(await index.removeIds({ kind: 'range', min: 5000, max: 6000 })).toBe(0);
    expect(await index.removeIds({ kind: 'predicate', test: () => true })).toBe(left.length);
    expect(index.ntotal).toBe(0);
    await index.add(base);
    expect(Buffer.compare(bytes(index), bytes(await trainedAlike(index, base)))).toBe(0);
  });

  it('is left alone by a removal whose test throws', async () => {
    const index = await filled(factory, metric);
    const before = bytes(index);
    const test = (id: number) => {
      if (id === 300) throw new Error('no such thing');
      return id % 2 === 0;
    };
    await expect(index.removeIds({ kind: 'predicate', test })).rejects.toThrow('no such thing');
    expect(Buffer.compare(bytes(index), before)).toBe(0);
  });

  it('merged of two is what one add of all makes', async () => {
    const whole = await filled(factory, metric);
    const half = 211;
    const a = await trainedAlike(whole, base.subarray(0, half * D));
    const b = await trainedAlike(whole, base.subarray(half * D));
    await a.mergeFrom(b, { addId: half });
    expect([a.ntotal, b.ntotal]).toEqual([N, 0]);
    expect(Buffer.compare(bytes(a), bytes(whole))).toBe(0);
    expect(await a.search(query, 8)).toEqual(await whole.search(query, 8));
    await b.add(base.subarray(0, D));
    expect(b.ntotal).toBe(1);
    const c = await trainedAlike(whole, base.subarray(half * D));
    const d = await trainedAlike(whole, base.subarray(0, half * D));
    await d.mergeFrom(c);
    expect(d.ntotal).toBe(N);
    if (!withIds) expect(Buffer.compare(bytes(d), bytes(whole))).toBe(0);
    else expect(await d.removeIds({ kind: 'range', min: 0, max: N - half })).toBe(2 * (N - half));
  });

  it('refuses to take in what is trained otherwise, and stays as it is', async () => {
    const index = await filled(factory, metric);
    const before = bytes(index);
    const stranger = await build(factory, D, clusters(N, D, { seed: 60 }), { metric });
    const wrong: VectorIndex[] = [
      await filled('IDMap,PQ2x4np', metric),
      await filled(factory, metric === 'l2' ? 'ip' : 'l2'),
    ];
    if (!/^((IDMap2?,|L2norm,|HR,)?Flat|SQfp16)$/.test(factory)) wrong.push(stranger);
    for (const other of wrong) {
      await expectError(() => index.mergeFrom(other), 'ARGUMENT', /^merge: /);
      expect(other.ntotal).toBe(N);
    }
    expect(Buffer.compare(bytes(index), before)).toBe(0);
    await expectError(() => index.mergeFrom(index), 'ARGUMENT', /into itself/);
    await expectError(() => index.mergeFrom(stranger, { addId: 0.5 }), 'ARGUMENT', /addId/);
    if (!withIds)
      await expectError(() => index.mergeFrom(stranger, { addId: 7 }), 'ARGUMENT', /counts from 0/);
    const wider = await create('Flat', D + 2);
    await expectError(() => index.mergeFrom(wider), 'SHAPE', /18 dimensions/);
  });

  it('reconstructs what it remembers, and nothing else', async () => {
    const index = await filled(factory, metric);
    const ids = [0, 17, N - 1];
    const y = await index.reconstruct(ids);
    expect(y.length).toBe(ids.length * D);
    const error = ids.map((id, i) => relativeError(y.subarray(i * D), base.subarray(id * D)));
    const exact = /^(IDMap2?,|L2norm,|HR,|IVF8,)?Flat$/.test(factory) || /RFlat/.test(factory);
    if (factory.startsWith('L2norm')) {
      for (let i = 0; i < ids.length; i++) expect(length(y.subarray(i * D))).toBeCloseTo(1, 5);
    } else {
      // one bit a dimension remembers little of 16
      const most = exact ? 1e-5 : /RaBitQ(fs)?$/.test(factory) ? 0.8 : 0.6;
      for (const e of error) expect(e).toBeLessThan(most);
    }
    await expectError(() => index.reconstruct([N]), 'ARGUMENT', /id 400 is not stored/);
  });
});

const length = (x: Float32Array): number => Math.sqrt(x.subarray(0, D).reduce((sum, v) => sum + v * v, 0));

function relativeError(x: Float32Array, truth: Float32Array): number {
  return length(x.subarray(0, D).map((v, j) => v - truth[j]!)) / length(truth);
}

describe('merging', () => {
  it('takes an index of another kernel memory and level', async () => {
    const whole = await build('IVF8,PQ8x4fs', D, base);
    const { ts } = await import('../src/index.js');
    const scalar = await ts({ level: 'scalar' }).load(whole.toData());
    const into = await trainedAlike(whole, new Float32Array(0));
    await into.mergeFrom(scalar);
    expect(Buffer.compare(bytes(into), bytes(whole))).toBe(0);
    expect(scalar.ntotal).toBe(0);
  });

  it('checks every part before it changes one', async () => {
    const mine = await build('PQ8x4fs,Refine(PQ8x5np)', D, base);
    const data = mine.toData() as Extract<IndexData, { kind: 'Refine' }>;
    const other = (await build('PQ8x4fs,Refine(PQ8x5np)', D, base, { seed: 4 })).toData() as typeof data;
    // the same base, another refining quantizer
    const half = await backend.load({ ...data, refine: other.refine });
    const before = bytes(mine);
    await expectError(() => mine.mergeFrom(half), 'ARGUMENT', /PQ centroids differ/);
    expect(Buffer.compare(bytes(mine), before)).toBe(0);
  });

  it('refuses to raise an id beyond the safe integers', async () => {
    const a = await build('IDMap,Flat', D, base);
    const b = await build('IVF4,Flat', D, base);
    const c = await backend.load(b.toData());
    for (const [into, from] of [
      [a, await backend.load(a.toData())],
      [b, c],
    ] as const) {
      await expectError(() => into.mergeFrom(from, { addId: 2 ** 53 - 100 }), 'ARGUMENT', /beyond 2\^53 - 1/);
      expect([into.ntotal, from.ntotal]).toEqual([N, N]);
    }
  });
});

describe('a direct map', () => {
  const mapped = async (kind: 'array' | 'hash'): Promise<VectorIndex> => {
    const index = await build('IVF4,Flat', D, base);
    const data = index.toData() as Extract<IndexData, { kind: 'IvfFlat' }>;
    const none = { kind: 'hash' as const, pairs: new BigInt64Array(0) };
    // an empty map of the kind, which the first change makes anew
    const directMap = kind === 'hash' ? none : { kind, places: new BigInt64Array(N).fill(-1n) };
    const loaded = await backend.load({ ...data, directMap });
    await loaded.add(base.subarray(0, D));
    return loaded;
  };
  const mapOf = (index: VectorIndex) => (index.toData() as Extract<IndexData, { kind: 'IvfFlat' }>).directMap;

  it('follows additions', async () => {
    const array = mapOf(await mapped('array'));
    const hash = mapOf(await mapped('hash'));
    if (array.kind !== 'array' || hash.kind !== 'hash') throw new Error(`${array.kind}, ${hash.kind}`);
    expect(array.places.length).toBe(N + 1);
    expect(hash.pairs.length).toBe(2 * (N + 1));
    for (let i = 0; i < hash.pairs.length; i += 2)
      expect(array.places[Number(hash.pairs[i])]).toBe(hash.pairs[i + 1]);
  });

  it('turns into pairs when ids leave the array', async () => {
    const index = await mapped('array');
    await index.removeIds({ kind: 'range', min: 0, max: 10 });
    const map = mapOf(index);
    expect(map.kind).toBe('hash');
    const again = await backend.load(index.toData());
    expect(mapOf(again)).toEqual(map);
  });
});
