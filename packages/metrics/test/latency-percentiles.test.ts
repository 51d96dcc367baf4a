import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { latencyPercentiles } from '../src/index.js';

describe('latencyPercentiles', () => {
  it('interpolates as numpy does', () => {
    // numpy.percentile([15, 20, 35, 40, 50], [50, 90, 95, 99]) = [35, 46, 48, 49.6]
    const summary = latencyPercentiles([40, 15, 50, 20, 35]);
    expect(summary).toMatchObject({ n: 5, mean: 32, min: 15, max: 50 });
    expect(summary.percentiles.p50).toBe(35);
    expect(summary.percentiles.p90).toBeCloseTo(46, 12);
    expect(summary.percentiles.p95).toBeCloseTo(48, 12);
    expect(summary.percentiles.p99).toBeCloseTo(49.6, 12);
  });

  it('takes other percentiles, by name and by type', () => {
    const { percentiles } = latencyPercentiles(Float64Array.of(1, 2), [0, 99.9, 100]);
    expectTypeOf(percentiles).toEqualTypeOf<Readonly<Record<'p0' | 'p99.9' | 'p100', number>>>();
    expect(Object.keys(percentiles)).toEqual(['p0', 'p99.9', 'p100']);
    expect([percentiles.p0, percentiles.p100]).toEqual([1, 2]);
  });

  it('leaves the samples in their order, and does with one', () => {
    const samples = [3, 1, 2];
    latencyPercentiles(samples);
    expect(samples).toEqual([3, 1, 2]);
    expect(latencyPercentiles([7]).percentiles).toEqual({ p50: 7, p90: 7, p95: 7, p99: 7 });
  });

  it('rises with p, from min to max', () => {
    const samples = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(samples, (values) => {
        const { min, max, mean, percentiles } = latencyPercentiles(values, [0, 10, 50, 90, 100]);
        const { p0, p10, p50, p90, p100 } = percentiles;
        expect(p0).toBe(min);
        expect(p100).toBe(max);
        expect(p10 <= p50 && p50 <= p90).toBe(true);
        expect(mean).toBeGreaterThanOrEqual(min - 1e-6);
        expect(mean).toBeLessThanOrEqual(max + 1e-6);
      }),
    );
  });

  it.each([
    [[], [50]],
    [[1, Number.NaN], [50]],
    [[1, Infinity], [50]],
    [[1], [101]],
    [[1], [-1]],
    [[1], [Number.NaN]],
  ])('refuses samples %j with percentiles %j', (samples, percentiles) => {
    expect(() => latencyPercentiles(samples, percentiles)).toThrowError(
      expect.objectContaining({ code: 'ARGUMENT' }),
    );
  });
});
