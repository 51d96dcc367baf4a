import { LutraError } from '@lutra/core';
import { RandomGenerator } from './mt19937.js';

/**
 * A random permutation of `0 … n - 1`, the same as faiss's `rand_perm`.
 * @param n - in `[0, 2 ** 31)`
 * @throws LutraError `ARGUMENT` for another n
 * @see `faiss/utils/random.cpp`
 */
export function randPerm(n: number, seed: number): Uint32Array {
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** 31) {
    const message = `randPerm: n is ${String(n)}, wanted a whole number from 0 to 2^31 - 1`;
    throw new LutraError('ARGUMENT', message, { argument: 'n', value: n });
  }
  const perm = new Uint32Array(n);
  for (let i = 0; i < n; i++) perm[i] = i;
  const random = new RandomGenerator(seed);
  for (let i = 0; i + 1 < n; i++) {
    const j = i + random.randIntMax(n - i);
    const kept = perm[i]!;
    perm[i] = perm[j]!;
    perm[j] = kept;
  }
  return perm;
}

/**
 * At most `nmax` rows of `x`, `(n, d)` row-major: `x` itself if it has no more, else a copy of the rows
 * `randPerm(n, seed)[0 … nmax - 1]` in that order, as faiss's `fvecs_maybe_subsample` draws them.
 * @param seed - 1234 is what faiss uses
 * @see `faiss/utils/utils.cpp`
 */
export function maybeSubsample(x: Float32Array, d: number, nmax: number, seed: number): Float32Array {
  const n = x.length / d;
  if (n <= nmax) return x;
  const perm = randPerm(n, seed);
  const kept = new Float32Array(nmax * d);
  for (let i = 0; i < nmax; i++) {
    const from = perm[i]! * d;
    kept.set(x.subarray(from, from + d), i * d);
  }
  return kept;
}
