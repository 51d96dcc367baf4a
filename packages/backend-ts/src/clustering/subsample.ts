import { randPerm } from '../random/rand-perm.js';
import type { RowView } from './row-view.js';

/**
 * `view` cut down to `max` rows by a seeded permutation, or `view` itself if it has no more.
 * @see faiss/utils/utils.cpp, fvecs_maybe_subsample
 */
export function subsample(view: RowView, max: number, seed: number): RowView {
  if (view.n <= max) return view;
  const picked = randPerm(view.n, seed).slice(0, max);
  const { order } = view;
  return { ...view, n: max, order: order ? picked.map((i) => order[i]!) : picked };
}
