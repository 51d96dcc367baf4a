import { type FactorySpec, LutraError, type Progress, type VectorIndex } from '@lutra/core';
import { cosineNormalize, type LabelTable, type NeighbourTable } from '@lutra/metrics';
import { type ExactSearcher, exactByMetrics, exactMetric, normalizedRows } from './exact.js';
import { type RightAnswers, rightAnswers } from './query-recalls.js';
import { sampleBelow, seededRandom, shuffledBelow } from './random.js';
import { assertReadable, countOf, type ReadableRows, takeRows } from './take-rows.js';

/** Queries with their right answers, in a random order. */
export interface QuerySample {
  /** `(most, d)`. */
  readonly values: Float32Array;
  /** Queries drawn. */
  readonly most: number;
  /** The first of them, whose right answers are known. */
  readonly nq: number;
  readonly k: number;
  /** Results to ask for: one more than k where a query is itself stored. */
  readonly searchK: number;
  readonly answers: RightAnswers;
  /** The label of the stored row that a query is; undefined where queries are not stored. */
  readonly own: Float64Array | undefined;
  readonly drawnFrom: 'queries' | 'rows';
  /** Finds the right answers of more queries: of the first `nq`, as far as they are drawn and the time allows. */
  grow(nq: number): Promise<void>;
}

/** Where queries and their true neighbours come from. */
export interface SampleSource {
  /** The vectors of the index, in the order of their labels. */
  readonly rows?: ReadableRows;
  /** The label of each row; 0, 1, 2, … unless told. */
  readonly ids?: ArrayLike<number>;
  /** `(nq, d)`; drawn from `rows` unless given. A graph (`HNSW`, `NSG`) wants some that are not stored. */
  readonly queries?: Float32Array;
  /** The true neighbours of `queries`, `(nq, at least k)`; found among `rows` unless given. */
  readonly groundTruth?: LabelTable & Partial<NeighbourTable>;
}

export interface SampleOptions {
  readonly k: number;
  readonly seed: number;
  /** Queries at most. */
  readonly maxQueries: number;
  /** Queries whose true neighbours are found at once; those of the others when they are asked for. */
  readonly firstQueries?: number;
  /** What finding the true neighbours may take; fewer queries are used if it would take longer. */
  readonly truthSeconds: number;
  readonly exact?: ExactSearcher;
  readonly now: () => number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** Columns beyond the k-th neighbour, for vectors as near as it. */
const TIES = 16;
const PILOT = 64;
/** A pilot of few queries takes longer a query than all do. */
const PILOT_PART = 0.7;
const FEWEST = 100;

/**
 * Queries to measure with, and what they should find.
 * @throws LutraError `ARGUMENT` where there is nothing to draw them from, `SHAPE`, `UNSUPPORTED` for other metrics than
 *   l2 and ip without ground truth
 */
export async function drawSample(
  index: VectorIndex,
  source: SampleSource,
  options: SampleOptions,
): Promise<QuerySample> {
  const { queries, groundTruth, rows } = source;
  const { d } = index;
  if (rows !== undefined) assertReadable('tune', rows, d);
  if (queries === undefined && rows === undefined) {
    throw new LutraError('ARGUMENT', 'tune: rows or queries must be given, got neither', {
      argument: 'rows',
    });
  }
  if (queries === undefined) assertRowsCanAsk(index.spec);
  const pool = queries === undefined ? countOf(rows!, d) : countQueries(queries, d);
  const chosen = sampleBelow(pool, Math.min(pool, options.maxQueries), options.seed);
  const order = shuffledBelow(chosen.length, seededRandom(options.seed + 1));
  const taken = await takeRows(queries ?? rows!, d, chosen, options.signal);
  const picked = Float64Array.from(order, (i) => chosen[i]!);
  const values = reordered(taken, d, order);
  if (queries !== undefined && groundTruth !== undefined) {
    return withGroundTruth(values, picked, groundTruth, pool, options);
  }
  if (rows === undefined) {
    throw new LutraError('ARGUMENT', 'tune: queries without rows need groundTruth, got none', {
      argument: 'groundTruth',
    });
  }
  const own = queries === undefined ? picked : undefined;
  return withExactTruth(index, rows, { ids: source.ids, values, own }, options);
}

/** @throws LutraError `ARGUMENT` for an index whose own vectors find their neighbours by their links */
function assertRowsCanAsk(spec: FactorySpec): void {
  if (!isGraph(spec)) return;
  const why = 'a graph links its own vectors to their neighbours, which says nothing about others';
  throw new LutraError('ARGUMENT', `tune: queries must be given: ${why}`, {
    argument: 'queries',
    expected: 'vectors that are not stored',
  });
}

/** Whether the stored vectors are the nodes of a graph; one over the centroids of lists does not count. */
function isGraph(spec: FactorySpec): boolean {
  if (spec.kind === 'Hnsw' || spec.kind === 'Nsg') return true;
  return 'base' in spec && isGraph(spec.base);
}

function countQueries(queries: Float32Array, d: number): number {
  if (queries.length > 0 && queries.length % d === 0) return queries.length / d;
  const [expected, actual] = [`(nq, ${d}) with nq above 0`, `${queries.length} elements`];
  throw new LutraError('SHAPE', `tune: queries must be ${expected}, got ${actual}`, {
    argument: 'queries',
    expected,
    actual,
  });
}

function withGroundTruth(
  values: Float32Array,
  picked: Float64Array,
  truth: LabelTable & Partial<NeighbourTable>,
  pool: number,
  { k }: SampleOptions,
): QuerySample {
  if (truth.nq !== pool || truth.k < k || truth.labels.length !== truth.nq * truth.k) {
    const [expected, actual] = [`(${pool}, at least ${k})`, `(${truth.nq}, ${truth.k})`];
    throw new LutraError('SHAPE', `tune: groundTruth must be ${expected}, got ${actual}`, {
      argument: 'groundTruth',
      expected,
      actual,
    });
  }
  const labels = new Float64Array(picked.length * truth.k);
  const distances = truth.distances && new Float64Array(labels.length);
  picked.forEach((query, i) => {
    for (let j = 0; j < truth.k; j++) {
      labels[i * truth.k + j] = truth.labels[query * truth.k + j]!;
      if (distances) distances[i * truth.k + j] = truth.distances![query * truth.k + j]!;
    }
  });
  const nq = picked.length;
  const answers = rightAnswers({ nq, k: truth.k, labels, ...(distances && { distances }) }, k);
  const grow = async (): Promise<void> => {};
  return { values, most: nq, nq, k, searchK: k, answers, own: undefined, drawnFrom: 'queries', grow };
}

/** The true neighbours among all rows, of as many queries as the time allows. */
async function withExactTruth(
  index: VectorIndex,
  given: ReadableRows,
  {
    ids,
    values,
    own,
  }: { ids?: ArrayLike<number> | undefined; values: Float32Array; own: Float64Array | undefined },
  options: SampleOptions,
): Promise<QuerySample> {
  const { k, exact = exactByMetrics, onProgress, signal } = options;
  const { d } = index;
  const scaled = scalesToLengthOne(index.spec);
  const rows = scaled ? normalizedRows(given, d) : given;
  const x = scaled ? cosineNormalize(values, d) : values;
  const width = Math.min(countOf(rows, d), k + (own ? 1 : 0) + TIES);
  const search = (from: number, to: number): ReturnType<ExactSearcher> =>
    exact(rows, x.subarray(from * d, to * d), {
      ...{ d, k: width, metric: exactMetric(index) },
      ...(onProgress && { onProgress: (p) => onProgress({ ...p, stage: 'ground truth' }) }),
      ...(signal && { signal }),
    });
  const label = (row: number): number => (ids && row >= 0 ? ids[row]! : row);
  const answers = async (from: number, to: number): Promise<RightAnswers> => {
    const found = rightAnswers(await search(from, to), k, own?.subarray(from, to));
    if (!ids) return found;
    return { ...found, accepted: found.accepted.map((set) => new Set([...set].map(label))) };
  };
  const sample = new GrowingSample(
    { values, most: x.length / d, k, searchK: own ? k + 1 : k, own: own?.map(label) },
    answers,
    options,
  );
  await sample.begin((n) => search(0, n));
  return sample;
}

/** A sample whose right answers are found as they are wanted. */
class GrowingSample implements QuerySample {
  readonly values: Float32Array;
  readonly most: number;
  readonly k: number;
  readonly searchK: number;
  readonly own: Float64Array | undefined;
  readonly drawnFrom: 'queries' | 'rows';
  nq = 0;
  answers: RightAnswers;
  #affordable: number;

