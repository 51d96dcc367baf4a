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
