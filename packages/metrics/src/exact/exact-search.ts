/*
 * Exact nearest neighbours by exhaustive search, faiss's IndexFlat without the index. Rough scores (float64 by default,
 * or a caller's SIMD kernel in float32) only rule rows out: every row that its error bound leaves a chance is scored
 * again by direct float64 differences, so the result is that of the plain float64 loop, whatever the kernel and blocks.
 */
import { LutraError, type Progress, type Rows, type SearchResult } from '@lutra/core';
import { assertFinite, assertFloat32, assertInteger, countRows } from '../checks.js';
import { rowNorms } from '../distances/normalize.js';
import { type BlockScorer, Float64Scorer, InjectedScorer } from './block-scorer.js';
import { knownRows, rowBlocks } from './blocks.js';
import { type DistanceBlock, type ExactMetric, exactScore } from './distance-block.js';
import { Nearest } from './nearest.js';
import { Pacer } from './pacer.js';

/** What {@link exactSearch} must and may be told. */
export interface ExactSearchOptions {
  /** Dimension of base and queries. */
  d: number;
  /** Results a query. */
  k: number;
  /** `l2` (squared) unless told. */
  metric?: ExactMetric;
  /** Base rows looked at together, 256 unless told; only speed and memory depend on it. */
  blockRows?: number;
  /** Base rows done, with stage `exact`, after every pause (about 25 a second) and at the end. */
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
  /** A faster inner loop, say SIMD; must compute `metric`. Results stay exact as long as its error stays in bounds. */
  distanceBlock?: DistanceBlock;
  /**
   * How far `distanceBlock` may be off, as a part of `(|q| + |b|)²`: `(d + 16) · 2^-23` unless told, which holds for
   * float32 sums in any order, of differences or of the expansion `|q|² − 2qb + |b|²`.
   */
  distanceBlockError?: number;
}

const WHERE = 'exactSearch';
const GROUP_ROWS = 64;

/**
 * The k nearest rows of `base` for each query, exactly: the ground truth that recall is measured against.
 *
 * Row `i` of the base has label `i`. The order is that of float64 distances, ties by smaller label, and does not depend
 * on `blockRows` or `distanceBlock`; only the distances handed back are rounded to float32. The base is read once, from
 * start to end, and never held. As in faiss, a row whose distance is NaN, or no nearer than that of a missing result,
 * is not found.
 * @param base - row-major `(n, d)`; borrowed, not modified. A stream's block may be reused once the next is asked for
 * @param queries - row-major `(nq, d)`; borrowed, must not change until the promise settles
 * @returns `distances` `(nq, k)` ascending (descending for `ip`), squared for `l2`; `labels` `(nq, k)`. Where n < k the
 *   rest is label -1 with FLT_MAX (`ip`: -FLT_MAX)
 * @throws LutraError `SHAPE` for base, blocks or queries that are not whole rows of `d`; `ARGUMENT`; `CAPACITY` for
 *   nq · k beyond an array; `ABORTED`
 */
export async function exactSearch(
  base: Rows,
  queries: Float32Array,
  options: ExactSearchOptions,
): Promise<SearchResult> {
  const { d, k, metric = 'l2', blockRows = 256, signal, onProgress } = options;
  const nq = checkInput(base, queries, options);
  const pacer = new Pacer(signal);
  const nearest = allocating(nq * k, () => new Nearest(nq, k));
  const search = new ExhaustiveSearch(queries, nearest, { ...options, metric, blockRows });
  const total = knownRows(base, d);
  let done = 0;
  for await (const block of rowBlocks(WHERE, base, d, blockRows, signal)) {
    search.setBase(block, done);
    for (let group = 0; group < search.groups.length; group++) {
      if (pacer.due()) {
        onProgress?.({ stage: 'exact', done, total });
        await pacer.pause();
      }
      search.scan(group);
    }
    done += block.length / d;
  }
  pacer.assertNotAborted();
  onProgress?.({ stage: 'exact', done, total });
  return allocating(nq * k, () => nearest.finish(metric));
}

