import { LutraError, type VectorIndex } from '@lutra/core';
import { formatFactory } from '@lutra/factory';
import packageJson from '../package.json' with { type: 'json' };
import { axesOf, keyOf, type Setting } from './choose/axes.js';
import { cheapestReaching } from './choose/cheapest.js';
import { curveAround } from './choose/curve.js';
import { type MeasuredSetting, Session } from './choose/session.js';
import { mostAccurateWithin } from './choose/within-latency.js';
import { sampleDigest, sha256 } from './digest.js';
import { indexBytes } from './index-bytes.js';
import { RecallMeter } from './measure/recall-meter.js';
import { drawSample, type QuerySample } from './measure/sample.js';
import { countOf } from './measure/take-rows.js';
import { TimeMeter } from './measure/time-meter.js';
import { TUNE_RECORD_VERSION, type TuneRecord } from './record.js';
import { assertRange, type Settled, settled, type TuneOptions } from './tune-options.js';

/** What {@link tune} chose, and everything it measured. */
export interface TuneResult {
  /** Whether the target is reached with the confidence asked for. */
  readonly reached: boolean;
  /** In words: what was chosen, or what is missing. */
  readonly why: string;
  /** The setting chosen; where the target is not reached, the one that comes nearest. */
  readonly chosen: MeasuredSetting;
  /** For the side file. */
  readonly record: TuneRecord;
}

const TRUTH_PART = 1 / 3;
/** Queries that settings are measured with; the choice asks more where these leave too wide a margin. */
const BASE_QUERIES = 4000;
const CURVE_PART = 0.2;

/**
 * The cheapest setting of `index` whose recall reaches a target with stated confidence, or the one of the highest recall
 * within a latency; it is stored in the index, and so in its file.
 *
 * Queries and their true neighbours are given, or found among `rows`; without queries some of the rows are taken, none
 * being its own neighbour. Costs are seconds of whole batches for `targetRecall`, of single calls where
 * `targetLatencyMs` is given. Uses nothing but the `VectorIndex` interface.
 * @param index - trained and filled; must not change meanwhile
 * @throws LutraError `ARGUMENT` without a target, without rows and queries, or out of range; `SHAPE`; `STATE` for an
 *   empty index; `UNSUPPORTED`; `ABORTED`
 */
