import { isSimilarity, MISSING_LABEL } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from './engine.js';
import type { ResultTable } from './node.js';
import { type Outcome, type Selection, writeResults, writeSorted } from './selection.js';

/** What a part of the work left of one query's candidates: the `k` best of that part, and those that tie with the last. */
export interface Kept {
  readonly k: number;
  readonly keys: Int32Array<ArrayBuffer>;
  /** Places in the whole, by which ties are settled; no two candidates have the same. */
  readonly positions: Uint32Array<ArrayBuffer>;
  readonly distances: Float32Array<ArrayBuffer>;
  readonly labels: Float64Array<ArrayBuffer>;
}

/**
 * One search divided over threads: each reads its share of the lists or rows, and one puts together what they kept. Both run
 * the same tree of nodes over the same queries; the node that reads the lists or rows asks here what to do with them.
 */
export interface Division {
  /** The share to read; undefined where nothing is to be read, as the others have done so. */
  readonly share: Share | undefined;
  /** Done with the candidates of the next query, which are written to `out` if they are complete, and padded if not. */
  settle(candidates: Candidates, out: ResultTable, offset: number): void;
  /** The labels of the k best of the next query, u32, to `to`; how many there are. */
  settleIds(candidates: Candidates, to: Ptr): number;
}

/**
 * Nanoseconds a byte of stored vectors, of the kinds of scan; measured on one machine, for when to divide a search, never for
 * what it finds.
 */
export const SCAN_NANOS = { bounds: 0.012, floats: 0.1, fastScan: 0.08, codes: 1 } as const;

/** Part `part` of `of`. */
export interface Share {
  readonly part: number;
  readonly of: number;
}

/** Candidates of query `q` as a node has selected them. */
export interface Candidates {
  readonly engine: Engine;
  readonly selection: Selection;
  readonly q: number;
  readonly outcome: Outcome;
}

/** Which of `n` rows are to be read, from the first of a group of `group` on: all, a share, or none where others have done so. */
export function rowsOf(
  n: number,
  group: number,
  division: Division | undefined,
): { from: number; to: number } {
  if (!division) return { from: 0, to: n };
  if (!division.share) return { from: 0, to: 0 };
  const { part, of } = division.share;
  const groups = Math.ceil(n / group);
  const start = (i: number) => Math.min(n, Math.round((groups * i) / of) * group);
  return { from: start(part), to: start(part + 1) };
}

/** Writes what has been selected for a query, or hands it to the division that the search is part of. */
export function finish(
  candidates: Candidates,
  division: Division | undefined,
  out: ResultTable,
  offset: number,
): void {
  const { engine, selection, q, outcome } = candidates;
  if (division) division.settle(candidates, out, offset);
  else writeResults(engine, selection, q, outcome, out, offset);
}

/** The side of a thread that reads a share: keeps what it finds, and gives the nodes above nothing. */
export class PartOfSearch implements Division {
  readonly share: Share;
  /** A member a query, in order. */
  readonly kept: Kept[] = [];

  constructor(share: Share) {
    this.share = share;
  }

  settle(candidates: Candidates, out: ResultTable, offset: number): void {
    this.#keep(candidates);
    out.labels.fill(MISSING_LABEL, offset, offset + candidates.outcome.k);
  }

  settleIds(candidates: Candidates): number {
    this.#keep(candidates);
    return 0;
  }

  #keep({ engine, selection, q, outcome }: Candidates): void {
    const n = selection.take(q);
    const { words } = engine;
    const keys = words.slice(selection.keys(q), selection.keys(q) + n);
    const at = selection.positions(q);
    const positions = Uint32Array.from(words.subarray(at, at + n), (position) => position >>> 0);
    const distances = Float32Array.from(keys, (key) => outcome.distance(key));
    const labels = Float64Array.from(positions, (position) => outcome.label(position));
    this.kept.push({ k: outcome.k, keys: Int32Array.from(keys), positions, distances, labels });
  }

  /** The buffers of all that was kept. */
  get buffers(): ArrayBuffer[] {
    return this.kept.flatMap((kept) => [
      kept.keys.buffer,
      kept.positions.buffer,
      kept.distances.buffer,
      kept.labels.buffer,
    ]);
  }
}

/** The side that puts the parts together: the candidates that one thread would have kept, to the last tie. */
export class WholeSearch implements Division {
  readonly share: undefined;
  readonly #parts: readonly (readonly Kept[])[];
  #next = 0;

  /** @param parts - what each part kept, a member a query */
  constructor(parts: readonly (readonly Kept[])[]) {
    this.#parts = parts;
  }

  settle({ outcome }: Candidates, out: ResultTable, offset: number): void {
    const { n, words, at } = this.#merged();
    const distances = new Map<number, number>();
    for (let i = 0; i < n; i++) distances.set(words[i]!, at[i]!.distance);
    const merged = {
      k: outcome.k,
      metric: outcome.metric,
      distance: (key: number) => distances.get(key)!,
      label: (i: number) => at[i]!.label,
    };
    writeSorted({ words, keys: 0, positions: n, found: n }, merged, out, offset);
  }

  settleIds({ engine, outcome: { k, metric } }: Candidates, to: Ptr): number {
    const { n, words, at } = this.#merged();
    const ids = engine.memory.u32(to, k);
    let sure = n > k ? 0 : n;
    while (n > k && words[sure] !== words[n - 1]) sure++;
    for (let i = 0; i < sure; i++) ids[i] = at[i]!.label;
    if (n <= k) return n;
    const tied = at.slice(sure).map(({ label }) => label);
    tied.sort((a, b) => (isSimilarity(metric) ? b - a : a - b));
    ids.set(tied.slice(0, k - sure), sure);
    return k;
  }

  /** The candidates of the next query, best first: their keys, and then their numbers in `at`, in `words`. */
  #merged(): { n: number; words: Int32Array; at: Candidate[] } {
    const q = this.#next++;
    const all = this.#parts.flatMap((part) => candidatesOf(part[q]!));
    const at = keepBest(all, this.#parts[0]![q]!.k);
    const n = at.length;
    const words = new Int32Array(2 * n);
    for (let i = 0; i < n; i++) {
      words[i] = at[i]!.key;
      words[n + i] = i;
    }
    return { n, words, at };
  }
}

interface Candidate {
  readonly key: number;
  readonly position: number;
  readonly distance: number;
  readonly label: number;
}

function candidatesOf({ keys, positions, distances, labels }: Kept): Candidate[] {
  return Array.from(keys, (key, i) => ({
    key,
    position: positions[i]!,
    distance: distances[i]!,
    label: labels[i]!,
  }));
}

/**
 * What a reservoir that had seen all of them would hold, best first (see `Kernels.reservoirStart`). Each part has kept at
 * least its share of that: its own k-th key is no better, and its own k-th position no earlier.
 */
function keepBest(all: Candidate[], k: number): Candidate[] {
  all.sort((a, b) => a.key - b.key || a.position - b.position);
  if (all.length < k) return all;
  const limit = all[k - 1]!.key;
  const within = all.filter(({ key }) => key <= limit);
  const last = within.map(({ position }) => position).sort((a, b) => a - b)[k - 1]!;
  return within.filter(({ key, position }) => key < limit || position <= last);
}
