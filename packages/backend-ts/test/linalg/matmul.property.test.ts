import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multiply32, multiply64 } from '../../src/linalg/index.js';

function naive(
  a: Float64Array,
  b: Float64Array,
  {
    m,
    n,
    k,
    transposeA,
    transposeB,
  }: Record<'m' | 'n' | 'k', number> & Record<'transposeA' | 'transposeB', boolean>,
): number[] {
  const out: number[] = [];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum += a[transposeA ? p * m + i : i * k + p]! * b[transposeB ? j * k + p : p * n + j]!;
      }
      out.push(sum);
    }
  }
  return out;
}

/** Integers up to 8 in size: every sum is exact, whatever the order. */
const integers = (length: number, seed: number): Float64Array =>
  Float64Array.from(
    { length },
    (_, i) => (((Math.imul(i + 1, 2654435761) ^ Math.imul(seed, 40503)) >>> 8) % 17) - 8,
  );

const sizes = fc.record({
  m: fc.integer({ min: 1, max: 19 }),
  n: fc.integer({ min: 1, max: 19 }),
  // Past 256 the inner dimension is cut in blocks.
  k: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 250, max: 530 })),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
});

describe('multiply64', () => {
  it('is the sum of products, for each size and either transposition (exact)', () => {
    fc.assert(
      fc.property(sizes, fc.integer(), (shape, seed) => {
        const a = integers(shape.m * shape.k, seed);
        const b = integers(shape.k * shape.n, seed + 1);
        expect([...multiply64(a, b, shape)]).toEqual(naive(a, b, shape).map((v) => v + 0));
      }),
    );
  });

  it('computes the lower triangle when only that is wanted (exact)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 300 }), (n, k) => {
        const a = integers(n * k, 3);
        const whole = multiply64(a, a, { m: n, n, k, transposeB: true });
        const lower = multiply64(a, a, { m: n, n, k, transposeB: true, lowerOnly: true });
        for (let i = 0; i < n; i++) {
          expect(lower.subarray(i * n, i * n + i + 1)).toEqual(whole.subarray(i * n, i * n + i + 1));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('crosses the block of rows that one accumulator holds (exact)', () => {
    const shape = { m: 1100, n: 2000, k: 2 };
    const a = integers(shape.m * shape.k, 1);
    const b = integers(shape.k * shape.n, 2);
    const got = multiply64(a, b, shape);
    expect(
      got.every(
        (v, at) =>
          v ===
          a[2 * Math.floor(at / 2000)]! * b[at % 2000]! +
            a[2 * Math.floor(at / 2000) + 1]! * b[2000 + (at % 2000)]!,
      ),
    ).toBe(true);
  });

  it('refuses arrays of another size', () => {
    const shape = { m: 2, n: 2, k: 2 };
    expect(() => multiply64(new Float64Array(3), new Float64Array(4), shape)).toThrow(
      'a wants 4 elements, has 3',
    );
    expect(() => multiply64(new Float64Array(4), new Float64Array(5), shape)).toThrow(
      'b wants 4 elements, has 5',
    );
  });
});

describe('multiply32', () => {
  it('rounds the float64 sum once', () => {
    const a = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i));
    const b = Float32Array.from({ length: 300 }, (_, i) => Math.cos(i));
    const exact = multiply64(a, b, { m: 1, n: 1, k: 300 });
    expect(multiply32(a, b, 1, 1, 300, true)[0]).toBe(Math.fround(exact[0]!));
  });
});
