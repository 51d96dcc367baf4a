/*
 * Queries with their true neighbours, which recall is measured against: those kept out of the set, or some of its rows,
 * none of which is its own neighbour then.
 */
import type { Backend, SearchResult } from '@lutra/core';
import { cosineNormalize, exactSearch } from '@lutra/metrics';
import { exactByBackend } from '@lutra/tune';
import { randPerm } from 'lutra';
import type { Dataset } from './dataset.js';
import type { Call } from './serve.js';

/** Results that the page shows at most. */
export const MOST_RESULTS = 20;

const MOST_QUERIES = 1000;
const FEWEST_QUERIES = 64;
/** Multiplications that finding the true neighbours may take. */
const WORK = 2e10;
const SEED = 4321;

export interface Trial {
  /** `(nq, d)`, as the index takes them. */
  readonly queries: Float32Array;
  readonly nq: number;
  /** The rows that the queries are; undefined for queries that are not in the set. */
  readonly own: Float64Array | undefined;
  /** Row numbers `(nq, k)` without the queries' own. */
  readonly truth: {
    readonly labels: Float64Array;
    readonly distances: Float32Array;
    readonly nq: number;
    readonly k: number;
  };
}

interface TrialOptions {
  readonly metric: 'l2' | 'ip';
  readonly scaled: boolean;
  readonly exact: Backend;
}

export async function makeTrial(
  dataset: Dataset,
  options: TrialOptions,
  { signal, step }: Call,
): Promise<Trial> {
  const { rows, heldOut, info } = dataset;
  const { n, d } = info;
  const most = Math.min(MOST_QUERIES, Math.max(FEWEST_QUERIES, Math.floor(WORK / (n * d))));
  const own = heldOut ? undefined : Float64Array.from(randPerm(n, SEED).subarray(0, most)).sort();
  const queries = own ? takenRows(rows, d, own) : spread(heldOut!, d, most);
  const nq = queries.length / d;
  const k = Math.max(1, Math.min(MOST_RESULTS, n - (own ? 1 : 0)));
  const prepared = (x: Float32Array): Float32Array => (options.scaled ? cosineNormalize(x, d) : x);
  const found = await exactByBackend(options.exact)(prepared(rows), prepared(queries), {
    ...{ d, k: Math.min(n, k + (own ? 1 : 0)), metric: options.metric, signal },
    onProgress: (p) => step({ ...p, stage: 'true neighbours' }),
  });
  return { queries, nq, own, truth: withoutOwn(found, own, k) };
}

/** `most` of the held-out vectors, evenly spread. */
function spread(x: Float32Array, d: number, most: number): Float32Array {
  const n = x.length / d;
  if (n <= most) return x;
  return takenRows(
    x,
    d,
    Float64Array.from({ length: most }, (_, i) => Math.floor((i * n) / most)),
  );
}

function takenRows(rows: Float32Array, d: number, which: Float64Array): Float32Array {
  const out = new Float32Array(which.length * d);
  which.forEach((row, i) => {
    out.set(rows.subarray(row * d, (row + 1) * d), i * d);
  });
  return out;
}

/** The first k results of each query but the query itself. */
export function withoutOwn(
  found: SearchResult,
  own: ArrayLike<number> | undefined,
  k: number,
): Trial['truth'] {
  const labels = new Float64Array(found.nq * k).fill(-1);
  const distances = new Float32Array(found.nq * k);
  for (let query = 0; query < found.nq; query++) {
    let to = query * k;
    for (let j = 0; j < found.k && to < (query + 1) * k; j++) {
      const from = query * found.k + j;
      if (own && found.labels[from] === own[query]) continue;
      labels[to] = found.labels[from]!;
      distances[to++] = found.distances[from]!;
    }
  }
  return { labels, distances, nq: found.nq, k };
}

/** The true neighbours of one vector, as rows, nearest first. */
export async function trueNeighbours(
  { rows, info: { n, d } }: Dataset,
  x: Float32Array,
  { metric, scaled, k }: { metric: 'l2' | 'ip'; scaled: boolean; k: number },
  signal: AbortSignal,
): Promise<SearchResult> {
  const base = scaled ? normalizedBlocks(rows, d) : rows;
  const query = scaled ? cosineNormalize(x, d) : x;
  return exactSearch(base, query, { d, k: Math.min(k, n), metric, signal });
}

async function* normalizedBlocks(rows: Float32Array, d: number): AsyncGenerator<Float32Array> {
  const block = 4096 * d;
  for (let at = 0; at < rows.length; at += block) yield cosineNormalize(rows.subarray(at, at + block), d);
}
