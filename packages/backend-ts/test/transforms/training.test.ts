import { isLutraError, type LinearTransformData, type LutraErrorCode, type Progress } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { multiply32 } from '../../src/linalg/index.js';
import { createTransform, loadTransform, type VectorTransform } from '../../src/transforms/index.js';
import golden from './faiss-transforms.golden.json' with { type: 'json' };
import { referencePq } from './pq-reference.js';
import { furthest, goldenRows, squaredDistance } from './rows.js';

const context = { seed: 1234, pq: referencePq };

/** What 8-bit product quantization behind `A` loses of the centred rows, each: what `A` drops and what the codes drop. */
async function pqLoss(A: Float32Array, x: Float32Array, n: number, M: number): Promise<number> {
  const dIn = x.length / n;
  const d = A.length / dIn;
  const options = { d, M, nbits: 8, niter: 25, seed: 1234, maxPointsPerCentroid: 1000 };
  const centred = x.map((v) => v - 0.5);
  const rotated = multiply32(centred, A, n, d, dIn, true);
  const centroids = await referencePq.train(rotated, n, options);
  const pq = { d, M, nbits: 8, centroids };
  const codes = await referencePq.encode(pq, rotated, n);
  const dropped =
    squaredDistance(centred, new Float32Array(n * dIn)) - squaredDistance(rotated, new Float32Array(n * d));
  return (dropped + squaredDistance(await referencePq.decode(pq, codes, n), rotated)) / n;
}

/** Mean squared distance of `y` from its signs. */
function signLoss(y: Float32Array, n: number): number {
  return (
    squaredDistance(
      y.map((v) => (v < 0 ? -1 : 1)),
      y,
    ) / n
  );
}

async function failure(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (e) {
    return e;
  }
  return undefined;
}

describe('OPQ', () => {
  it.each(golden.opq)('$d → $dOut loses at most 1 % more than faiss’s rotation (seen: 0.3 %)', async (g) => {
    const { n, d, M, dOut } = g;
    const x = goldenRows(n, d, 42);
    const t = createTransform({ kind: 'Opq', M, dOut }, d);
    const seen: Progress[] = [];
    await t.train(x, n, { ...context, onProgress: (p) => seen.push(p) });
    const { A, kind } = t.toData() as LinearTransformData;
    expect(kind).toBe('Linear');
    const loss = await pqLoss(A, x, n, M);
    expect(loss).toBeLessThan(1.01 * (await pqLoss(Float32Array.from(g.A), x, n, M)));
    // Where nothing is dropped or added (d = dOut) a random rotation of these rows is as good already.
    const random = createTransform({ kind: 'RandomRotation', dOut }, d);
    await random.train(x, n, context);
    const start = await pqLoss((random.toData() as LinearTransformData).A, x, n, M);
    expect(loss).toBeLessThan((d === dOut ? 1.02 : 0.8) * start);
    expect(seen.at(-1)).toEqual({ stage: 'opq', done: 50, total: 50 });
    const back = t.reverse(t.apply(x, n), n);
    if (dOut >= d) expect(furthest(back, x)).toBeLessThan(1e-5);
  });

  it('needs a product quantizer', async () => {
    const t = createTransform({ kind: 'Opq', M: 2 }, 4);
    const e = await failure(() => t.train(goldenRows(256, 4, 1), 256, { seed: 1234 }));
    expect(isLutraError(e, 'ARGUMENT')).toBe(true);
  });
});

describe('ITQ', () => {
  it.each(golden.itq)('to $dOut with PCA $doPca is nearer to its signs than faiss’s', async (g) => {
    const x = goldenRows(500, 12, 42);
    const t = createTransform(g.doPca ? { kind: 'Itq', dOut: g.dOut } : { kind: 'Itq' }, 12);
    await t.train(x, 500, context);
    expect(signLoss(t.apply(x, 500), 500)).toBeLessThan(g.loss);
    expect(t.toData()).toMatchObject({ doPca: g.doPca, itq: { maxIter: 50, seed: 123, isTrained: true } });
  });
});

const trained: [name: string, make: () => VectorTransform][] = [
  ['PCA', () => createTransform({ kind: 'Pca', dOut: 3, whiten: false, rotate: false }, 4)],
  ['PCAWR', () => createTransform({ kind: 'Pca', dOut: 3, whiten: true, rotate: true }, 4)],
  ['RR', () => createTransform({ kind: 'RandomRotation' }, 4)],
  ['ITQ', () => createTransform({ kind: 'Itq', dOut: 3 }, 4)],
  ['OPQ', () => createTransform({ kind: 'Opq', M: 2 }, 4)],
];

