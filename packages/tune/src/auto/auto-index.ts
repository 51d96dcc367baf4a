/*
 * A string chosen by trial: each of a few is built on a sample of the rows and tuned to the recall wanted on queries that
 * the sample does not hold; what a query takes there says what it will take among all rows, since lists, and with them
 * both halves of a search, grow by the root of the rows in every string alike.
 */
import { type Backend, LutraError, type VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { keyOf } from '../choose/axes.js';
import { exactByBackend, exactByMetrics } from '../measure/exact.js';
import { sampleBelow, seededRandom, shuffledBelow } from '../measure/random.js';
import { assertReadable, countOf, type ReadableRows, takeRows } from '../measure/take-rows.js';
import { type TuneResult, tune } from '../tune.js';
import { assertRange, type MeasureOptions, settled } from '../tune-options.js';
import {
  type AutoTarget,
  backendFor,
  FIRST_FACTOR,
  firstTemplates,
  listsFor,
  OTHER_FACTORS,
} from './candidates.js';
import {
  type OpenTrial,
  raceTrials,
  runTrial,
  type Trial,
  type TrialOptions,
  type TrialSet,
} from './trial.js';

/** What {@link autoIndex} must and may be told. */
export interface AutoIndexOptions extends MeasureOptions {
  readonly d: number;
  /** `l2` unless told. */
  readonly metric?: 'l2' | 'ip';
  /** Who builds; the first that takes a string. */
  readonly backends: readonly Backend[];
  /** 0.95 unless told. */
  readonly targetRecall?: number;
  /** Bytes that the index may take. */
  readonly memoryBytes?: number;
  /**
   * Seconds that training and adding may take, as expected from the sample; a guide, no limit. Graphs, which take long to
   * build, are tried only where this allows for them and `queries` are given.
   */
  readonly buildSeconds?: number;
  /** Queries as they will come, `(nq, d)`; rows that the trials do not hold, unless given. */
  readonly queries?: Float32Array;
  /** Rows of the sample; a fifth of all, 10,000 to 60,000 and of up to 16 million numbers, unless told. */
  readonly sampleRows?: number;
}

/** The index that {@link autoIndex} built, and why that one. */
export interface AutoIndex {
  /** Trained, filled and tuned; the caller disposes of it. */
  readonly index: VectorIndex;
  readonly factory: string;
  readonly tuned: TuneResult;
  /** Every string tried, the chosen first. */
  readonly trials: readonly Trial[];
  /** Seconds by `clock` until the string was chosen, and until all was done. */
  readonly seconds: { readonly choice: number; readonly total: number };
  /** The story in sentences. */
  readonly explanation: readonly string[];
}

const SAMPLE_QUERIES = 500;
const LEAST_SAMPLE = 10_000;
const MOST_SAMPLE = 60_000;
/** Numbers that a sample holds at most, unless it has no more than the least rows. */
const MOST_NUMBERS = 2 ** 24;

/**
 * Picks a factory string for `rows` by trial, builds it and tunes it to `targetRecall`. The time budget holds for the trials,
 * and again for the tuning; what building takes, the rows decide.
 * @throws LutraError `ARGUMENT`, `SHAPE`, `UNSUPPORTED` where no backend builds a string within the memory, `ABORTED`
 */
export async function autoIndex(rows: ReadableRows, options: AutoIndexOptions): Promise<AutoIndex> {
  const target = await targetOf(rows, options);
  const run = settled('autoIndex', options);
  const { onProgress, signal } = options;
  const began = run.clock();
  const set = await trialSet(rows, target, options, run.k, run.seed);
  const trialOptions = { seed: run.seed, clock: run.clock, secondsLeft: run.secondsLeft, signal };
  const trials = await tryStrings(target, set, options, trialOptions);
  const best = trials[0]!;
  const choice = run.clock() - began;
  const spec = parseFactory(best.factory);
  const index = await backendFor(spec, target)!.create(spec, { d: target.d, metric: target.metric });
  try {
    const watched = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
    await index.train(rows, { seed: run.seed, ...watched });
    await index.add(rows, watched);
    const { queries } = options;
    const tuned = await tune(index, {
      ...{ ...options, rows, targetRecall: target.targetRecall, exact: exactFor(target) },
      ...(queries && { queries }),
    });
    const seconds = { choice, total: run.clock() - began };
    const explanation = explain(trials, target, set, tuned);
    return { index, factory: best.factory, tuned, trials, seconds, explanation };
  } catch (e) {
    index.dispose();
    throw e;
  }
}

async function targetOf(rows: ReadableRows, options: AutoIndexOptions): Promise<AutoTarget> {
  const { d, metric = 'l2', targetRecall = 0.95, memoryBytes = Infinity, buildSeconds, sampleRows } = options;
  assertRange('autoIndex', 'd', d, 1, 2 ** 31 - 1, true);
  assertRange('autoIndex', 'targetRecall', targetRecall, Number.MIN_VALUE, 1);
  assertRange('autoIndex', 'memoryBytes', memoryBytes, 0, Infinity);
  if (buildSeconds !== undefined) assertRange('autoIndex', 'buildSeconds', buildSeconds, 0, Infinity);
  if (sampleRows !== undefined) assertRange('autoIndex', 'sampleRows', sampleRows, 1, 2 ** 31, true);
  assertReadable('autoIndex', rows, d);
  const backends: Backend[] = [];
  for (const backend of options.backends) if ((await backend.probe()).ok) backends.push(backend);
  const hasQueries = options.queries !== undefined;
  return { n: countOf(rows, d), d, metric, targetRecall, memoryBytes, buildSeconds, hasQueries, backends };
}

/** A sample of the rows and, if there are enough, queries drawn from the others. */
async function trialSet(
  rows: ReadableRows,
  target: AutoTarget,
  { queries, sampleRows, signal }: AutoIndexOptions,
  k: number,
  seed: number,
): Promise<TrialSet> {
  const { n, d, metric } = target;
  const held = queries ? 0 : Math.max(1, Math.min(SAMPLE_QUERIES, Math.floor(n / 10)));
  const size = Math.min(
    Math.max(1, n - held),
    sampleRows ?? Math.max(LEAST_SAMPLE, Math.min(MOST_SAMPLE, MOST_NUMBERS / d, n / 5) | 0),
  );
  const chosen = sampleBelow(n, Math.min(n, size + held), seed);
  const taken = await takeRows(rows, d, chosen, signal);
  const order = shuffledBelow(chosen.length, seededRandom(seed + 3));
  const pick = (places: readonly number[]): Float32Array => {
    const out = new Float32Array(places.length * d);
    places.forEach((from, to) => {
      out.set(taken.subarray(from * d, (from + 1) * d), to * d);
    });
    return out;
  };
  const drawn = pick(order.slice(held));
  const asked = queries?.subarray(0, SAMPLE_QUERIES * d) ?? pick(order.slice(0, held));
  // a row that is alone is its own query
  const sample = drawn.length > 0 ? drawn : asked;
  const wanted = Math.min(k, sample.length / d);
  const truth = await exactFor(target)(sample, asked, { d, k: wanted, metric, ...(signal && { signal }) });
  return { rows: sample, queries: asked, truth, k: wanted };
}

function exactFor(target: AutoTarget): ReturnType<typeof exactByBackend> {
  const backend = backendFor(parseFactory('Flat'), target);
  return backend ? exactByBackend(backend) : exactByMetrics;
}

/** Strings with lists as usual, then the best of them with fewer and more; by expected time, those that reach first. */
async function tryStrings(
  target: AutoTarget,
  set: TrialSet,
  options: AutoIndexOptions,
  run: TrialOptions,
): Promise<Trial[]> {
  const templates = firstTemplates(target);
  if (templates.length === 0) {
    const feature = `an index of ${target.n} rows of ${target.d} within ${target.memoryBytes} bytes`;
    const by = target.backends.map(({ name }) => name).join(', ') || 'no backend that runs here';
    throw new LutraError('UNSUPPORTED', `autoIndex: no backend builds ${feature} (${by})`, { feature, by });
  }
  const open: OpenTrial[] = [];
  const attempt = async (template: (typeof templates)[number]): Promise<void> => {
    if (open.length > 0 && run.secondsLeft() <= 0) return;
    open.push(await runTrial(template, target, set, run));
    options.onProgress?.({ stage: 'try strings', done: open.length, total: undefined });
  };
  try {
    for (const template of templates) if (!isHopeless(template, open)) await attempt(template);
    const best = ranked(open, options)[0]!.template;
    if (best.growth === 'root') {
      const lists = new Set([listsFor(target.n, best.factor)]);
      for (const factor of OTHER_FACTORS) {
        const nlist = listsFor(target.n, factor);
        if (!lists.has(nlist)) await attempt({ ...best, factor });
        lists.add(nlist);
      }
    }
    return ranked(await raceTrials(open, set, run), options).map(({ trial }) => trial);
  } finally {
    for (const { index } of open) index.dispose();
  }
}

/** Candidates of 4-bit codes that twice as few, coarser codes are worth a trial below. */
const FEW_CANDIDATES = 4;

/** Whether codes half as large as some that were tried would need more candidates than pay. */
function isHopeless({ text }: OpenTrial['template'], open: readonly OpenTrial[]): boolean {
  const size = codesOf(text);
  if (size === undefined) return false;
  return open.some(({ template, trial }) => {
    const tried = codesOf(template.text);
    return tried !== undefined && tried > size && (trial.parameters.kFactor ?? 1) > FEW_CANDIDATES;
  });
}

/** M of refined 4-bit codes. */
function codesOf(text: string): number | undefined {
  const found = /PQ(\d+)x4fs,RFlat$/.exec(text);
  return found ? Number(found[1]) : undefined;
}

function ranked(open: readonly OpenTrial[], { buildSeconds = Infinity }: AutoIndexOptions): OpenTrial[] {
  const late = ({ trial }: OpenTrial): number => Math.max(0, trial.expectedBuildSeconds - buildSeconds);
  const short = ({ trial }: OpenTrial): number => (trial.reached ? 0 : 1 - trial.recall);
  return [...open].sort(
    (a, b) => short(a) - short(b) || late(a) - late(b) || a.trial.expectedSeconds - b.trial.expectedSeconds,
  );
}

function explain(trials: readonly Trial[], target: AutoTarget, set: TrialSet, tuned: TuneResult): string[] {
  const rows = set.rows.length / target.d;
  const queries = set.queries.length / target.d;
  const lines = trials.map((t, i) => {
    const given = keyOf(t.parameters) || 'no parameters';
    const reach = t.reached ? `reaches ${target.targetRecall}` : `reaches only ${t.recall.toFixed(3)}`;
    const ms = (1000 * t.expectedSeconds).toPrecision(3);
    const build = t.expectedBuildSeconds.toPrecision(2);
    return `${i === 0 ? 'chosen' : 'tried'}: ${t.factory} ${reach} with ${given}, expected ${ms} ms a query, ${build} s to build`;
  });
  const factor = `${FIRST_FACTOR}·√n lists first, the best also with ${OTHER_FACTORS.join(' and ')}·√n`;
  return [
    `${trials.length} strings were built on ${rows} of ${target.n} rows and asked ${queries} queries (${factor})`,
    ...lines,
    tuned.why,
  ];
}
