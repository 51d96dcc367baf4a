import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exactSearch } from '../src/index.js';
import { naiveSearch } from './naive.js';

// Few distinct values make duplicates and ties; the odd magnitudes make cancellation, overflow and subnormals.
const coarse = fc.integer({ min: -2, max: 2 });
const wild = fc.oneof(
  fc.float({ noNaN: true }),
  fc.constantFrom(0, -0, 1e-45, -1e-20, 1, 1 + 2 ** -23, 3e38, -3e38, Number.NaN, Infinity, -Infinity),
);
// Far from the origin the expansion of the square cancels; near it products are too small for float32.
const far = fc.integer({ min: -40, max: 40 }).map((x) => 1000 + x / 64);
const tiny = fc.integer({ min: -9, max: 9 }).map((x) => x * 1e-20);
// One unit in the last place or two apart: what even a float64 expansion confuses.
const close = fc.integer({ min: 0, max: 3 }).map((x) => 1 + x * 2 ** -23);
const shape = fc.record({
  d: fc.oneof(fc.integer({ min: 1, max: 19 }), fc.integer({ min: 64, max: 67 })),
  n: fc.integer({ min: 0, max: 40 }),
  nq: fc.integer({ min: 0, max: 9 }),
  k: fc.integer({ min: 1, max: 12 }),
  blockRows: fc.integer({ min: 1, max: 17 }),
  metric: fc.constantFrom('l2' as const, 'ip' as const),
});
const cases = shape.chain((s) =>
  fc.constantFrom<fc.Arbitrary<number>>(coarse, wild, far, tiny, close).chain((value) =>
    fc.record({
      shape: fc.constant(s),
      base: fc.array(value, { minLength: s.n * s.d, maxLength: s.n * s.d }).map((v) => Float32Array.from(v)),
      queries: fc
        .array(value, { minLength: s.nq * s.d, maxLength: s.nq * s.d })
        .map((v) => Float32Array.from(v)),
    }),
  ),
);

it('equals the naive float64 search, whatever the blocks (exact)', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ shape: { d, k, metric, blockRows }, base, queries }) => {
      const found = await exactSearch(base, queries, { d, k, metric, blockRows });
      expect(found).toEqual(naiveSearch(base, queries, d, k, metric));
    }),
    { numRuns: 300 },
  );
});

it('equals it with a float32 kernel that expands the square (exact)', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ shape: { d, k, metric, blockRows }, base, queries }) => {
      const distanceBlock = float32Kernel(metric);
      const found = await exactSearch(base, queries, { d, k, metric, blockRows, distanceBlock });
      expect(found).toEqual(naiveSearch(base, queries, d, k, metric));
    }),
    { numRuns: 300 },
  );
});

/** The worst kernel allowed: every step rounded to float32, subnormals flushed, l2 by the expansion that cancels. */
function float32Kernel(metric: 'l2' | 'ip') {
  const flush = (x: number) => (Math.abs(x) < 2 ** -126 ? 0 : Math.fround(x));
  const dot = (a: Float32Array, b: Float32Array) => {
    let sum = 0;
    for (let t = 0; t < a.length; t++) sum = flush(sum + flush(a[t]! * b[t]!));
    return sum;
  };
  return (queries: Float32Array, base: Float32Array, d: number, out: Float32Array) => {
    const nb = base.length / d;
    expect(out).toHaveLength((queries.length / d) * nb);
    for (let at = 0; at < out.length; at++) {
      const q = queries.subarray(Math.floor(at / nb) * d).subarray(0, d);
      const b = base.subarray((at % nb) * d).subarray(0, d);
      const ip = dot(q, b);
      out[at] = metric === 'ip' ? ip : flush(flush(dot(q, q) + dot(b, b)) - 2 * ip);
    }
  };
}
