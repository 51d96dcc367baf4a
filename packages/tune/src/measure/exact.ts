import type { Backend, Metric, Progress, SearchResult, VectorIndex } from '@lutra/core';
import { assertNotAborted, isSimilarity, LutraError, missingDistance } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { cosineNormalize, exactSearch } from '@lutra/metrics';
import { blocksOf, countOf, type ReadableRows } from './take-rows.js';

/** What an {@link ExactSearcher} is told. */
export interface ExactOptions {
  readonly d: number;
  readonly k: number;
  readonly metric: 'l2' | 'ip';
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** Finds the true neighbours: row `i` has label `i`. */
export type ExactSearcher = (
  rows: ReadableRows,
  queries: Float32Array,
  options: ExactOptions,
) => Promise<SearchResult>;

/** `exactSearch` of `@lutra/metrics`: no backend, float64. */
export const exactByMetrics: ExactSearcher = (rows, queries, options) => exactSearch(rows, queries, options);

const CHUNK_ROWS = 32_768;
const QUERY_BLOCK = 512;

/**
 * Exact search by the `Flat` index of a backend, which may be faster: the rows go through it 32,768 at a time, so that
 * little memory is taken. Its distances are float32.
 */
export function exactByBackend(backend: Pick<Backend, 'create'>): ExactSearcher {
  return async (rows, queries, { d, k, metric, onProgress, signal }) => {
    const index = await backend.create(parseFactory('Flat'), { d, metric });
    try {
      const best = new BestSoFar(queries.length / d, k, metric);
      const total = countOf(rows, d);
      let first = 0;
      for await (const block of blocksOf(rows, d, CHUNK_ROWS, signal)) {
        index.reset();
        await index.add(block);
        await searchChunk(index, queries, best, first, signal);
        first += block.length / d;
        onProgress?.({ stage: 'exact', done: first, total });
      }
      return best.result();
    } finally {
      index.dispose();
    }
  };
}

async function searchChunk(
  index: VectorIndex,
  queries: Float32Array,
  best: BestSoFar,
  first: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const step = QUERY_BLOCK * index.d;
  const k = Math.min(best.k, index.ntotal);
  for (let at = 0; at < queries.length; at += step) {
    assertNotAborted(signal);
    best.merge(at / index.d, first, await index.search(queries.subarray(at, at + step), k));
  }
}

/** The k best of several searches over parts of a base. */
class BestSoFar {
  readonly #distances: Float32Array;
  readonly #labels: Float64Array;
  readonly #sign: number;

  constructor(
    readonly nq: number,
    readonly k: number,
    metric: Metric,
  ) {
    this.#distances = new Float32Array(nq * k).fill(missingDistance(metric));
    this.#labels = new Float64Array(nq * k).fill(-1);
    this.#sign = isSimilarity(metric) ? -1 : 1;
  }

  /** Merges results of the queries from `query` on, whose labels count from `first`. */
  merge(query: number, first: number, found: SearchResult): void {
    const [distances, labels] = [new Float32Array(this.k), new Float64Array(this.k)];
    for (let i = 0; i < found.nq; i++) {
      const mine = (query + i) * this.k;
      let [a, b] = [0, 0];
      for (let j = 0; j < this.k; j++) {
        const theirs = i * found.k + b;
        const label = b < found.k ? found.labels[theirs]! : -1;
        const nearer =
          label >= 0 &&
          (this.#labels[mine + a]! < 0 ||
            this.#sign * found.distances[theirs]! < this.#sign * this.#distances[mine + a]!);
        distances[j] = nearer ? found.distances[theirs]! : this.#distances[mine + a]!;
        labels[j] = nearer ? first + label : this.#labels[mine + a]!;
        if (nearer) b++;
        else a++;
      }
      this.#distances.set(distances, mine);
      this.#labels.set(labels, mine);
    }
  }

  result(): SearchResult {
    return { distances: this.#distances, labels: this.#labels, nq: this.nq, k: this.k };
  }
}

/** The metric that the true neighbours of `index` follow. @throws LutraError `UNSUPPORTED` for others than l2 and ip */
export function exactMetric(index: VectorIndex): 'l2' | 'ip' {
  const { metric } = index;
  if (metric === 'l2' || metric === 'ip') return metric;
  const feature = `true neighbours by ${metric}`;
  throw new LutraError('UNSUPPORTED', `tune: ${feature} are not computed, give them`, {
    feature,
    by: '@lutra/tune',
  });
}

/** The rows as blocks of vectors of length 1. */
export function normalizedRows(rows: ReadableRows, d: number): ReadableRows {
  if (rows instanceof Float32Array) return cosineNormalize(rows, d);
  return {
    shape: rows.shape,
    async *blocks(range) {
      for await (const block of rows.blocks(range)) yield cosineNormalize(block, d);
    },
  };
}
