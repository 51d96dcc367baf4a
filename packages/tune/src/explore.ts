import { LutraError, type VectorIndex } from '@lutra/core';
import { type LabelTable, type NeighbourTable, paretoFront } from '@lutra/metrics';
import { atMost, axesOf, keyOf, ladderGrid, type Setting } from './choose/axes.js';
import { type MeasuredSetting, Session } from './choose/session.js';
import { seededRandom, shuffledBelow } from './measure/random.js';
import { recallBounds } from './measure/recall-bounds.js';
import { RecallMeter } from './measure/recall-meter.js';
import { drawSample } from './measure/sample.js';
import { TimeMeter } from './measure/time-meter.js';
import { type MeasureOptions, settled } from './tune-options.js';

/** What {@link explore} may be told. */
export interface ExploreOptions extends MeasureOptions {
  /** Values to try, by parameter; a ladder of doublings for each that is not named. */
  readonly values?: Readonly<Record<string, readonly number[]>>;
}

/** Every setting tried. */
export interface Exploration {
  readonly k: number;
  readonly queries: number;
  /** All that were measured, by rising recall. */
  readonly points: readonly MeasuredSetting[];
  /** Those that no other beats in recall and time. */
  readonly front: readonly MeasuredSetting[];
  /** Settings that monotonicity ruled out. */
  readonly pruned: number;
  /** Settings that the time budget left out. */
  readonly untried: number;
}

/** How much sooner than measured a setting may be when the machine is quiet. */
const DOUBT = 0.8;

/**
 * The operating points of `index` over every search parameter that it has.
 *
 * Of the combinations of values those are left out that cannot be worth it, as in faiss's ParameterSpace: recall is at
 * most that of a setting with no smaller values, time at least that of one with no larger values, and another setting
 * beats both. Here the bounds of a recall are those of its confidence, and of times the fastest round counts, a fifth taken off. What may
 * lie on the front runs again in interleaved rounds.
 * @param queries - `(nq, d)`, all of them are used
 * @param groundTruth - the true neighbours, `(nq, at least k)`
 * @throws LutraError `ARGUMENT`, `SHAPE`, `STATE`, `ABORTED`
 * @see faiss/AutoTune.cpp
 */
export async function explore(
  index: VectorIndex,
  queries: Float32Array,
  groundTruth: LabelTable & Partial<NeighbourTable>,
  options: ExploreOptions = {},
): Promise<Exploration> {
  const run = settled('explore', options);
  const { threads, sketches, signal, onProgress } = options;
  const sample = await drawSample(
    index,
    { queries, groundTruth },
    { k: run.k, seed: run.seed, now: run.now, maxQueries: Infinity, truthSeconds: Infinity },
  );
  const session = new Session(
    axesOf(index, run.k),
    new RecallMeter(index, sample, { threads, sketches, signal }),
    new TimeMeter(index, sample, { threads, sketches, signal }, run),
    { confidence: run.confidence, secondsLeft: run.secondsLeft, onProgress, signal },
  );
  const grid = gridOf(session, options.values);
  const { tried, pruned } = await tryAll(session, grid, run.seed);
  const front = await frontOf(session, tried);
  const points: MeasuredSetting[] = [];
  for (const { setting } of tried) points.push(await session.measured(setting));
  points.sort((a, b) => a.recall - b.recall || a.seconds - b.seconds);
  const kept = new Set(front.map(keyOf));
  return {
    ...{ k: run.k, queries: sample.nq, points, pruned, untried: grid.length - tried.length - pruned },
    front: paretoFront(
      points.filter((p) => kept.has(keyOf(p.parameters))),
      { maximise: 'recall', minimise: 'seconds' },
    ),
  };
}

function gridOf(session: Session, values: ExploreOptions['values'] = {}): Setting[] {
  const names = session.axes.map(({ name }) => name);
  const unknown = Object.keys(values).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const have = names.join(', ') || 'none';
    throw new LutraError('ARGUMENT', `explore: the index has no parameter ${unknown} (it has: ${have})`, {
      argument: `values.${unknown}`,
      expected: have,
    });
  }
  return ladderGrid(session.axes.map((axis) => ({ ...axis, ladder: values[axis.name] ?? axis.ladder })));
}

interface Tried {
  readonly setting: Setting;
  readonly low: number;
  readonly high: number;
  readonly seconds: number;
  readonly fastest: number;
}

/** The smallest and the largest first, they bound the rest; then in a seeded order, until the time is up. */
async function tryAll(
  session: Session,
  grid: readonly Setting[],
  seed: number,
): Promise<{ tried: Tried[]; pruned: number }> {
  const last = grid.length - 1;
  const inner = shuffledBelow(grid.length, seededRandom(seed)).filter((i) => i !== 0 && i !== last);
  const order = [...new Set([0, last, ...inner])];
  const tried: Tried[] = [];
  let pruned = 0;
  for (const i of order) {
    const setting = grid[i]!;
    if (session.outOfTime && tried.length > 1) break;
    if (cannotHelp(setting, tried)) {
      pruned++;
      continue;
    }
    session.step('explore', setting);
    const recalls = await session.recall.recalls(setting, session.recall.sample.nq);
    const [timing] = await session.time.race([setting], { least: 3, most: 3, seconds: 0 });
    const { low, high } = recallBounds(recalls, session.limits.confidence);
    const { seconds, fastest } = timing!;
    tried.push({ setting, low, high, seconds, fastest });
  }
  return { tried, pruned };
}

/** Whether some setting tried beats the best that monotonicity leaves possible for `setting`. */
function cannotHelp(setting: Setting, tried: readonly Tried[]): boolean {
  let most = 1;
  let least = 0;
  for (const other of tried) {
    if (atMost(setting, other.setting)) most = Math.min(most, other.high);
    if (atMost(other.setting, setting)) least = Math.max(least, DOUBT * other.fastest);
  }
  return tried.some(({ low, seconds }) => low >= most && seconds <= least);
}

/** Settings that may lie on the front, after rounds against each other. */
async function frontOf(session: Session, tried: readonly Tried[]): Promise<Setting[]> {
  const may = tried.filter(
    (t) => !tried.some((o) => o !== t && o.low >= t.high && o.seconds <= DOUBT * t.fastest),
  );
  const settings = may.map(({ setting }) => setting);
  const seconds = Math.max(0, 0.5 * session.limits.secondsLeft());
  await session.time.race(settings, { least: 3, most: 15, seconds });
  return settings;
}
