import { floatRandn } from '../../src/random/index.js';

/** The rows that the golden values were computed from: `(n, d)`, standard deviation `1 / (j + 1)`, mean 0.5. */
export function goldenRows(n: number, d: number, seed: number): Float32Array {
  const { fround } = Math;
  return floatRandn(n * d, seed).map((v, at) => fround(fround(v * fround(1 / ((at % d) + 1))) + 0.5));
}

/** The largest absolute difference. */
export function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce((worst, v, i) => Math.max(worst, Math.abs(v - b[i]!)), 0);
}

/** The sum of squared differences. */
export function squaredDistance(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0);
}
