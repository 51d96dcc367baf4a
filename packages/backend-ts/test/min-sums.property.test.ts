import fc from 'fast-check';
import { expect, it } from 'vitest';
import { minSums } from '../src/nodes/min-sums.js';

const value = fc.oneof(
  fc.float({ min: 0, max: 8, noNaN: true }),
  fc.integer({ min: 0, max: 3 }),
  fc.constantFrom(-1e-6, -0, 0, 1e-40),
);

it('gives the k smallest sums of one value a part, ascending, each combination once', () => {
  fc.assert(
    fc.property(
      fc
        .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(1, 2, 4, 8))
        .chain(([M, ksub]) =>
          fc.tuple(
            fc.constant(M),
            fc.array(value, { minLength: M * ksub, maxLength: M * ksub }),
            fc.integer({ min: 1, max: ksub ** M }),
          ),
        ),
      ([M, values, k]) => {
        const table = Float32Array.from(values);
        const ksub = table.length / M;
        const sums = Array.from({ length: ksub ** M }, (_, label) => {
          let sum = 0;
          for (let m = 0, rest = label; m < M; m++, rest = Math.floor(rest / ksub)) {
            sum += table[m * ksub + (rest % ksub)]!;
          }
          return sum;
        });
        const out = { distances: new Float32Array(k + 2), labels: new Float64Array(k + 2).fill(-7) };
        minSums(table, M, k, out, 1);
        const labels = [...out.labels.subarray(1, k + 1)];
        expect(new Set(labels).size).toBe(k);
        expect([out.labels[0], out.labels[k + 1]]).toEqual([-7, -7]);
        const best = [...sums].sort((a, b) => a - b);
        for (let i = 0; i < k; i++) {
          expect(Math.abs(out.distances[i + 1]! - sums[labels[i]!]!)).toBeLessThan(1e-5);
          expect(Math.abs(out.distances[i + 1]! - best[i]!)).toBeLessThan(1e-5);
        }
      },
    ),
    { numRuns: 200 },
  );
});
