import { isLutraError, type TransformData, type TransformSpec } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatRandn } from '../../src/random/index.js';
import { createTransform, loadTransform, type VectorTransform } from '../../src/transforms/index.js';
import { furthest, squaredDistance } from './rows.js';

const context = { seed: 1234 };
const seeds = fc.integer({ min: 0, max: 1e9 });
const dims = fc.integer({ min: 1, max: 20 });

async function trained(spec: TransformSpec, d: number, x: Float32Array): Promise<VectorTransform> {
  const t = createTransform(spec, d);
  if (t.trains) await t.train(x, x.length / d, context);
  return t;
}

function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (e) {
    return e;
  }
  return undefined;
}

const isometries: [string, (d: number) => TransformSpec][] = [
  ['RR', () => ({ kind: 'RandomRotation' })],
  ['RR to more dimensions', (d) => ({ kind: 'RandomRotation', dOut: d + 3 })],
  ['HR', () => ({ kind: 'HadamardRotation' })],
  ['Pad', (d) => ({ kind: 'Pad', dOut: d + 2 })],
  ['PCA to d', (d) => ({ kind: 'Pca', dOut: d, whiten: false, rotate: false })],
  ['PCAR to d', (d) => ({ kind: 'Pca', dOut: d, whiten: false, rotate: true })],
];

describe.each(isometries)('%s', (_, spec) => {
  it('keeps distances (relative 1e-4) and goes back (1e-4)', async () => {
    await fc.assert(
      fc.asyncProperty(dims, seeds, async (d, seed) => {
        const n = d + 5;
        const x = floatRandn(n * d, seed);
        const t = await trained(spec(d), d, x);
        const y = t.apply(x, n);
        expect(furthest(t.reverse(y, n), x)).toBeLessThan(1e-4);
        const before = squaredDistance(x.subarray(0, d), x.subarray(d, 2 * d));
        const after = squaredDistance(y.subarray(0, t.dOut), y.subarray(t.dOut, 2 * t.dOut));
        expect(Math.abs(after - before)).toBeLessThan(1e-4 * Math.max(1, before));
      }),
      { numRuns: 30 },
    );
  });
});

describe('PCA', () => {
  it('has components without mean, of falling variance, uncorrelated (relative 1e-4)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 12 }), seeds, async (d, seed) => {
        const n = 60;
        const x = floatRandn(n * d, seed).map((v, at) => v * (1 + (at % d)) + 3);
        const t = await trained({ kind: 'Pca', dOut: d, whiten: false, rotate: false }, d, x);
        const scatter = scatterOf(t.apply(x, n), n, d);
        for (let i = 0; i < d; i++) {
          if (i > 0)
            expect(scatter[i * d + i]!).toBeLessThanOrEqual(scatter[(i - 1) * (d + 1)]! * (1 + 1e-6));
          for (let j = 0; j < i; j++) expect(Math.abs(scatter[i * d + j]!)).toBeLessThan(1e-4 * scatter[0]!);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('whitens to a scatter of 1 in every direction (1e-3)', async () => {
    const [n, d] = [200, 5];
    const x = floatRandn(n * d, 3).map((v, at) => v * (1 + (at % d)) + 3);
    for (const rotate of [false, true]) {
      const t = await trained({ kind: 'Pca', dOut: d, whiten: true, rotate }, d, x);
      const scatter = scatterOf(t.apply(x, n), n, d);
      const identity = scatter.map((_, at) => (at % (d + 1) === 0 ? 1 : 0));
      expect(furthest(scatter, identity)).toBeLessThan(1e-3);
      const e = caught(() => t.reverse(new Float32Array(d), 1));
      expect(isLutraError(e, 'UNSUPPORTED')).toBe(true);
    }
  });

  it('looks at 1000 rows a dimension at most', async () => {
    const x = floatRandn(3000, 3);
    const t = await trained({ kind: 'Pca', dOut: 1, whiten: false, rotate: false }, 1, x);
    const [eigenvalue] = (t.toData() as { eigenvalues: Float32Array }).eigenvalues;
    expect(eigenvalue).toBeGreaterThan(800);
    expect(eigenvalue).toBeLessThan(1200);
  });
});

function scatterOf(y: Float32Array, n: number, d: number): Float64Array {
  const scatter = new Float64Array(d * d);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) scatter[i * d + j]! += y[row * d + i]! * y[row * d + j]!;
    }
  }
  return scatter;
}

describe('L2norm', () => {
  it('gives rows of length 1 (1e-6), or 0 for 0', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.float({ noNaN: true, min: -(2 ** 60), max: 2 ** 60 })),
        (d, values) => {
          const n = Math.floor(values.length / d);
          const x = Float32Array.from(values.slice(0, n * d));
          const y = createTransform({ kind: 'L2Norm' }, d).apply(x, n);
          for (let i = 0; i < n; i++) {
            const length = (rows: Float32Array): number => Math.hypot(...rows.subarray(i * d, (i + 1) * d));
            if (length(x) === 0) expect(length(y)).toBe(0);
            else expect(Math.abs(length(y) - 1)).toBeLessThan(1e-6);
          }
        },
      ),
    );
  });

  it('never writes into its argument', () => {
    const x = Float32Array.of(3, 4);
    expect([...createTransform({ kind: 'L2Norm' }, 2).apply(x, 1)]).toEqual([
      Math.fround(0.6),
      Math.fround(0.8),
    ]);
    expect([...x]).toEqual([3, 4]);
  });
});