export async function tune(index: VectorIndex, options: TuneOptions): Promise<TuneResult> {
  const run = settled('tune', options);
  const began = run.now();
  assertTarget(index, options);
  const { maxQueries = 20_000, exact, onProgress, signal } = options;
  assertRange('tune', 'maxQueries', maxQueries, 1, 2 ** 31, true);
  const sample = await drawSample(index, options, {
    ...{ k: run.k, seed: run.seed, now: run.now, maxQueries, truthSeconds: TRUTH_PART * run.budget },
    firstQueries: BASE_QUERIES,
    ...(exact && { exact }),
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  const session = openSession(index, sample, options, run);
  const before = await session.measured(storedSetting(index, session));
  const bytes = indexBytes(index.toData());
  session.reserve = options.curve === false || run.budget === Infinity ? 0 : CURVE_PART * run.budget;
  const first = await choose(session, before, bytes, options);
  session.reserve = 0;
  const curve = options.curve === false ? [] : await curveAround(session, first.chosen, before);
  // the curve timed it against the others once more; what a latency was held against stays
  const again = options.curve !== false && options.targetLatencyMs === undefined;
  const found = again ? { ...first, chosen: await session.measured(first.chosen.parameters) } : first;
  if (found.reached && options.apply !== false) index.setParameters(found.chosen.parameters);
  const { reached, why, chosen } = found;
  const measured = { reached, why, chosen: reached ? chosen : null, before, curve };
  const seconds = run.now() - began;
  const { queries } = session;
  return {
    ...found,
    record: await recordOf(index, options, run, { sample, queries, bytes, seconds, ...measured }),
  };
}

function assertTarget(index: VectorIndex, options: TuneOptions): void {
  const { targetRecall, targetLatencyMs, memoryBytes } = options;
  if (options.filter !== undefined && options.groundTruth === undefined) {
    throw new LutraError('ARGUMENT', 'tune: filter needs groundTruth without what it leaves out, got none', {
      argument: 'groundTruth',
    });
  }
  if (targetRecall === undefined && targetLatencyMs === undefined) {
    throw new LutraError('ARGUMENT', 'tune: targetRecall or targetLatencyMs must be given, got neither', {
      argument: 'targetRecall',
    });
  }
  if (targetRecall !== undefined) assertRange('tune', 'targetRecall', targetRecall, Number.MIN_VALUE, 1);
  if (targetLatencyMs !== undefined) assertRange('tune', 'targetLatencyMs', targetLatencyMs, 0, Infinity);
  if (memoryBytes !== undefined) assertRange('tune', 'memoryBytes', memoryBytes, 0, Infinity);
  if (index.ntotal > 0) return;
  throw new LutraError('STATE', 'tune: the index holds no vectors', { state: 'empty' });
}

/** Meters of an index and a sample. */
export function openSession(
  index: VectorIndex,
  sample: QuerySample,
  options: TuneOptions,
  { k, seed, confidence, clock, now, secondsLeft }: Settled,
): Session {
  const { threads, sketches, signal, onProgress, filter } = options;
  const single = options.targetLatencyMs !== undefined;
  return new Session(
    axesOf(index, k),
    new RecallMeter(index, sample, { threads, sketches, signal, filter }),
    new TimeMeter(
      index,
      sample,
      { threads, sketches, signal },
      { clock, now, seed, ...(single && { batch: 1 }) },
    ),
    { confidence, secondsLeft, onProgress, signal, base: BASE_QUERIES },
  );
}

function storedSetting(index: VectorIndex, { axes }: Session): Setting {
  const stored = index.parameters as Setting;
  return Object.fromEntries(axes.map(({ name }) => [name, stored[name]!]));
}

async function choose(
  session: Session,
  before: MeasuredSetting,
  bytes: number,
  options: TuneOptions,
): Promise<Omit<TuneResult, 'record'>> {
  const { targetRecall: recall, targetLatencyMs: latency = Infinity, memoryBytes = Infinity } = options;
  if (bytes > memoryBytes) {
    const why = `the index takes ${bytes} bytes, more than ${memoryBytes}; no search parameter changes that`;
    return { reached: false, why, chosen: before };
  }
  if (recall === undefined) return chooseByLatency(session, before, latency);
  const [cheapest] = await cheapestReaching(session, recall);
  if (cheapest === undefined) {
    const chosen = await session.measured(largest(session));
    return { reached: false, why: shortOf(recall, chosen, session), chosen };
  }
  const chosen = await session.measured(cheapest);
  const ms = 1000 * chosen.seconds;
  const fast = ms <= latency;
  const late = `${ms.toFixed(3)} ms a call, more than ${latency}, is what recall ${recall} takes`;
  return { reached: fast, why: fast ? reachedBy(chosen, recall, session) : late, chosen };
}

async function chooseByLatency(
  session: Session,
  before: MeasuredSetting,
  latency: number,
): Promise<Omit<TuneResult, 'record'>> {
  const [best] = await mostAccurateWithin(session, latency / 1000);
  if (best === undefined || 1000 * best.seconds > latency) {
    const chosen = best ?? before;
    const why = `no setting takes at most ${latency} ms a call, ${name(chosen)} takes ${(1000 * chosen.seconds).toFixed(3)}`;
    return { reached: false, why, chosen };
  }
  const ms = (1000 * best.seconds).toFixed(3);
  const why = `${name(best)} finds most within ${latency} ms a call: recall ${best.recall.toFixed(4)} in ${ms} ms`;
  return { reached: true, why, chosen: best };
}

function reachedBy(chosen: MeasuredSetting, target: number, { limits }: Session): string {
  const { recall, recallLow, queries } = chosen;
  const bound = `at least ${recallLow.toFixed(4)} with confidence ${limits.confidence}`;
  return `${name(chosen)} is the cheapest that reaches ${target}: recall ${recall.toFixed(4)} of ${queries} queries, ${bound}`;
}

function shortOf(target: number, best: MeasuredSetting, { limits }: Session): string {
  const { recall, recallLow, queries } = best;
  const bound = `which shows no more than ${recallLow.toFixed(4)} with confidence ${limits.confidence}`;
  return `no setting is sure to reach ${target}: ${name(best)} has recall ${recall.toFixed(4)} of ${queries} queries, ${bound}`;
}

function name({ parameters }: MeasuredSetting): string {
  return keyOf(parameters) || 'the index';
}

/** What finds most: the largest value of every parameter on its ladder. */
function largest({ axes }: Session): Setting {
  return Object.fromEntries(axes.map(({ name, ladder }) => [name, ladder.at(-1)!]));
}

async function recordOf(
  index: VectorIndex,
  options: TuneOptions,
  { k, seed, confidence }: Settled,
  run: Pick<TuneRecord, 'reached' | 'why' | 'chosen' | 'before' | 'curve' | 'seconds'> & {
    sample: QuerySample;
    queries: number;
    bytes: number;
  },
): Promise<TuneRecord> {
  const { sample, queries, bytes, seconds, ...measured } = run;
  const { d, metric, ntotal, backend, spec } = index;
  const { targetRecall: recall, targetLatencyMs: latencyMs, memoryBytes, rows, sketches, signal } = options;
  const given = { recall, latencyMs, memoryBytes };
  const asked = sample.values.subarray(0, queries * d);
  return {
    ...{ format: 'lutra-tune', version: TUNE_RECORD_VERSION },
    index: { factory: formatFactory(spec), d, metric, ntotal, backend, bytes },
    ...(sketches && { sketches }),
    target: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...{ k, confidence, ...measured },
    sample: { queries, drawnFrom: sample.drawnFrom, seed, sha256: await sha256(asked) },
    data: rows === undefined ? null : { rows: countOf(rows, d), sha256: await sampleDigest(rows, d, signal) },
    seconds,
    versions: { '@lutra/tune': packageJson.version },
  };
}
