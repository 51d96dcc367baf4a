import type { PcaTransformData } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { createTransform, loadTransform } from '../../src/transforms/index.js';
// Printed by faiss-cpu 1.15.1 for the rows of `goldenRows`, matrices row-major.
import golden from './faiss-transforms.golden.json' with { type: 'json' };
import { furthest, goldenRows } from './rows.js';

const context = { seed: 1234 };
const f32 = (x: readonly number[]): Float32Array => Float32Array.from(x);

describe('fixed transforms give what faiss gives', () => {
  const x = goldenRows(2, 6, 99);

  it.each(golden.hadamard)('HR of d $d with seed $seed, bit for bit', ({ d, seed, y }) => {
    const t = createTransform({ kind: 'HadamardRotation', seed }, d);
    expect(t.apply(goldenRows(3, d, 99), 3)).toEqual(f32(y));
  });

  it('takes seed 12345 for HR when the string has none', () => {
    const [first] = golden.hadamard;
    expect(createTransform({ kind: 'HadamardRotation' }, 5).toData()).toMatchObject({ seed: 12345, dOut: 8 });
    expect(createTransform({ kind: 'HadamardRotation' }, 5).apply(goldenRows(3, 5, 99), 3)).toEqual(
      f32(first!.y),
    );
  });

  it('Pad, exactly', () => {
    const t = createTransform({ kind: 'Pad', dOut: 9 }, 6);
    expect(t.toData()).toMatchObject({ map: Int32Array.from(golden.pad.map), dOut: 9 });
    expect(t.apply(x, 2)).toEqual(f32(golden.pad.y));
  });

  it('Pad to fewer dimensions changes nothing', () => {
    const t = createTransform({ kind: 'Pad', dOut: 4 }, 6);
    expect(t.dOut).toBe(6);
    expect(t.apply(x, 2)).toEqual(x);
  });

  it('L2norm within one part in ten million, a zero row untouched', () => {
    const zeroed = x.map((v, i) => (i < 6 ? v : 0));
    const y = createTransform({ kind: 'L2Norm' }, 6).apply(zeroed, 2);
    expect(furthest(y, golden.l2Norm.y)).toBeLessThan(1e-7);
    expect([...y.subarray(6)]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('Centering within 1e-6', async () => {
    const t = loadTransform({
      kind: 'Centering',
      dIn: 6,
      dOut: 6,
      isTrained: false,
      mean: new Float32Array(0),
    });
    await t.train(goldenRows(50, 6, 42), 50, context);
    expect(furthest(t.apply(x, 2), golden.centering.y)).toBeLessThan(1e-6);
    expect(furthest(t.reverse(t.apply(x, 2), 2), x)).toBeLessThan(1e-6);
  });
});

describe('RandomRotation', () => {
  it.each(golden.rotation)('draws faiss’s matrix ($dOut, $dIn) within 1e-5', async ({ dIn, dOut, A }) => {
    const t = createTransform({ kind: 'RandomRotation', dOut }, dIn);
    await t.train(new Float32Array(0), 0, context);
    const data = t.toData() as { kind: string; A: Float32Array };
    // Of the largest matrix only the first and the last two rows are kept.
    const rows = dOut === 33 ? [0, 1, 31, 32] : Array.from({ length: dOut }, (_, i) => i);
    const kept = rows.flatMap((i) => [...data.A.subarray(i * dIn, (i + 1) * dIn)]);
    expect(data.kind).toBe('RandomRotation');
    expect(furthest(kept, A)).toBeLessThan(1e-5);
  });
});

describe('PCA', () => {
  it.each(golden.pca)('$n rows, $d → $dOut, power $eigenPower, rotated $rotate', async (g) => {
    const { n, d, dOut, rotate } = g;
    const whiten = g.eigenPower !== 0;
    const t = createTransform({ kind: 'Pca', dOut, whiten, rotate }, d);
    const x = goldenRows(n, d, 42);
    await t.train(x, n, context);
    const data = t.toData() as PcaTransformData;
    expect(data).toMatchObject({ kind: 'Pca', dIn: d, dOut, isTrained: true, haveBias: true });
    expect(data).toMatchObject({
      eigenPower: g.eigenPower,
      epsilon: 0,
      randomRotation: rotate,
      balancedBins: 0,
    });
    expect(data.pcaMat.length).toBe(g.pcaMat.length);
    expect(furthest(data.mean, g.mean)).toBeLessThan(1e-6);
    expect(furthest(data.eigenvalues, g.eigenvalues)).toBeLessThan(1e-5 * g.eigenvalues[0]!);
    for (let i = 0; i < dOut; i++) {
      const ours = data.pcaMat.subarray(i * d, (i + 1) * d);
      const theirs = f32(g.pcaMat).subarray(i * d, (i + 1) * d);
      const dot = ours.reduce((sum, v, j) => sum + v * theirs[j]!, 0);
      expect(1 - Math.abs(dot)).toBeLessThan(1e-6);
    }
    // The signs of the eigenvectors are free; what remains of A beyond them is not.
    const gram = (A: ArrayLike<number>, mat: ArrayLike<number>): number[] => throughBasis(A, mat, dOut, d);
    const scale = Math.max(...g.A.map(Math.abs));
    expect(furthest(gram(data.A, data.pcaMat), gram(g.A, g.pcaMat))).toBeLessThan(1e-4 * scale);
    const y = t.apply(x.subarray(0, 2 * d), 2);
    const spread = Math.max(...g.y.map(Math.abs));
    if (rotate) expect(furthest(lengths(y, dOut), lengths(g.y, dOut))).toBeLessThan(1e-4 * spread);
    else expect(furthest(y.map(Math.abs), g.y.map(Math.abs))).toBeLessThan(1e-4 * spread);
  });
});

/** `A · matᵀ`, `(dOut, dOut)`: the same whichever way the eigenvectors in `mat`'s rows point. */
function throughBasis(A: ArrayLike<number>, mat: ArrayLike<number>, dOut: number, d: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < dOut; i++) {
    for (let k = 0; k < dOut; k++) {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += A[i * d + j]! * mat[k * d + j]!;
      out.push(sum);
    }
  }
  return out;
}

function lengths(y: ArrayLike<number>, d: number): number[] {
  const rows = Array.from({ length: y.length / d }, (_, i) => Array.from(y).slice(i * d, (i + 1) * d));
  return rows.map((row) => Math.hypot(...row));
}

describe('transforms that faiss trained', () => {
  it.each(golden.itq)('ITQ to $dOut with PCA $doPca applies within 1e-6', (g) => {
    const header = { dIn: 12, dOut: g.dOut, isTrained: true };
    const plain = { haveBias: false, b: new Float32Array(0), isTrained: true, dOut: g.dOut };
    const t = loadTransform({
      kind: 'Itq',
      ...header,
      mean: f32(g.mean),
      doPca: g.doPca,
      itq: { kind: 'ItqMatrix', ...plain, dIn: g.dOut, A: f32(g.itqA), maxIter: 50, seed: 123 },
      pcaThenItq: { kind: 'Linear', ...plain, dIn: 12, A: f32(g.A) },
    });
    expect(furthest(t.apply(goldenRows(2, 12, 99), 2), g.y)).toBeLessThan(1e-6);
  });

  it.each(golden.opq)('OPQ $d → $dOut applies within 1e-6 and goes back', ({ d, dOut, A, y }) => {
    const fields = { haveBias: false, A: f32(A), b: new Float32Array(0) };
    const t = loadTransform({ kind: 'Linear', dIn: d, dOut, isTrained: true, ...fields });
    const x = goldenRows(1, d, 99);
    expect(furthest(t.apply(x, 1), y)).toBeLessThan(1e-6);
    const back = t.reverse(t.apply(x, 1), 1);
    if (dOut >= d) expect(furthest(back, x)).toBeLessThan(1e-5);
    else expect(furthest(t.apply(back, 1), y)).toBeLessThan(1e-5);
  });
});
