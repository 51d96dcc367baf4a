import { type Backend, defineBackend, type FactorySpec, isLutraError, type VectorIndex } from '@lutra/core';
import { formatFactory, indexFactory, parseFactory, pca, probeBackends, ts } from 'lutra';
import { describe, expect, it } from 'vitest';

const NOTHING = {
  kinds: [],
  metrics: [],
  searchSync: false,
  rangeSearch: false,
  reconstruct: false,
  removeIds: false,
  mergeFrom: false,
  filter: false,
  save: false,
  load: false,
} as const;

/** A backend that refuses, to see what becomes of its reasons. */
function refusing(name: string, change: Partial<Backend> = {}): Backend {
  const never = (): Promise<VectorIndex> => Promise.reject(new Error('must not be asked'));
  return defineBackend({
    name,
    specVersion: 1,
    supports: NOTHING,
    probe: async () => ({ ok: true }),
    refuses: () => 'not in the mood',
    refusesData: () => 'not in the mood',
    create: never,
    load: never,
    ...change,
  });
}

const broken = (name: string, reason: string): Backend =>
  refusing(name, { probe: async () => ({ ok: false, reason }), refuses: () => undefined });

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string; details: unknown }> {
  try {
    await work;
  } catch (e) {
    if (isLutraError(e)) return e;
    throw e;
  }
  throw new Error('expected a LutraError');
}

describe('indexFactory', () => {
  it('takes a string, a spec and a builder alike', async () => {
    const spec = parseFactory('IVF4,Flat');
    for (const factory of ['IVF4,Flat', spec, { spec }]) {
      const index = await indexFactory(factory, { d: 8 });
      expect(formatFactory(index.spec)).toBe('IVF4,Flat');
      expect([index.d, index.metric, index.ntotal, index.isTrained]).toEqual([8, 'l2', 0, false]);
      index.dispose();
    }
  });

  it('takes what the builder functions make', async () => {
    const index = await indexFactory(pca(4).ivf(4).pq(2, { fastScan: true }).refineFlat(), { d: 8 });
    expect(formatFactory(index.spec)).toBe('PCA4,IVF4,PQ2x4fs,RFlat');
    index.dispose();
  });

  it('asks backends in order and keeps the reasons of those passed over', async () => {
    const backends = [broken('gpu', 'no device'), refusing('picky'), ts(), refusing('later')];
    const index = await indexFactory('Flat', { d: 4, backends });
    expect(index.backend).toBe('ts');
    expect(index.refusals).toEqual([
      { backend: 'gpu', reason: 'no device' },
      { backend: 'picky', reason: 'not in the mood' },
    ]);
    index.dispose();
  });

  it('names every reason when nobody takes the spec', async () => {
    const e = await failure(
      indexFactory('Flat', { d: 4, backends: [broken('gpu', 'no device'), refusing('picky')] }),
    );
    expect(e.code).toBe('UNSUPPORTED');
    expect(e.message).toContain('gpu: no device; picky: not in the mood');
    expect(e.details).toMatchObject({ by: 'gpu, picky' });
  });

  it('says BACKEND when none runs here, whatever they would say to the spec', async () => {
    const throwing = refusing('rude', {
      probe: () => Promise.reject(new Error('boom')),
      refuses: () => undefined,
    });
    const e = await failure(indexFactory('Flat', { d: 4, backends: [broken('gpu', 'no device'), throwing] }));
    expect(e.code).toBe('BACKEND');
    expect(e.message).toContain('gpu: no device; rude: its probe failed: boom');
  });

  it('refuses another version of the backend interface with its number', async () => {
    const future = refusing('future', { specVersion: 2 as never, refuses: () => undefined });
    const index = await indexFactory('Flat', { d: 4, backends: [future, ts()] });
    expect(index.refusals).toEqual([
      { backend: 'future', reason: 'speaks version 2 of the backend interface, wanted 1' },
    ]);
    index.dispose();
  });

  it.each([
    ['an unknown metric', { d: 4, metric: 'manhattan' }, 'ARGUMENT', 'manhattan'],
    ['d 0', { d: 0 }, 'ARGUMENT', '0'],
    ['d 1.5', { d: 1.5 }, 'ARGUMENT', '1.5'],
    ['no backends', { d: 4, backends: [] }, 'ARGUMENT', 'at least one backend'],
    ['a function as backend', { d: 4, backends: [ts] }, 'ARGUMENT', 'call it to get a backend'],
  ])('refuses %s', async (_, options, code, text) => {
    const e = await failure(indexFactory('Flat', options as never));
    expect(e.code).toBe(code);
    expect(e.message).toContain(text);
  });

  it('refuses a factory that is neither string, spec nor builder', async () => {
    for (const factory of [undefined, null, 7, {}]) {
      expect((await failure(indexFactory(factory as never, { d: 4 }))).code).toBe('ARGUMENT');
    }
  });

  it('lets a syntax error through with its place', async () => {
    const e = await failure(indexFactory('IVF16,Flut', { d: 4 }));
    expect(e.code).toBe('SYNTAX');
    expect(e.details).toMatchObject({ input: 'IVF16,Flut', index: 6 });
  });
});

