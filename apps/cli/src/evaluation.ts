import {
  assertNotAborted,
  type SearchParameters,
  type StoredParameters,
  type VectorIndex,
} from '@lutra/core';
import { latencyPercentiles, recall1At1, recallAtK } from '@lutra/metrics';
import type { GroundTruth } from './ground-truth.js';
import type { Matrix } from './vectors.js';

/** What one setting gives. */
export interface Measured {
  readonly parameters: StoredParameters;
  readonly recall: number;
  readonly oneRecallAt1: number;
  /** Queries a second in one call; the best of several. */
  readonly qps: number;
  /** Of calls with one query. */
  readonly latencyMs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly calls: number;
  };
}

export interface EvaluationContext {
  readonly index: VectorIndex;
  readonly queries: Matrix;
  readonly truth: GroundTruth;
  readonly k: number;
  readonly threads: number | undefined;
  readonly sketches: boolean | undefined;
  readonly signal: AbortSignal;
}

const REPEAT_FOR_MS = 500;
const MOST_CALLS = 1000;

/** Recall of one setting, then its speed over the whole batch and query by query. */
export async function evaluate(parameters: StoredParameters, context: EvaluationContext): Promise<Measured> {
  const { index, queries, truth, k, threads, sketches, signal } = context;
  const all: SearchParameters = {
    ...parameters,
    ...(threads !== undefined && { threads }),
    ...(sketches && { sketches }),
    signal,
  };
  const found = await index.search(queries.values, k, all);
  const recall = recallAtK(found, truth, { k });
  const oneRecallAt1 = recall1At1(found, truth);
  const qps = queries.n / (await bestSeconds(() => index.search(queries.values, k, all), signal));
  const latencyMs = await singleCalls(context, all);
  return { parameters, recall, oneRecallAt1, qps, latencyMs };
}

async function bestSeconds(search: () => Promise<unknown>, signal: AbortSignal): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let spent = 0; spent < REPEAT_FOR_MS; ) {
    assertNotAborted(signal);
    const start = performance.now();
    await search();
    const took = performance.now() - start;
    best = Math.min(best, took);
    spent += took;
  }
  return best / 1000;
}

async function singleCalls(
  { index, queries, k, signal }: EvaluationContext,
  parameters: SearchParameters,
): Promise<Measured['latencyMs']> {
  const { n, d, values } = queries;
  const calls = Math.min(n, MOST_CALLS);
  const times = new Float64Array(calls);
  for (let i = 0; i < calls; i++) {
    assertNotAborted(signal);
    const x = values.subarray(i * d, (i + 1) * d);
    const start = performance.now();
    if (index.searchSync) index.searchSync(x, k, parameters);
    else await index.search(x, k, parameters);
    times[i] = performance.now() - start;
  }
  const { p50, p90, p99 } = latencyPercentiles(times, [50, 90, 99]).percentiles;
  return { p50, p90, p99, calls };
}
