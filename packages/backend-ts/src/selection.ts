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

  /** Moves the `n` candidates left by a {@link take} with keys below the largest to the front; returns how many they are. */
  divide(q: number, n: number): number {
    const { words } = this.#engine;
    const keys = this.keys(q);
    const positions = this.positions(q);
    let worst = words[keys]!;
    for (let i = 1; i < n; i++) worst = Math.max(worst, words[keys + i]!);
    let front = 0;
    for (let i = 0; i < n; i++) {
      if (words[keys + i] === worst) continue;
      const position = words[positions + i]!;
      words[keys + i] = words[keys + front]!;
      words[positions + i] = words[positions + front]!;
      words[positions + front++] = position;
    }
    return front;
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
  distances.fill(missingDistance(metric), offset + n, offset + k);
  labels.fill(MISSING_LABEL, offset + n, offset + k);
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

/** Where the labels of candidates come from. */
export interface CandidateSource {
  readonly k: number;
  readonly metric: Metric;
  /** Writes the labels of the `n` positions (u32) at `from` to u32 at `to`. */
  labels(from: Ptr, n: number, to: Ptr): void;
}

/** Writes the labels of the k best of query q, u32, to `to`, in no order; returns how many. */
export function writeCandidates(
  engine: Engine,
  selection: Selection,
  q: number,
  source: CandidateSource,
  to: Ptr,
): number {
  const { k, metric } = source;
  const found = selection.take(q);
  const ties = engine.scratch('selection.tied', 2 * k * 4);
  if (found <= k) {
    source.labels(selection.positions(q) * 4, found, to);
    return found;
  }
  const sure = selection.divide(q, found);
  const positions = selection.positions(q) * 4;
  source.labels(positions, sure, to);
  source.labels(positions + sure * 4, found - sure, ties);
  const tied = engine.memory.u32(ties, found - sure).sort();
  engine.memory
    .u32(to, k)
    .set(isSimilarity(metric) ? tied.reverse().subarray(0, k - sure) : tied.subarray(0, k - sure), sure);
  return k;
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
