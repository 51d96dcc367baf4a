import type { InvertedListsData } from '@lutra/core';

/** How the entries of an IVF are spread over its lists. */
export interface ListStatistics {
  readonly nlist: number;
  /** Entries in all lists together. */
  readonly entries: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Lists without an entry. */
  readonly empty: number;
  /** faiss's imbalance factor, `nlist · Σ len² / (Σ len)²`: 1 when all lists are alike; 0 without entries. */
  readonly imbalanceFactor: number;
}

function lengthsOf(lists: Exclude<InvertedListsData, { kind: 'missing' }>): Float64Array {
  if (lists.kind !== 'onDisk') return Float64Array.from(lists.ids, (ids) => ids.length);
  return lists.places.filter((_, i) => i % 3 === 0);
}

/** The statistics of lists that are there; undefined for missing ones. */
export function listStatistics(lists: InvertedListsData): ListStatistics | undefined {
  if (lists.kind === 'missing') return undefined;
  const lengths = lengthsOf(lists).sort();
  const n = lengths.length;
  let entries = 0;
  let squares = 0;
  let empty = 0;
  for (const length of lengths) {
    entries += length;
    squares += length * length;
    if (length === 0) empty++;
  }
  const lower = lengths[Math.floor((n - 1) / 2)] ?? 0;
  const upper = lengths[Math.floor(n / 2)] ?? 0;
  return {
    nlist: n,
    entries,
    min: lengths[0] ?? 0,
    median: (lower + upper) / 2,
    max: lengths[n - 1] ?? 0,
    empty,
    imbalanceFactor: entries === 0 ? 0 : (n * squares) / (entries * entries),
  };
}
