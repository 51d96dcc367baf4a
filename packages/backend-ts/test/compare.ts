import type { SearchResult } from '@lutra/core';

/** One side's results, `(nq, k)`. */
export type Table = Pick<SearchResult, 'distances' | 'labels' | 'k'>;

/** Distances closer than this share of the larger one are equal: the order of float sums differs between engines. */
export const RELATIVE = 1e-5;

export function close(a: number, b: number, scale: number): boolean {
  return Math.abs(a - b) <= RELATIVE * Math.max(Math.abs(a), Math.abs(b), scale);
}

/**
 * What is wrong with query `q` of `found` against `truth`, or undefined: distances must agree rank by rank, labels as
 * sets inside each group of equal distances; the group that the k-th rank cuts may differ in labels.
 * @param scale - a distance whose rounding error is the floor, for values that cancel to nearly zero
 */
export function fault(found: Table, truth: Table, q: number, scale: number): string | undefined {
  const { k } = truth;
  const at = (i: number) => q * k + i;
  for (let i = 0; i < k; i++) {
    const [a, b] = [found.distances[at(i)]!, truth.distances[at(i)]!];
    const missing = truth.labels[at(i)] === -1;
    if (missing !== (found.labels[at(i)] === -1))
      return `rank ${i}: label ${found.labels[at(i)]}, wanted ${truth.labels[at(i)]}`;
    if (!missing && !close(a, b, scale)) return `rank ${i}: distance ${a}, wanted ${b}`;
  }
  for (let start = 0; start < k; ) {
    let end = start + 1;
    while (end < k && close(truth.distances[at(end)]!, truth.distances[at(end - 1)]!, scale)) end++;
    const cut = end === k && truth.labels[at(k - 1)] !== -1;
    const wanted = new Set(truth.labels.subarray(at(start), at(end)));
    const strangers = [...found.labels.subarray(at(start), at(end))].filter((label) => !wanted.has(label));
    if (strangers.length > 0 && !cut)
      return `ranks ${start} to ${end - 1}: labels ${strangers}, wanted ${[...wanted]}`;
    start = end;
  }
  return undefined;
}

/** Whether the candidates of two base searches differ in nothing but which of those tied at the last rank they took. */
export function sameCandidates(a: Table, b: Table, q: number, scale: number): boolean {
  return strangersAreTied(a, b, q, scale) && strangersAreTied(b, a, q, scale);
}

function strangersAreTied(a: Table, b: Table, q: number, scale: number): boolean {
  const known = new Set(b.labels.subarray(q * b.k, (q + 1) * b.k));
  const last = a.distances[(q + 1) * a.k - 1]!;
  for (let i = q * a.k; i < (q + 1) * a.k; i++) {
    if (!known.has(a.labels[i]!) && !close(a.distances[i]!, last, scale)) return false;
  }
  return true;
}
