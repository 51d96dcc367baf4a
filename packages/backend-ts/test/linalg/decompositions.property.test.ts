import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multiply64, orthonormalRows, polarRows, symmetricEigen } from '../../src/linalg/index.js';
import { floatRandn } from '../../src/random/index.js';

const random = (length: number, seed: number): Float64Array => Float64Array.from(floatRandn(length, seed));
const seeds = fc.integer({ min: 0, max: 1e9 });

/** The largest distance of `q · qᵀ` from the identity. */
function fromOrthonormal(q: Float64Array, n: number, d: number): number {
  const gram = multiply64(q, q, { m: n, n, k: d, transposeB: true });
  return gram.reduce((worst, v, i) => Math.max(worst, Math.abs(v - (i % (n + 1) === 0 ? 1 : 0))), 0);
}

function norm(a: Float64Array): number {
  return Math.sqrt(a.reduce((sum, v) => sum + v * v, 0));
}

/** `‖A·v − λ·v‖` over `‖A‖`, all eigenvectors together. */
function residual(a: Float64Array, n: number): { residual: number; orthonormal: number } {
  const { values, vectors } = symmetricEigen(a, n);
  const images = multiply64(vectors, a, { m: n, n, k: n });
  const off = images.map((v, at) => v - values[Math.floor(at / n)]! * vectors[at]!);
  return { residual: norm(off) / (norm(a) || 1), orthonormal: fromOrthonormal(vectors, n, n) };
}

function symmetric(n: number, seed: number, columnScale: (j: number) => number = () => 1): Float64Array {
  const x = random(n * n, seed).map((v, at) => v * columnScale(at % n));
  const at = multiply64(x, x, { m: n, n, k: n, transposeA: true });
  return at;
}

describe('symmetricEigen', () => {
  it('gives orthonormal vectors that the matrix only stretches (relative 1e-13), values descending', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), seeds, (n, seed) => {
        const x = random(n * n, seed);
        const a = x.map((v, at) => v + x[(at % n) * n + Math.floor(at / n)]!);
        const found = residual(a, n);
        expect(found.residual).toBeLessThan(1e-13);
        expect(found.orthonormal).toBeLessThan(1e-13);
        const { values } = symmetricEigen(a, n);
        expect([...values]).toEqual([...values].sort((p, q) => q - p));
      }),
    );
  });

  it.each([
    ['zeros', new Float64Array(25)],
    ['the identity', Float64Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0))],
    ['ones, rank 1', new Float64Array(25).fill(1)],
    ['large numbers', symmetric(5, 1).map((v) => v * 1e200)],
    ['tiny numbers', symmetric(5, 1).map((v) => v * 1e-200)],
    ['columns graded over sixteen decades', symmetric(5, 2, (j) => 10 ** (-2 * j))],
  ])('manages %s', (_, a) => {
    const { values, vectors } = symmetricEigen(a, 5);
    const scale = Math.max(...a.map(Math.abs)) || 1;
    const images = multiply64(
      vectors,
      a.map((v) => v / scale),
      { m: 5, n: 5, k: 5 },
    );
    const off = images.map((v, at) => v - (values[Math.floor(at / 5)]! / scale) * vectors[at]!);
    expect(norm(off)).toBeLessThan(1e-14);
    expect(fromOrthonormal(vectors, 5, 5)).toBeLessThan(1e-14);
  });

  it('knows the eigenvalues of the second difference: 2 − 2 cos(kπ / (n + 1)) (relative 1e-13)', () => {
    const n = 50;
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      a[i * n + i] = 2;
      if (i > 0) a[i * n + i - 1] = -1;
    }
    const { values } = symmetricEigen(a, n);
    for (let k = 1; k <= n; k++) {
      const exact = 2 - 2 * Math.cos(((n + 1 - k) * Math.PI) / (n + 1));
      expect(Math.abs(values[k - 1]! / exact - 1)).toBeLessThan(1e-13);
    }
  });

  it('stays accurate at 300 dimensions', () => {
    const found = residual(
      symmetric(300, 5, (j) => Math.exp(-j / 30)),
      300,
    );
    expect(found.residual).toBeLessThan(1e-13);
    expect(found.orthonormal).toBeLessThan(1e-12);
  });

  it('refuses NaN and other shapes', () => {
    expect(() => symmetricEigen(Float64Array.of(1, 2, 2, Number.NaN), 2)).toThrow('eigen: a holds NaN');
    expect(() => symmetricEigen(new Float64Array(5), 2)).toThrow('eigen: a wants 4 elements, has 5');
  });
});

