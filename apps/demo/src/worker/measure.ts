import { assertNotAborted, type SearchResult, type VectorIndex } from '@lutra/core';
import { latencyPercentiles, recallAtK } from '@lutra/metrics';
import { type MeasuredSetting, tune } from '@lutra/tune';
import type { Api, Measured, Reached, Parameters as SearchSettings } from '../protocol.js';
import { threadsOf } from './engine.js';
import type { Call } from './serve.js';
import { parametersOf, type Session } from './session.js';
import { type Trial, withoutOwn } from './trial.js';

/** Calls with one query that are timed, at most, and how long that may take. */
const CALLS = 200;
const CALL_MS = 300;
/** The clock of a page that is not isolated moves in steps of 0.1 ms: several calls are timed together there. */
const COARSE_GROUP = 8;
/** How long a batch is timed over and over, and how often at most. */
const BATCH_MS = 300;
const BATCH_ROUNDS = 8;

type Asked = Parameters<Api['measure']>[0];

/** Recall and speed of one setting, against the true neighbours. */
export async function measure(session: Session, { k, parameters }: Asked, call: Call): Promise<Measured> {
  const trial = await session.trial(call);
  const { index, engine } = session.built;
  const wide = Math.min(k, trial.truth.k);
  const { seconds, labels } = await batch(
    session,
    trial,
    wide,
    { ...parameters, ...threadsOf(engine) },
    call,
  );
  const { p50, p95 } = latencyPercentiles(latencies(index, trial, wide, parameters), [50, 95]).percentiles;
  return {
    parameters: { ...parametersOf(index), ...parameters },
    recall: recallAtK({ labels, nq: trial.nq, k: wide }, trial.truth, { k: wide }),
    ...{ qps: trial.nq / seconds, queries: trial.nq, p50, p95, source: 'you' },
  };
}

/**
 * All queries in one call: what is found, as rows, and the seconds of the fastest call. Whatever else the machine does only
 * adds to a call.
 */
async function batch(
  session: Session,
  trial: Trial,
  k: number,
  parameters: SearchSettings & { threads?: number },
  { signal }: Call,
): Promise<{ seconds: number; labels: Float64Array }> {
  const { index } = session.built;
  const wide = k + (trial.own ? 1 : 0);
  // pauses for the event loop would count where there is one thread
  const search = (): Promise<SearchResult> | SearchResult =>
    parameters.threads === undefined
      ? index.searchSync!(trial.queries, wide, parameters)
      : index.search(trial.queries, wide, { ...parameters, signal });
  // the first call compiles and fills caches
  let found = await search();
  let least = Number.POSITIVE_INFINITY;
  const end = performance.now() + BATCH_MS;
  for (let round = 0; round < BATCH_ROUNDS && (round < 2 || performance.now() < end); round++) {
    await breath();
    assertNotAborted(signal);
    const start = performance.now();
    found = await search();
    least = Math.min(least, performance.now() - start);
  }
  const rows = { ...found, labels: found.labels.map((label) => session.rowOf(label)) };
  return { seconds: Math.max(least, 0.001) / 1000, labels: withoutOwn(rows, trial.own, k).labels };
}

/** Lets a message in: one that calls this off, above all. */
function breath(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Milliseconds of calls with one query. */
export function latencies(
  index: VectorIndex,
  { queries, nq }: Trial,
  k: number,
  parameters: SearchSettings,
): number[] {
  const { d } = index;
  const group = globalThis.crossOriginIsolated ? 1 : COARSE_GROUP;
  const times: number[] = [];
  const end = performance.now() + CALL_MS;
  for (let call = 0; call < CALLS && (times.length < 3 || performance.now() < end); call += group) {
    const start = performance.now();
    for (let i = 0; i < group; i++) {
      const query = (call + i) % nq;
      index.searchSync!(queries.subarray(query * d, (query + 1) * d), k, parameters);
    }
    times.push((performance.now() - start) / group);
  }
  return times;
}

/** The cheapest setting for a recall, by the tuner; it is stored in the index. */
export async function reach(
  session: Session,
  { k, recall, seconds }: Parameters<Api['reach']>[0],
  call: Call,
): Promise<Reached> {
  const trial = await session.trial(call);
  const { index, engine } = session.built;
  const { rows, ids } = session.dataset;
  const wide = Math.min(k, trial.truth.k);
  const source = trial.own
    ? { rows, ...(ids && { ids }), maxQueries: trial.nq }
    : { queries: trial.queries, groundTruth: labelled(session, trial) };
  const { reached, why, chosen, record } = await tune(index, {
    ...source,
    ...threadsOf(engine),
    ...{ k: wide, targetRecall: recall, confidence: 0.95, timeBudgetSeconds: seconds, signal: call.signal },
    onProgress: call.step,
  });
  const points = record.curve.some(({ parameters }) => same(parameters, chosen.parameters))
    ? record.curve
    : [...record.curve, chosen];
  return { reached, why, parameters: chosen.parameters, points: points.map(pointOf) };
}

function same(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The truth under the labels of the index. */
function labelled(session: Session, { truth }: Trial): Trial['truth'] {
  if (!session.dataset.ids) return truth;
  return { ...truth, labels: truth.labels.map((row) => (row < 0 ? row : session.labelOf(row))) };
}

function pointOf({ parameters, recall, qps, queries, seconds }: MeasuredSetting): Measured {
  const ms = 1000 * seconds;
  return { parameters, recall, qps, queries, p50: ms, p95: ms, source: 'tuner' };
}
