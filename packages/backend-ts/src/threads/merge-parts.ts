import type { SearchResult } from '@lutra/core';

/** What a search found in a part of the rows, `(nq, k)`. */
export type Part = Pick<SearchResult, 'distances' | 'labels'>;

/** The k nearest of each query among those of all parts, by distance and then by label, into `out`, which is padded. */
export function mergeParts(parts: readonly Part[], out: SearchResult): void {
  const { nq, k } = out;
  for (let q = 0; q < nq; q++) {
    const found: { distance: number; label: number }[] = [];
    for (const { distances, labels } of parts) {
      for (let i = q * k; i < (q + 1) * k && labels[i]! >= 0; i++) {
        found.push({ distance: distances[i]!, label: labels[i]! });
      }
    }
    found.sort((a, b) => a.distance - b.distance || a.label - b.label);
    for (let i = 0; i < Math.min(k, found.length); i++) {
      out.distances[q * k + i] = found[i]!.distance;
      out.labels[q * k + i] = found[i]!.label;
    }
  }
}