describe('orthonormalRows', () => {
  it('gives orthonormal rows with the same span, one after the other (1e-13)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(12), seeds, (n, more, seed) => {
        const d = n + more;
        const a = random(n * d, seed);
        const { q, diagonal } = orthonormalRows(a, n, d);
        expect(fromOrthonormal(q, n, d)).toBeLessThan(1e-13);
        const l = multiply64(a, q, { m: n, n, k: d, transposeB: true });
        for (let i = 0; i < n; i++) {
          expect(Math.abs(l[i * n + i]! - diagonal[i]!)).toBeLessThan(1e-12);
          for (let j = i + 1; j < n; j++) expect(Math.abs(l[i * n + j]!)).toBeLessThan(1e-12);
        }
      }),
    );
  });

  it('completes the basis for rows that repeat or vanish', () => {
    const { q } = orthonormalRows([1, 2, 3, 1, 2, 3, 0, 0, 0], 3, 3);
    expect(fromOrthonormal(q, 3, 3)).toBeLessThan(1e-14);
  });

  it('refuses more rows than columns', () => {
    expect(() => orthonormalRows([1, 2], 2, 1)).toThrow('qr: wants (n ≤ d, d), got (2, 1)');
  });
});

describe('polarRows', () => {
  it('leaves a symmetric positive stretch behind (1e-8) and orthonormal rows (1e-13)', () => {
    fc.assert(
      // A nearly singular matrix costs digits; one in a million costs eight.
      fc.property(fc.integer({ min: 1, max: 24 }), fc.nat(12), seeds, (n, more, seed) => {
        const d = n + more;
        const a = random(n * d, seed);
        const r = polarRows(a, n, d);
        expect(fromOrthonormal(r, n, d)).toBeLessThan(1e-13);
        const h = multiply64(r, a, { m: n, n, k: d, transposeB: true });
        const turned = h.map((_, at) => h[(at % n) * n + Math.floor(at / n)]!);
        expect(norm(h.map((v, at) => v - turned[at]!)) / norm(h)).toBeLessThan(1e-8);
        expect(symmetricEigen(h, n).values.at(-1)).toBeGreaterThan(-1e-8 * norm(h));
      }),
    );
  });

  it('gives a matrix with orthonormal rows back (1e-12)', () => {
    const { q } = orthonormalRows(random(12 * 20, 9), 12, 20);
    const r = polarRows(q, 12, 20);
    expect(norm(r.map((v, at) => v - q[at]!))).toBeLessThan(1e-12);
  });

  it.each([
    ['zeros', new Float64Array(12)],
    ['rank 1', Float64Array.from({ length: 12 }, (_, i) => i % 4)],
    ['a zero column', Float64Array.from({ length: 12 }, (_, i) => (i % 4 === 2 ? 0 : Math.sin(i)))],
    ['rows graded over twenty decades', random(12, 4).map((v, i) => v * 10 ** (-10 * Math.floor(i / 4)))],
  ])('has orthonormal rows for %s', (_, a) => {
    expect(fromOrthonormal(polarRows(a, 3, 4), 3, 4)).toBeLessThan(1e-14);
  });

  it('reaches the sum of the singular values of a matrix that spans six decades (relative 1e-12)', () => {
    const n = 40;
    const u = orthonormalRows(random(n * n, 1), n, n).q;
    const v = orthonormalRows(random(n * n, 2), n, n).q;
    const sigma = Float64Array.from({ length: n }, (_, i) => 10 ** ((-6 * i) / (n - 1)));
    const scaled = v.map((x, at) => x * sigma[Math.floor(at / n)]!);
    const a = multiply64(u, scaled, { m: n, n, k: n, transposeA: true });
    const exact = multiply64(u, v, { m: n, n, k: n, transposeA: true });
    const r = polarRows(a, n, n);
    const trace = r.reduce((sum, x, at) => sum + x * a[at]!, 0);
    expect(Math.abs(trace / sigma.reduce((s, x) => s + x, 0) - 1)).toBeLessThan(1e-12);
    // The smallest directions are the least certain: 1e-16 / 1e-12 of them.
    expect(norm(r.map((x, at) => x - exact[at]!))).toBeLessThan(1e-3);
  });
});