describe.each(trained)('%s under a seed', (name, make) => {
  const x = goldenRows(300, 4, 7);
  const train = async (seed: number): Promise<VectorTransform> => {
    const t = make();
    await t.train(x, 300, { ...context, seed });
    return t;
  };

  it('trains to the same bits twice, and again on the same object', async () => {
    const first = await train(1234);
    const data = structuredClone(first.toData());
    expect((await train(1234)).toData()).toEqual(data);
    await first.train(x, 300, context);
    expect(first.toData()).toEqual(data);
  });

  it('depends on the seed where it draws numbers', async () => {
    const same = furthest((await train(1234)).apply(x, 300), (await train(77)).apply(x, 300)) === 0;
    expect(same).toBe(name === 'PCA');
  });

  it('goes out as data and comes back the same', async () => {
    const t = await train(1234);
    const loaded = loadTransform(structuredClone(t.toData()));
    expect(loaded.toData()).toEqual(t.toData());
    expect(loaded.apply(x, 300)).toEqual(t.apply(x, 300));
  });

  it('is refused before training, also as data', async () => {
    const t = make();
    expect(t.isTrained).toBe(false);
    expect(isLutraError(await failure(() => t.apply(x, 300)), 'STATE')).toBe(true);
    expect(loadTransform(t.toData()).isTrained).toBe(false);
    expect(loadTransform(t.toData()).toData()).toEqual(t.toData());
  });
});

describe('training refuses', () => {
  const pca = (): VectorTransform =>
    createTransform({ kind: 'Pca', dOut: 3, whiten: true, rotate: false }, 4);
  const withNaN = goldenRows(300, 4, 1).fill(Number.NaN, 9, 10);
  const cases: [string, VectorTransform, Float32Array, number, LutraErrorCode, string][] = [
    [
      'two rows for three components',
      pca(),
      goldenRows(2, 4, 1),
      2,
      'ARGUMENT',
      'at least 3 training rows, got 2',
    ],
    [
      '255 rows for OPQ',
      createTransform({ kind: 'Opq', M: 2 }, 4),
      goldenRows(255, 4, 1),
      255,
      'ARGUMENT',
      'at least 256 training rows, got 255',
    ],
    [
      'no rows for ITQ',
      createTransform({ kind: 'Itq' }, 4),
      new Float32Array(0),
      0,
      'ARGUMENT',
      'at least 1 training rows, got 0',
    ],
    ['NaN', pca(), withNaN, 300, 'ARGUMENT', 'found NaN in row 2, column 1'],
    ['rows that do not fill', pca(), new Float32Array(13), 3, 'SHAPE', 'wants (3, 4), 12 elements, has 13'],
    ['whitening what has no variance', pca(), new Float32Array(40).fill(1), 10, 'ARGUMENT', 'found 0'],
  ];

  it.each(cases)('%s', async (_, t, x, n, code, message) => {
    const e = await failure(() => t.train(x, n, context));
    expect(isLutraError(e, code)).toBe(true);
    expect((e as Error).message).toContain(message);
    expect(t.isTrained).toBe(false);
  });

  it('a matrix of a file that is not trained and does not say how', async () => {
    const t = loadTransform(createTransform({ kind: 'Opq', M: 2 }, 4).toData());
    expect(isLutraError(await failure(() => t.train(goldenRows(300, 4, 1), 300, context)), 'STATE')).toBe(
      true,
    );
  });
});

describe('an abort', () => {
  it.each(trained.filter(([name]) => name === 'OPQ' || name === 'ITQ'))(
    'stops %s between rounds',
    async (_, make) => {
      const stop = new AbortController();
      const t = make();
      const rounds: number[] = [];
      const onProgress = (p: Progress): void => {
        if (p.total !== 50) return;
        rounds.push(p.done);
        if (p.done === 3) stop.abort('enough');
      };
      const e = await failure(() =>
        t.train(goldenRows(300, 4, 1), 300, { ...context, onProgress, signal: stop.signal }),
      );
      expect(isLutraError(e, 'ABORTED')).toBe(true);
      expect(rounds).toEqual([1, 2, 3]);
      expect(t.isTrained).toBe(false);
    },
  );
});

describe('an injected matrix product', () => {
  it('serves training and application, with the same result here', async () => {
    let calls = 0;
    const matmul: typeof multiply32 = (...args) => {
      calls++;
      return multiply32(...args);
    };
    const x = goldenRows(300, 4, 7);
    const spec = { kind: 'Pca', dOut: 3, whiten: false, rotate: false } as const;
    const [plain, injected] = [createTransform(spec, 4), createTransform(spec, 4, { matmul })];
    await plain.train(x, 300, context);
    await injected.train(x, 300, context);
    expect(calls).toBe(1);
    expect(furthest(injected.apply(x, 300), plain.apply(x, 300))).toBeLessThan(1e-4);
    expect(calls).toBe(2);
  });
});