describe("metric 'cosine'", () => {
  const cases: [string, string][] = [
    ['Flat', 'L2norm,Flat'],
    ['IVF4,Flat', 'L2norm,IVF4,Flat'],
    ['PCA4,Flat', 'L2norm,PCA4,Flat'],
    ['L2norm,Flat', 'L2norm,Flat'],
    ['Flat,IDMap', 'L2norm,Flat,IDMap'],
    ['PQ2x4fs,RFlat', 'L2norm,PQ2x4fs,Refine(L2norm,Flat)'],
    ['PQ2x4fs,RFlat,IDMap2', 'L2norm,PQ2x4fs,Refine(L2norm,Flat),IDMap2'],
  ];

  it.each(cases)('builds %s as %s with inner products', async (given, built) => {
    const index = await indexFactory(given, { d: 8, metric: 'cosine' });
    expect([formatFactory(index.spec), index.metric]).toEqual([built, 'ip']);
    index.dispose();
  });

  it('gives cosines, descending, for vectors of any length', async () => {
    const index = await indexFactory('Flat', { d: 2, metric: 'cosine' });
    await index.add(Float32Array.of(3, 0, 1, 1, 0, 5));
    const { labels, distances } = await index.search(Float32Array.of(10, 0), 3);
    expect([...labels]).toEqual([0, 1, 2]);
    const expected = [1, Math.SQRT1_2, 0];
    expected.forEach((cosine, i) => {
      expect(Math.abs(distances[i]! - cosine)).toBeLessThan(1e-6);
    });
    index.dispose();
  });

  it('re-ranks a refinement by cosine, not by the length of the vectors', async () => {
    const index = await indexFactory('Flat,RFlat', { d: 2, metric: 'cosine' });
    await index.add(Float32Array.of(100, 90, 1, 0, 0, 5));
    const { labels } = await index.search(Float32Array.of(1, 0), 3, { kFactor: 1 });
    expect([...labels]).toEqual([1, 0, 2]);
    index.dispose();
  });
});

describe('probeBackends', () => {
  it('reports each backend in order', async () => {
    const [gpu, engine] = await probeBackends([broken('gpu', 'no device'), ts()]);
    expect(gpu).toMatchObject({ name: 'gpu', probe: { ok: false, reason: 'no device' } });
    expect(engine).toMatchObject({ name: 'ts', specVersion: 1, probe: { ok: true } });
  });

  it('knows the engine without being told', async () => {
    const spec: FactorySpec = { kind: 'Flat' };
    const [engine] = await probeBackends();
    expect(engine!.supports.kinds).toContain(spec.kind);
  });
});
