import type { IndexData, VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { afterEach, describe, expect, test } from 'vitest';
import { backend, build, create, disposeAll, expectError, rows } from './backend.js';

const d = 8;
const x = rows(400, d);
const q = x.slice(0, d);

afterEach(disposeAll);

type Call = (index: VectorIndex) => unknown;

/** What makes faiss throw, which faiss-node does not catch, or crash: every case has its check before the call. */
const FILLED: [what: string, factory: string, code: string, call: Call][] = [
  ['no results wanted', 'IVF8,Flat', 'ARGUMENT', (i) => i.search(q, 0)],
  ['a fraction of a result', 'Flat', 'ARGUMENT', (i) => i.search(q, 1.5)],
  ['part of a query', 'IVF8,Flat', 'SHAPE', (i) => i.search(q.subarray(1), 1)],
  ['queries of NaN', 'IVF8,Flat', 'ARGUMENT', (i) => i.search(Float32Array.from(q).fill(Number.NaN), 1)],
  ['queries in a plain array', 'Flat', 'ARGUMENT', (i) => i.search([...q] as never, 1)],
  ['no lists probed', 'IVF8,Flat', 'ARGUMENT', (i) => i.search(q, 1, { nprobe: 0 })],
  ['nprobe without lists', 'Flat', 'ARGUMENT', (i) => i.search(q, 1, { nprobe: 1 })],
  ['kFactor below 1', 'PQ4x4fs,RFlat', 'ARGUMENT', (i) => i.search(q, 1, { kFactor: 0.5 })],
  ['kFactor past faiss', 'PQ4x4fs,RFlat', 'ARGUMENT', (i) => i.setParameters({ kFactor: 1e9 })],
  ['part of a row', 'IVF8,Flat', 'SHAPE', (i) => i.add(x.subarray(3))],
  ['rows of infinities', 'IVF8,Flat', 'ARGUMENT', (i) => i.add(Float32Array.from(q).fill(Infinity))],
  ['ids where none are kept', 'PQ4x4fs,RFlat', 'ARGUMENT', (i) => i.add(q, { ids: [7] })],
  ['fewer ids than rows', 'IDMap,Flat', 'SHAPE', (i) => i.add(x, { ids: [7] })],
  ['training a full index', 'IVF8,Flat', 'STATE', (i) => i.train(x)],
  ['an id that is not there', 'IVF8,Flat', 'ARGUMENT', (i) => i.reconstruct([4000])],
  ['an id of NaN', 'Flat', 'ARGUMENT', (i) => i.reconstruct([Number.NaN])],
  ['a radius of NaN', 'Flat', 'ARGUMENT', (i) => i.rangeSearch(q, Number.NaN)],
  ['an unknown selector', 'IVF8,Flat', 'ARGUMENT', (i) => i.removeIds({ kind: 'none' } as never)],
  ['a thread number of 0', 'Flat', 'ARGUMENT', (i) => i.search(q, 1, { threads: 0 })],
];

describe('a fault of the caller is told, and the native process lives on', () => {
  test.each(FILLED)('%s (%s)', async (_what, factory, code, call) => {
    const index = await build(factory, x, d);
    await expectError(() => call(index), code as never);
    expect((await index.search(q, 1)).labels[0]).not.toBe(-1);
    expect((index as unknown as { restarts: number }).restarts).toBe(0);
  });

  test('an untrained index refuses rows, queries, ids and merges, and can then be trained', async () => {
    const index = await create('IVF8,PQ4x4', d);
    const other = await build('IVF8,PQ4x4', x, d);
    for (const call of [
      () => index.add(x),
      () => index.search(q, 1),
      () => index.rangeSearch(q, 1),
      () => index.reconstruct([0]),
      () => index.mergeFrom(other),
    ]) {
      await expectError(call, 'STATE', /not trained/);
    }
    await expectError(
      () => index.train(x.subarray(0, 7 * d)),
      'ARGUMENT',
      /7 rows, this index needs at least 16/,
    );
    await expectError(
      () => index.train(Float32Array.from(x).fill(Number.NaN)),
      'ARGUMENT',
      /400 rows have NaN/,
    );
    expect(index.isTrained).toBe(false);
    await index.train(x);
    await index.add(x);
    expect(index.ntotal).toBe(400);
    expect((index as unknown as { restarts: number }).restarts).toBe(0);
  });
});

test('what faiss 1.7 does not know or the codec does not write is refused before it is built', async () => {
  for (const factory of [
    'HR,Flat',
    'RaBitQ',
    'IVF8,SQ8',
    'IVF8_HNSW32,Flat',
    'NSG32,Flat',
    'LSH',
    'PQ4x4fs_64',
    'IVF8,PQ4x4fs_96',
  ]) {
    const spec = parseFactory(factory);
    expect(backend.refuses(spec, { d, metric: 'l2' }), factory).toMatch(/is not run/);
    await expectError(() => backend.create(spec, { d, metric: 'l2' }), 'UNSUPPORTED');
  }
  expect(backend.refuses(parseFactory('Flat'), { d, metric: 'l1' })).toBe('metric l1 is not run');
  await expectError(() => backend.create(parseFactory('PQ3'), { d, metric: 'l2' }), 'ARGUMENT', /PQ3/);
});

test('data that contradicts itself never reaches faiss', async () => {
  const refined = (await build('IVF8,PQ4x4fs,RFlat', x, d)).toData() as Extract<
    IndexData,
    { kind: 'Refine' }
  >;
  const { refine } = refined;
  if (refine.kind !== 'Flat') throw new Error('the refining half is flat');
  const vectors = refine.vectors.slice(0, 10 * d);
  for (const data of [
    { ...refined, refine: { ...refine, ntotal: 10, vectors } },
    { ...refined, refine: { ...refine, vectors } },
    { ...refined, ntotal: 4 },
    { ...refined, kFactor: 0 },
  ]) {
    await expect(backend.load(data)).rejects.toMatchObject({
      code: expect.stringMatching(/FORMAT|SHAPE|ARGUMENT/),
    });
  }
});
