import { RandomGenerator } from '../random/mt19937.js';

const EPSILON = 1 / 1024;

/**
 * Gives every empty cluster half of a full one, drawn with a chance that grows with its size, and moves the two
 * centroids a little apart. Changes `counts` `(k)` and `centroids` `(k, d)`; `n` is the number of points.
 * @returns how many clusters were empty
 * @see faiss/Clustering.cpp, split_clusters
 */
export function splitEmptyClusters(
  counts: Float32Array,
  centroids: Float32Array,
  options: { k: number; d: number; n: number; seed: number },
): number {
  const { k, d, n, seed } = options;
  const random = new RandomGenerator(seed);
  let splits = 0;
  for (let empty = 0; empty < k; empty++) {
    if (counts[empty] !== 0) continue;
    const donor = drawDonor(counts, k, n, random);
    centroids.copyWithin(empty * d, donor * d, (donor + 1) * d);
    for (let j = 0; j < d; j++) {
      const up = j % 2 === 0 ? empty : donor;
      const down = j % 2 === 0 ? donor : empty;
      centroids[up * d + j]! *= 1 + EPSILON;
      centroids[down * d + j]! *= 1 - EPSILON;
    }
    counts[empty] = counts[donor]! / 2;
    counts[donor]! -= counts[empty]!;
    splits++;
  }
  return splits;
}

function drawDonor(counts: Float32Array, k: number, n: number, random: RandomGenerator): number {
  for (let tries = 0, j = 0; tries < 10 * k; tries++, j = (j + 1) % k) {
    const chance = Math.fround((counts[j]! - 1) / (n - k));
    if (random.randFloat() < chance) return j;
  }
  let largest = 0;
  for (let j = 1; j < k; j++) if (counts[j]! > counts[largest]!) largest = j;
  return largest;
}