function checkInput(base: Rows, queries: Float32Array, options: ExactSearchOptions): number {
  const { d, k, metric = 'l2', blockRows = 256, distanceBlockError = 0 } = options;
  assertFloat32(WHERE, 'queries', queries);
  const nq = countRows(WHERE, 'queries', queries, d);
  assertInteger(WHERE, 'k', k, 1);
  assertInteger(WHERE, 'blockRows', blockRows, 1);
  assertFinite(WHERE, 'distanceBlockError', distanceBlockError, 0);
  if (metric !== 'l2' && metric !== 'ip') {
    throw new LutraError('ARGUMENT', `${WHERE}: metric must be l2 or ip, got ${String(metric)}`, {
      argument: 'metric',
      value: metric,
      expected: 'l2 or ip',
    });
  }
  if (base instanceof Float32Array) countRows(WHERE, 'base', base, d);
  assertBelowLimit('nq · k results', nq * k);
  assertBelowLimit('blockRows · max(d, 64) elements', blockRows * Math.max(d, GROUP_ROWS));
  return nq;
}

function assertBelowLimit(what: string, wanted: number): void {
  const limit = 2 ** 31;
  if (wanted < limit) return;
  const message = `${WHERE}: ${what} must be below ${limit}, got ${wanted}`;
  throw new LutraError('CAPACITY', message, { what, wanted, limit });
}

/** What `make` makes; an engine's own error for memory it does not have becomes `CAPACITY`. */
function allocating<T>(results: number, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const details = { what: 'nq · k results', wanted: results };
    throw new LutraError('CAPACITY', `${WHERE}: no memory for nq · k = ${results} results`, details, {
      cause,
    });
  }
}

class ExhaustiveSearch {
  /** The queries in blocks of up to {@link GROUP_ROWS} rows. */
  readonly groups: readonly Float32Array[];
  readonly #d: number;
  readonly #metric: ExactMetric;
  readonly #nearest: Nearest;
  readonly #queryNorms: Float64Array;
  readonly #scorer: BlockScorer;
  #base: Float32Array = new Float32Array(0);
  #firstLabel = 0;
  #baseNorm = 0;

  constructor(
    queries: Float32Array,
    nearest: Nearest,
    options: ExactSearchOptions & { metric: ExactMetric; blockRows: number },
  ) {
    const { d, metric, blockRows, distanceBlock, distanceBlockError = (d + 16) * 2 ** -23 } = options;
    const groups: Float32Array[] = [];
    for (let row = 0; row < nearest.nq; row += GROUP_ROWS) {
      groups.push(queries.subarray(row * d, Math.min(nearest.nq, row + GROUP_ROWS) * d));
    }
    const input = { groups, groupRows: GROUP_ROWS, blockRows, d, metric };
    this.groups = groups;
    this.#d = d;
    this.#metric = metric;
    this.#nearest = nearest;
    this.#queryNorms = rowNorms(queries, d);
    this.#scorer = distanceBlock
      ? new InjectedScorer(input, distanceBlock, distanceBlockError)
      : new Float64Scorer(input);
  }

  setBase(base: Float32Array, firstLabel: number): void {
    this.#base = base;
    this.#firstLabel = firstLabel;
    // Rows without a finite norm give scores that are not finite either, and those are looked at anyway.
    this.#baseNorm = rowNorms(base, this.#d).reduce((a, b) => (b > a && b < Infinity ? b : a), 0);
    this.#scorer.setBase(base);
  }

  scan(group: number): void {
    const nq = this.groups[group]!.length / this.#d;
    const nb = this.#base.length / this.#d;
    const scores = this.#scorer.score(group);
    for (let i = 0; i < nq; i++) this.#select(group * GROUP_ROWS + i, scores, i * nb, nb);
  }

  /** Scores again, exactly, what may be among the k best of query `i`, and offers it. */
  #select(i: number, scores: Float32Array | Float64Array, offset: number, nb: number): void {
    const d = this.#d;
    const query = this.groups[Math.floor(i / GROUP_ROWS)]!;
    const start = (i % GROUP_ROWS) * d;
    const slack = this.#scorer.error(this.#queryNorms[i]!, this.#baseNorm);
    let limit = this.#nearest.worst(i) + slack;
    for (let j = 0; j < nb; j++) {
      const score = scores[offset + j]!;
      if (score > limit && score < Infinity) continue;
      const exact = exactScore(this.#metric, query, start, this.#base, j * d, d);
      this.#nearest.offer(i, exact, this.#firstLabel + j);
      limit = this.#nearest.worst(i) + slack;
    }
  }
}
