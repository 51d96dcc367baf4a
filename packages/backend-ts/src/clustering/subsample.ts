import type { Vectors } from '../node.js';
import { randPerm } from '../random/rand-perm.js';
import { gatherRows, type RowView, viewRows } from './row-view.js';

/**
 * `view` cut down to `max` rows by a seeded permutation, or `view` itself if it has no more.
 * @see faiss/utils/utils.cpp, fvecs_maybe_subsample
 */
export function subsample<V extends Vectors>(view: RowView<V>, max: number, seed: number): RowView<V> {
  if (view.n <= max) return view;
  const picked = randPerm(view.n, seed).slice(0, max);
  const { order } = view;
  return { ...view, n: max, order: order ? picked.map((i) => order[i]!) : picked };
}

/**
 * At most `nmax` rows of `x`, `(n, d)` row-major: `x` itself if it has no more, else a copy of the rows that
 * {@link subsample} picks, in its order.
 * @param seed - 1234 is what faiss uses
 */
export function maybeSubsample(x: Float32Array, d: number, nmax: number, seed: number): Float32Array {
  const n = x.length / d;
  if (n <= nmax) return x;
  const kept = new Float32Array(nmax * d);
  gatherRows(subsample(viewRows(x, n, d), nmax, seed), 0, nmax, kept);
  return kept;
}
