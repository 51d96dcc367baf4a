import { FLT_MAX, isSimilarity, type Metric, MISSING_LABEL, missingDistance } from '@lutra/core';
import { type Ptr, reservoirBytes, reservoirKeys, reservoirPositions } from '@lutra/kernels';
import type { Engine } from './engine.js';
import type { ResultTable } from './node.js';

/** Queries that are looked at together at most: they share what is read of the index. */
export const QUERIES_AT_ONCE = 512;
/** Bytes of the reservoirs of the queries that are looked at together, unless one alone needs more. */
const MAX_BYTES = 8 * 2 ** 20;

/** How many queries to look at together when each keeps `k` candidates. */
export function queriesAtOnce(k: number): number {
  return Math.max(1, Math.min(QUERIES_AT_ONCE, Math.floor(MAX_BYTES / reservoirBytes(k))));
}

/**
 * The k best candidates of some queries, a reservoir in scratch memory each. What is kept does not depend on the order in
 * which candidates come: smaller keys win, and among equal keys smaller positions.
 */
export class Selection {
  readonly #engine: Engine;
  readonly #name: string;
  #ptr: Ptr = 0;
  #k = 0;
  #bytes = 0;

  /** @param name - of the scratch area */
  constructor(engine: Engine, name: string) {
    this.#engine = engine;
    this.#name = name;
  }

  /** How many of the best each reservoir keeps. */
  get k(): number {
    return this.#k;
  }

  /** Empties the reservoirs of `nq` queries for the k best each, of keys up to `threshold`. */
  start(nq: number, k: number, threshold: number): void {
    this.#k = k;
    this.#bytes = reservoirBytes(k);
    this.#ptr = this.#engine.scratch(this.#name, nq * this.#bytes);
    for (let q = 0; q < nq; q++) this.#engine.kernels.reservoirStart(this.reservoir(q), k, threshold);
  }

  reservoir(q: number): Ptr {
    return this.#ptr + q * this.#bytes;
  }

  /** The float key threshold of query q as a float: larger ones are not taken. */
  threshold(q: number): number {
    return reservoirLimit(this.#engine, this.reservoir(q));
  }

  /** Cuts query q's candidates down to the k best and returns how many there are. */
  take(q: number): number {
    return this.#engine.kernels.reservoirTake(this.reservoir(q));
  }

  /** The same, best first. */
  sort(q: number): number {
    return this.#engine.kernels.reservoirSort(this.reservoir(q));
  }

  /**
   * Writes the ids of query q's k best, u32, to `to`, in no order, and returns how many they are; the query's candidates are spent. See
   * `Kernels.takeIds`: a position is an id, unless it is one in lists.
   */
  takeIds(q: number, greatest: boolean, to: Ptr, lists: IdLists = NO_LISTS): number {
    return this.#engine.kernels.takeIds(
      this.reservoir(q),
      greatest,
      lists.starts,
      lists.ids,
      lists.count,
      to,
    );
  }

  /** Index of query q's first key in {@link Engine.words}. */
  keys(q: number): number {
    return reservoirKeys(this.reservoir(q)) >>> 2;
  }

  /** Index of query q's first position in {@link Engine.words}. */
  positions(q: number): number {
    return reservoirPositions(this.reservoir(q), this.k) >>> 2;
  }
}

/** Lists that positions are in, as `Kernels.takeIds` wants them: where each starts, where its ids are. */
export interface IdLists {
  readonly starts: Ptr;
  readonly ids: Ptr;
  readonly count: number;
}

const NO_LISTS: IdLists = { starts: 0, ids: 0, count: 0 };

/** The threshold of a reservoir of float keys: once it has k, the k-th best of them after a take. */
export function reservoirLimit(engine: Engine, reservoir: Ptr): number {
  return floatOfKey(engine.words[(reservoir >>> 2) + 3]!);
}

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** The float32 that a float key stands for. */
export function floatOfKey(key: number): number {
  bits[0] = key ^ ((key >> 31) & 0x7fffffff);
  return float[0]!;
}

/** How the candidates of a selection become results. */
export interface Outcome {
  readonly k: number;
  readonly metric: Metric;
  /** The distance that a key stands for. */
  distance(key: number): number;
  label(position: number): number;
}

/** A float key of `metric` as a distance. */
export function floatDistance(metric: Metric): (key: number) => number {
  return isSimilarity(metric) ? (key) => 0 - floatOfKey(key) : floatOfKey;
}

/**
 * Writes the k best of query q from `offset` on, best first and padded. Equal distances come by label, ascending, or
 * descending for a similarity, and of more than fit those at the front: as faiss gives them out.
 */
export function writeResults(
  engine: Engine,
  selection: Selection,
  q: number,
  outcome: Outcome,
  out: ResultTable,
  offset: number,
): void {
  const found = selection.sort(q);
  const sorted = { words: engine.words, keys: selection.keys(q), positions: selection.positions(q), found };
  writeSorted(sorted, outcome, out, offset);
}

/** `found` candidates, best first: their keys and their positions in `words` from two indices on. */
export interface Sorted {
  readonly words: Int32Array;
  readonly keys: number;
  readonly positions: number;
  readonly found: number;
}

/** {@link writeResults} of candidates that are in order. */
export function writeSorted(
  { words, keys, positions, found }: Sorted,
  outcome: Outcome,
  out: ResultTable,
  offset: number,
): void {
  const { k, metric } = outcome;
  const { distances, labels } = out;
  const n = Math.min(found, k);
  for (let i = 0; i < n; i++) {
    distances[offset + i] = outcome.distance(words[keys + i]!);
    labels[offset + i] = outcome.label(words[positions + i]! >>> 0);
  }
  if (n < k) {
    distances.fill(missingDistance(metric), offset + n, offset + k);
    labels.fill(MISSING_LABEL, offset + n, offset + k);
  }
  for (let from = 0; from < n; ) {
    let to = from + 1;
    while (to < found && words[keys + to] === words[keys + from]) to++;
    if (to - from > 1) {
      const tied = tiedLabels(words, positions + from, to - from, outcome);
      labels.set(tied.subarray(0, Math.min(to, n) - from), offset + from);
    }
    from = to;
  }
}

/** The labels of candidates with equal keys, in the order in which faiss prefers them. */
function tiedLabels(
  words: Int32Array,
  positions: number,
  n: number,
  outcome: Pick<Outcome, 'metric' | 'label'>,
): Float64Array {
  const tied = Float64Array.from({ length: n }, (_, i) => outcome.label(words[positions + i]! >>> 0)).sort();
  return isSimilarity(outcome.metric) ? tied.reverse() : tied;
}

/**
 * Makes values that `filter` does not let pass as bad as a missing result, those aside that would not be taken anyway.
 * Value i has id `ids ? ids[i] : first + i`.
 */
export function maskFiltered(
  values: Float32Array,
  filter: (id: number) => boolean,
  options: { threshold: number; similarity: boolean; first: number; ids?: Float64Array | undefined },
): void {
  const { threshold, similarity, first, ids } = options;
  const missing = similarity ? -FLT_MAX : FLT_MAX;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (!((similarity ? -v : v) <= threshold)) continue;
    if (!filter(ids ? ids[i]! : first + i)) values[i] = missing;
  }
}