  constructor(
    drawn: Pick<QuerySample, 'values' | 'most' | 'k' | 'searchK' | 'own'>,
    readonly find: (from: number, to: number) => Promise<RightAnswers>,
    readonly options: SampleOptions,
  ) {
    this.values = drawn.values;
    this.most = this.#affordable = drawn.most;
    this.k = drawn.k;
    this.searchK = drawn.searchK;
    this.own = drawn.own;
    this.drawnFrom = drawn.own ? 'rows' : 'queries';
    this.answers = { k: drawn.k, accepted: [], wanted: new Int32Array(0) };
  }

  /** Finds by a trial with a few queries how many the time allows, and the right answers of the first. */
  async begin(trial: (n: number) => Promise<unknown>): Promise<void> {
    const { truthSeconds, now, firstQueries = Infinity } = this.options;
    if (truthSeconds !== Infinity && this.most > FEWEST) {
      const start = now();
      await trial(Math.min(PILOT, this.most));
      const took = Math.max(now() - start, 1e-6);
      this.#affordable = Math.max(FEWEST, Math.floor((truthSeconds / took) * (PILOT / PILOT_PART)));
    }
    await this.grow(Math.min(this.most, firstQueries));
  }

  async grow(nq: number): Promise<void> {
    const to = Math.min(nq, this.most, this.#affordable);
    if (to <= this.nq) return;
    const { accepted, wanted } = await this.find(this.nq, to);
    this.answers = {
      k: this.k,
      accepted: [...this.answers.accepted, ...accepted],
      wanted: Int32Array.from([...this.answers.wanted, ...wanted]),
    };
    this.nq = to;
  }
}

function reordered(values: Float32Array, d: number, order: readonly number[]): Float32Array {
  const out = new Float32Array(values.length);
  order.forEach((from, to) => {
    out.set(values.subarray(from * d, (from + 1) * d), to * d);
  });
  return out;
}

/** Whether an index divides vectors by their length first: its true neighbours are then those by cosine. */
export function scalesToLengthOne(spec: FactorySpec): boolean {
  switch (spec.kind) {
    case 'IdMap':
    case 'IdMap2':
      return scalesToLengthOne(spec.base);
    case 'Refine':
      return scalesToLengthOne(spec.refine);
    case 'PreTransform':
      return spec.transforms[0].kind === 'L2Norm';
    default:
      return false;
  }
}