const none: Float32Array = new Float32Array(0);
const linear = { haveBias: false, A: Float32Array.of(1, 0, 0, 1), b: none };
const data: TransformData[] = [
  { kind: 'Linear', dIn: 2, dOut: 2, isTrained: true, ...linear },
  { kind: 'Linear', dIn: 2, dOut: 2, isTrained: true, haveBias: true, A: linear.A, b: Float32Array.of(5, 6) },
  { kind: 'RandomRotation', dIn: 2, dOut: 2, isTrained: false, haveBias: false, A: none, b: none },
  { kind: 'ItqMatrix', dIn: 2, dOut: 2, isTrained: true, ...linear, maxIter: 7, seed: 8 },
  { kind: 'Normalization', dIn: 2, dOut: 2, isTrained: true, norm: 2 },
  { kind: 'Centering', dIn: 2, dOut: 2, isTrained: true, mean: Float32Array.of(1, 2) },
  { kind: 'RemapDimensions', dIn: 2, dOut: 3, isTrained: true, map: Int32Array.of(1, -1, 0) },
  { kind: 'HadamardRotation', dIn: 3, dOut: 4, isTrained: true, seed: 9 },
  {
    kind: 'Pca',
    dIn: 2,
    dOut: 2,
    isTrained: true,
    ...linear,
    b: Float32Array.of(1, 1),
    eigenPower: -0.5,
    epsilon: 0.25,
    randomRotation: true,
    balancedBins: 2,
    mean: Float32Array.of(1, 2),
    eigenvalues: Float32Array.of(4, 3),
    pcaMat: linear.A,
  },
];

describe('loadTransform', () => {
  it.each(data)('gives $kind back unchanged, in arrays of its own', (d) => {
    const t = loadTransform(d);
    expect(t.toData()).toEqual(d);
    const arrays = (x: TransformData): Float32Array[] =>
      Object.values(x).filter((v): v is Float32Array => v instanceof Float32Array && v.length > 0);
    const kept = arrays(t.toData());
    for (const array of arrays(d)) expect(kept.some((k) => k.buffer === array.buffer)).toBe(false);
  });

  it('adds the bias, and takes it off on the way back', () => {
    const t = loadTransform(data[1]!);
    expect([...t.apply(Float32Array.of(1, 2), 1)]).toEqual([6, 8]);
    expect([...t.reverse(Float32Array.of(6, 8), 1)]).toEqual([1, 2]);
  });

  it('reverses a map by leaving zeros', () => {
    const t = loadTransform({
      kind: 'RemapDimensions',
      dIn: 3,
      dOut: 2,
      isTrained: true,
      map: Int32Array.of(2, 0),
    });
    expect([...t.apply(Float32Array.of(7, 8, 9), 1)]).toEqual([9, 7]);
    expect([...t.reverse(Float32Array.of(9, 7), 1)]).toEqual([7, 0, 9]);
  });

  it.each([
    ['a short matrix', { ...data[0]!, A: none }, 'SHAPE'],
    ['a bias of another length', { ...data[1]!, b: none }, 'SHAPE'],
    ['a mean of another length', { ...data[5]!, mean: none }, 'SHAPE'],
    ['an entry past the input', { ...data[6]!, map: Int32Array.of(0, 1, 2) }, 'ARGUMENT'],
    ['an output that is no power of two', { ...data[7]!, dOut: 5 }, 'SHAPE'],
    ['norm 1', { ...data[4]!, norm: 1 }, 'UNSUPPORTED'],
  ] as [string, TransformData, 'SHAPE' | 'ARGUMENT' | 'UNSUPPORTED'][])('refuses %s', (_, bad, code) => {
    expect(
      isLutraError(
        caught(() => loadTransform(bad)),
        code,
      ),
    ).toBe(true);
  });
});

describe('createTransform refuses', () => {
  it.each([
    [{ kind: 'Pca', dOut: 5, whiten: false, rotate: false }],
    [{ kind: 'Pca', dOut: 0, whiten: false, rotate: false }],
    [{ kind: 'Itq', dOut: 5 }],
    [{ kind: 'Opq', M: 3 }],
    [{ kind: 'Opq', M: 2, dOut: 5 }],
    [{ kind: 'RandomRotation', dOut: 0 }],
  ] as [TransformSpec][])('%j for d 4', (spec) => {
    expect(
      isLutraError(
        caught(() => createTransform(spec, 4)),
        'ARGUMENT',
      ),
    ).toBe(true);
  });
});

describe('apply and reverse', () => {
  it('refuse rows that do not fill', () => {
    for (const d of data.filter((x) => x.isTrained)) {
      const t = loadTransform(d);
      expect(
        isLutraError(
          caught(() => t.apply(new Float32Array(d.dIn + 1), 1)),
          'SHAPE',
        ),
      ).toBe(true);
      expect(
        isLutraError(
          caught(() => t.reverse(new Float32Array(d.dOut + 1), 1)),
          'SHAPE',
        ),
      ).toBe(true);
    }
  });

  it('ITQ has no way back', async () => {
    const t = await trained({ kind: 'Itq', dOut: 2 }, 3, floatRandn(60, 1));
    expect(
      isLutraError(
        caught(() => t.reverse(new Float32Array(2), 1)),
        'UNSUPPORTED',
      ),
    ).toBe(true);
  });
});
