import { LutraError } from '@lutra/core';
import { assertFinite } from '../checks.js';

/** A summary of times, in the unit of the samples. `P` are the percentiles asked for. */
export interface LatencySummary<P extends number = number> {
  readonly n: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** By name: `p50`, `p99`, `p99.9`. */
  readonly percentiles: Readonly<Record<`p${P}`, number>>;
}

const DEFAULT_PERCENTILES = [50, 90, 95, 99] as const;

/**
 * Mean, extremes and percentiles of measured times.
 *
 * Percentiles interpolate linearly between the two samples around position `(n − 1) · p / 100`, as numpy does by
 * default: p0 is the least, p100 the greatest. With few samples the high ones say little: p99 of 20 samples lies
 * between the two slowest.
 * @param samples - at least one finite number, in any order; not modified
 * @param percentiles - each 0 to 100; 50, 90, 95 and 99 unless told
 * @throws LutraError `ARGUMENT` for no samples, a sample that is not finite, or a percentile out of range
 */
export function latencyPercentiles<const P extends readonly number[] = typeof DEFAULT_PERCENTILES>(
  samples: ArrayLike<number>,
  percentiles?: P,
): LatencySummary<P[number]> {
  const sorted = sortedSamples(samples);
  const values: Record<string, number> = {};
  for (const p of percentiles ?? DEFAULT_PERCENTILES) values[`p${p}`] = percentile(sorted, p);
  let sum = 0;
  for (const value of sorted) sum += value;
  const n = sorted.length;
  return {
    n,
    mean: sum / n,
    min: sorted[0]!,
    max: sorted[n - 1]!,
    percentiles: values as Record<`p${P[number]}`, number>,
  };
}

function sortedSamples(samples: ArrayLike<number>): Float64Array {
  if (samples.length === 0) {
    const expected = 'at least one sample';
    throw new LutraError('ARGUMENT', `latencyPercentiles: samples must have ${expected}, got 0`, {
      argument: 'samples',
      expected,
    });
  }
  const sorted = new Float64Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    assertFinite('latencyPercentiles', `samples[${i}]`, samples[i], -Infinity);
    sorted[i] = samples[i]!;
  }
  return sorted.sort();
}

function percentile(sorted: Float64Array, p: number): number {
  if (!(p >= 0 && p <= 100)) {
    const expected = '0 to 100';
    throw new LutraError('ARGUMENT', `latencyPercentiles: a percentile must be ${expected}, got ${p}`, {
      argument: 'percentiles',
      value: p,
      expected,
    });
  }
  const position = ((sorted.length - 1) * p) / 100;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}
