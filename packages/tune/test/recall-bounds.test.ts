import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../src/measure/normal-quantile.js';
import { seededRandom } from '../src/measure/random.js';
import { recallBounds } from '../src/measure/recall-bounds.js';

describe('normalQuantile', () => {
  it.each([
    [0.5, 0],
    [0.9, 1.2815515655446004],
    [0.95, 1.6448536269514722],
    [0.99, 2.3263478740408408],
    [0.999999, 4.753424308822899],
    [0.01, -2.3263478740408408],
  ])('of %d is %d', (p, z) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-7);
  });
});

describe('recallBounds', () => {
  /** A query's recall: its k results fail together, the more so the harder it is. */
  const draw = (random: () => number, k: number, easy: number): number => {
    const hard = random() ** easy;
    let hits = 0;
    for (let j = 0; j < k; j++) if (random() > 0.5 * hard) hits++;
    return hits / k;
  };

  it.each([
    [0.95, 200, 10, 6],
    [0.95, 1000, 10, 10],
    [0.99, 1000, 10, 10],
    [0.99, 500, 1, 20],
    [0.99, 2000, 10, 60],
    [0.95, 300, 8, 100],
  ])('hold with confidence %d for %d queries, k %d', (confidence, n, k, easy) => {
    const random = seededRandom(7);
    const truth = 1 - 0.5 / (easy + 1); // mean of 1 − hard / 2
    const trials = 1000;
    let [above, below] = [0, 0];
    for (let t = 0; t < trials; t++) {
      const { low, high } = recallBounds(
        Float64Array.from({ length: n }, () => draw(random, k, easy)),
        confidence,
      );
      if (low > truth) above++;
      if (high < truth) below++;
    }
    // three standard deviations of a count of errors at the rate allowed
    const allowed = trials * (1 - confidence);
    expect(above).toBeLessThanOrEqual(allowed + 3 * Math.sqrt(allowed));
    expect(below).toBeLessThanOrEqual(2 * allowed + 3 * Math.sqrt(2 * allowed));
  });

  it('are no wider than queries as single trials would make them, and not empty', () => {
    const random = seededRandom(3);
    const recalls = Float64Array.from({ length: 1000 }, () => draw(random, 10, 10));
    const { recall, low, high } = recallBounds(recalls, 0.99);
    const single = 2.326 * Math.sqrt((recall * (1 - recall)) / 1000);
    expect(recall - low).toBeGreaterThan(0.1 * single);
    expect(recall - low).toBeLessThan(0.7 * single);
    expect(high).toBeGreaterThan(recall);
  });

  it('do not say that all is found because all was found so far', () => {
    expect(recallBounds(new Float64Array(100).fill(1), 0.99).low).toBeLessThan(0.96);
    expect(recallBounds(new Float64Array(10_000).fill(1), 0.99).low).toBeGreaterThan(0.999);
    expect(recallBounds([1], 0.99).low).toBeLessThan(0.5);
    expect(recallBounds([0], 0.99)).toMatchObject({ recall: 0, low: 0 });
  });

  it('enclose the recall, stay in 0 to 1, and widen with confidence', () => {
    const recalls = fc.array(
      fc.integer({ min: 0, max: 10 }).map((hits) => hits / 10),
      { minLength: 1, maxLength: 300 },
    );
    fc.assert(
      fc.property(recalls, (values) => {
        const [loose, strict] = [recallBounds(values, 0.9), recallBounds(values, 0.999)];
        for (const { recall, low, high } of [loose, strict]) {
          expect(low).toBeGreaterThanOrEqual(0);
          expect(low).toBeLessThanOrEqual(recall);
          expect(high).toBeGreaterThanOrEqual(recall);
          expect(high).toBeLessThanOrEqual(1);
        }
        expect(strict.low).toBeLessThanOrEqual(loose.low);
      }),
    );
  });
});
