import { assertNotAborted, type SearchResult, type VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { axesOf, type Setting } from '../choose/axes.js';
import { roughlyCheapest } from '../choose/cheapest.js';
import { type MeasuredSetting, Session } from '../choose/session.js';
import { RecallMeter } from '../measure/recall-meter.js';
import { drawSample } from '../measure/sample.js';
import { median, TimeMeter } from '../measure/time-meter.js';
import { wallSeconds } from '../tune-options.js';
import { type AutoTarget, backendFor, factoryOf, listsFor, type Template } from './candidates.js';

/** Rows to try strings on, with queries that are not among them. */
export interface TrialSet {
  readonly rows: Float32Array;
  readonly queries: Float32Array;
  readonly truth: SearchResult;
  readonly k: number;
}

/** A string tried on a sample, and what that says of the whole. */
export interface Trial {
  /** The string for all rows. */
  readonly factory: string;
  /** The string that was built on the sample. */
  readonly tried: string;
  readonly reached: boolean;
  readonly parameters: Setting;
  readonly recall: number;
  /** Seconds a query on the sample. */
  readonly seconds: number;
  /** Seconds a query that are expected of the whole. */
  readonly expectedSeconds: number;
  /** Seconds of training and adding that are expected of the whole. */
  readonly expectedBuildSeconds: number;
}

/** What a trial runs with. */
export interface TrialOptions {
  readonly seed: number;
  readonly clock: () => number;
  /** Seconds in which another trial may begin. */
  readonly secondsLeft: () => number;
  readonly signal?: AbortSignal | undefined;
}

/** A trial and its index, which is alive until the race is over. */
export interface OpenTrial {
  readonly trial: Trial;
  readonly template: Template;
  readonly index: VectorIndex;
}

/** The first queries decide; all strings meet the same. */
const TRIAL_QUERIES = 256;

/**
 * Building grows as this power of the rows where the lists grow as their root: by count of comparisons it would be 1.5, but
 * bounds spare most of them (50,000 speech frames took as 0.7 from a fifth of them, 300,000 as 1.2).
 */
const LISTS_BUILD_GROWTH = 1.15;

/** Builds a string on the sample, with lists in proportion, and finds what it takes to reach the target there. */
export async function runTrial(
  template: Template,
  target: AutoTarget,
  set: TrialSet,
  options: TrialOptions,
): Promise<OpenTrial> {
  const { seed, clock, signal } = options;
  const { n, d, metric, targetRecall } = target;
  const rows = set.rows.length / d;
  const nlist = listsFor(n, template.factor);
  const part = Math.sqrt(rows / n);
  const tried = factoryOf(template, Math.max(1, Math.round(nlist * part)));
  const spec = parseFactory(tried);
  const index = await backendFor(spec, target)!.create(spec, { d, metric });
  try {
    const watched = signal && { signal };
    const began = clock();
    await index.train(set.rows, { seed, ...watched });
    await index.add(set.rows, { ...watched });
    const building = clock() - began;
    const tuned = await roughlyTuned(index, set, targetRecall, options);
    const { parameters, recall, seconds } = tuned.chosen;
    const growth = growthOf(template, rows, n);
    const trial = {
      ...{ factory: factoryOf(template, nlist), tried, reached: tuned.reached, parameters, recall, seconds },
      // as many candidates are ranked again however many rows there are
      expectedSeconds: (seconds - tuned.ranking) * growth + tuned.ranking,
      expectedBuildSeconds: building * (n / rows) ** (template.growth === 'root' ? LISTS_BUILD_GROWTH : 1),
    };
    return { trial, template, index };
  } catch (e) {
    index.dispose();
    throw e;
  }
}

/**
 * The cheapest setting whose mean recall of the first queries reaches the target, or the largest; and the seconds of a query
 * that do not grow with the rows.
 */
async function roughlyTuned(
  index: VectorIndex,
  { queries, truth, k }: TrialSet,
  targetRecall: number,
  { seed, clock, signal }: TrialOptions,
): Promise<{ chosen: MeasuredSetting; reached: boolean; ranking: number }> {
  const now = wallSeconds;
  const sample = await drawSample(
    index,
    { queries, groundTruth: truth },
    { k, seed, maxQueries: TRIAL_QUERIES, truthSeconds: Infinity, now },
  );
  const session = new Session(
    axesOf(index, k),
    new RecallMeter(index, sample, { signal }),
    new TimeMeter(index, sample, { signal }, { clock, now, seed }),
    // the mean decides: all strings meet the same queries
    { confidence: 0.5, secondsLeft: () => Infinity, signal },
  );
  const found = await roughlyCheapest(session, targetRecall);
  const largest = Object.fromEntries(session.axes.map(({ name, ladder }) => [name, ladder.at(-1)!]));
  const setting = found ?? largest;
  const ranking = await rankingSeconds(session, setting);
  return { chosen: await session.measured(setting), reached: found !== undefined, ranking };
}

/** Of the seconds that a query takes, those that go into ranking candidates again: what they are more than with the fewest. */
async function rankingSeconds({ time }: Session, setting: Setting): Promise<number> {
  if ((setting.kFactor ?? 1) <= 1) return 0;
  const limits = { least: 3, most: 3, seconds: 0 };
  const [all, fewest] = await time.race([setting, { ...setting, kFactor: 1 }], limits);
  return Math.max(0, all!.seconds - fewest!.seconds);
}

/** By how much a query takes longer among `n` rows than among `rows`. */
function growthOf({ growth }: Template, rows: number, n: number): number {
  if (growth === 'linear') return n / rows;
  return growth === 'root' ? Math.sqrt(n / rows) : Math.log(n + 1) / Math.log(rows + 1);
}

const ROUNDS = 7;
const RACE_QUERIES = 256;

/** The trials timed against each other, in rounds. */
export async function raceTrials(
  open: readonly OpenTrial[],
  set: TrialSet,
  { clock, signal }: TrialOptions,
): Promise<OpenTrial[]> {
  const times = open.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < open.length; i++) {
      assertNotAborted(signal);
      const at = (i + round) % open.length;
      const { index, trial } = open[at]!;
      const x = set.queries.subarray(0, RACE_QUERIES * index.d);
      const began = clock();
      await index.search(x, set.k, trial.parameters);
      times[at]!.push((clock() - began) / (x.length / index.d));
    }
  }
  return open.map(({ trial, ...rest }, i) => {
    const seconds = median(times[i]!);
    const expectedSeconds = (trial.expectedSeconds / trial.seconds) * seconds;
    return { ...rest, trial: trial.seconds > 0 ? { ...trial, seconds, expectedSeconds } : trial };
  });
}
