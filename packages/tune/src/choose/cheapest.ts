/*
 * The cheapest setting whose recall reaches a target with confidence.
 *
 * Recall and cost both rise with every parameter. So for fixed values of all parameters but one, the settings that reach
 * the target are those from some least value of that one on, and of these the least is the cheapest: a bisection finds
 * it, and no time is measured for it. Only these few candidates race against each other for time.
 *
 * The confidence survives the search: a bisection errs only if the value just below the true least one seems to reach the
 * target, one event of probability 1 − confidence, however many values it looks at. Candidates that are held against
 * each other share that probability (Bonferroni).
 */

import { normalQuantile } from '../measure/normal-quantile.js';
import { recallBounds } from '../measure/recall-bounds.js';
import { fastestIsKnown, type RaceLimits, type Timing } from '../measure/time-meter.js';
import { type Axis, atMost, ladderGrid, type Setting } from './axes.js';
import { leastPassing, leastPassingNear, type Verdict } from './least-passing.js';
import { queriesWanted } from './queries-wanted.js';
import type { Session } from './session.js';

/** A candidate: values of all parameters but the fine one, and the least value number of that one. */
interface Candidate {
  readonly rest: Setting;
  readonly at: number;
}

const SCREEN = 512;
const LOCATE_TOLERANCE = 0.04;
const CONFIRM_TOLERANCE = 0.01;
/** What is slower than the fastest by more is out before it is measured finely. */
const CLEARLY_SLOWER = 1.3;
const SLOWER = 1.12;
const MOST_CONFIRMED = 3;
/** A candidate that turns out to need more than so many times what it seemed to need is not the cheapest. */
const MOST_MORE = 1.5;
/** Seconds after which no round is added to the least. */
const SHORT_RACE = 0.5;
const LONG_RACE = 5;
/** Settings whose times differ by less are as good as each other. */
const SAME = 0.02;
const LEAST_ROUNDS = 5;
const MOST_ROUNDS = 25;

/** The settings that reach `target` with confidence, the cheapest first; none if the ranges of the parameters do not. */
export async function cheapestReaching(session: Session, target: number): Promise<Setting[]> {
  const [fine, ...others] = session.axes;
  if (fine === undefined) return (await reaches(session, {}, target, 1)) ? [{}] : [];
  const search = new CandidateSearch(session, fine, others, target);
  const located = await search.locateAll();
  if (located.length === 0) return [];
  const near = await search.refined(located);
  const confirmed = await search.confirmed(near);
  const most = confirmed.length > 1 ? MOST_ROUNDS : LEAST_ROUNDS;
  const limits = {
    ...{ least: LEAST_ROUNDS, most, seconds: seconds(0.25 * session.secondsLeft, LONG_RACE) },
    settled: (timings: readonly Timing[]) => fastestIsKnown(timings, SAME),
  };
  return byTime(session, confirmed, limits).then((sorted) => sorted.map(({ item }) => item));
}

/**
 * The setting that seems the cheapest with `target` as the mean recall of the queries, by a look at each candidate and a
 * short race: for holding indexes against each other. Undefined if none reaches it.
 */
export async function roughlyCheapest(session: Session, target: number): Promise<Setting | undefined> {
  const [fine, ...others] = session.axes;
  if (fine === undefined) return (await reaches(session, {}, target, 1)) ? {} : undefined;
  const search = new CandidateSearch(session, fine, others, target);
  const settings = undominated(await search.locateAll()).map((c) => search.setting(c));
  if (settings.length < 2) return settings[0];
  const [first] = await byTime(session, settings, { least: 2, most: 2, seconds: 0 });
  return first!.item;
}

/** Those that no other needs no larger values than. */
function undominated(candidates: readonly Candidate[]): Candidate[] {
  const beats = (a: Candidate, b: Candidate): boolean => a.at <= b.at && atMost(a.rest, b.rest);
  return candidates.filter((c) => !candidates.some((other) => other !== c && beats(other, c)));
}

class CandidateSearch {
  readonly #hopeless: Setting[] = [];
  /** Standard deviations between the mean of a sample and its lower bound. */
  readonly #z: number;

  constructor(
    readonly session: Session,
    readonly fine: Axis,
    readonly others: readonly Axis[],
    readonly target: number,
  ) {
    this.#z = normalQuantile(session.limits.confidence);
  }

  setting({ rest, at }: Candidate): Setting {
    return { [this.fine.name]: this.fine.value(at), ...rest };
  }

  /**
   * A candidate for every combination of the other parameters that has one, from those that find most down; before all the
   * middle one, which is the best guess where the time is up after it.
   */
  async locateAll(): Promise<Candidate[]> {
    const located: Candidate[] = [];
    const grid = ladderGrid(this.others).reverse();
    const middle = grid[grid.length >> 1]!;
    for (const rest of [middle, ...grid.filter((other) => other !== middle)]) {
      if (this.session.outOfTime && located.length > 0) break;
      const found = await this.#locate(rest, located);
      if (found) located.push(found);
    }
    return located;
  }

  /** Adds what lies beside the fastest on its ladders, and leaves only what may be the fastest. */
  async refined(located: readonly Candidate[]): Promise<Candidate[]> {
    const first = await this.#notSlower(undominated(located), CLEARLY_SLOWER);
    const beside: Candidate[] = [];
    for (const rest of this.#between(first[0]!.rest)) {
      if (this.session.outOfTime) break;
      const found = await this.#locate(rest, located);
      if (found) beside.push(found);
    }
    return this.#notSlower([...first, ...beside], SLOWER);
  }

  /** The least setting of each candidate that reaches the target over all queries. */
  async confirmed(near: readonly Candidate[]): Promise<Setting[]> {
    const few = undominated(near).slice(0, MOST_CONFIRMED);
    if (few[0]) await this.session.grow(await queriesWanted(this.session, this.fine, few[0], few.length));
    const settings = await this.#leastOf(few, (at) => Math.min(this.fine.size, Math.ceil(MOST_MORE * at)));
    return settings.length > 0 ? settings : this.#leastOf(few, () => this.fine.size);
  }

  /** The least setting of each candidate, up to a value number, that is sure to reach the target. */
  async #leastOf(few: readonly Candidate[], most: (at: number) => number): Promise<Setting[]> {
    const settings: Setting[] = [];
    for (const { rest, at } of few) {
      if (this.session.outOfTime && settings.length > 0) break;
      const least = await leastPassingNear(at, most(at), CONFIRM_TOLERANCE, async (i) => {
        const passes = await reaches(this.session, this.setting({ rest, at: i }), this.target, few.length);
        return passes ? 'pass' : 'fail';
      });
      if (least !== undefined) settings.push(this.setting({ rest, at: least }));
    }
    return settings;
  }

  /** The least value of the fine parameter that should do, by the first queries of the sample. */
  async #locate(rest: Setting, known: readonly Candidate[]): Promise<Candidate | undefined> {
    if (this.#hopeless.some((h) => atMost(rest, h))) return undefined;
    // what finds more needed so much; this needs no less
    const from = known.filter((c) => atMost(rest, c.rest)).reduce((most, c) => Math.max(most, c.at), 1);
    const growth = new Growth(this.target, this.fine.size, this.others.length > 0);
    const at = await leastPassing(from, this.fine.size, LOCATE_TOLERANCE, async (i) => {
      const setting = this.setting({ rest, at: i });
      this.session.step('look', setting);
      const recalls = await this.session.recall.recalls(setting, SCREEN, this.target);
      return growth.judge(i, this.#expectedLow(recalls), mean(recalls));
    });
    if (at === undefined) this.#hopeless.push(rest);
    return at === undefined ? undefined : { rest, at };
  }

  /** The lower bound that the whole sample would give with the mean and spread of these queries. */
  #expectedLow(recalls: Float64Array): number {
    const m = mean(recalls);
    let squares = 0;
    for (const r of recalls) squares += (r - m) ** 2;
    return m - this.#z * Math.sqrt(squares / recalls.length / this.session.queries);
  }

  async #notSlower(candidates: readonly Candidate[], factor: number): Promise<Candidate[]> {
    if (candidates.length < 2) return [...candidates];
    const limits = { least: 3, most: 7, seconds: seconds(0.05 * this.session.secondsLeft, SHORT_RACE) };
    const timed = await byTime(this.session, candidates, limits, (c) => this.setting(c));
    const best = timed[0]!.seconds;
    return timed.filter(({ seconds }) => seconds <= factor * best).map(({ item }) => item);
  }

  /** Half way to the next values on the ladders of the other parameters. */
  #between(rest: Setting): Setting[] {
    return this.others.flatMap(({ name, ladder, value, size }) => {
      const i = ladder.indexOf(rest[name]!);
      const nearest = (x: number): number => {
        const number = Math.round((x - value(1)) / (size > 1 ? value(2) - value(1) : 1)) + 1;
        return value(Math.max(1, Math.min(size, number)));
      };
      return [ladder[i - 1], ladder[i + 1]]
        .filter((x) => x !== undefined)
        .map((x) => nearest((x + rest[name]!) / 2))
        .filter((x) => !ladder.includes(x))
        .map((x) => ({ ...rest, [name]: x }));
    });
  }
}

/** A doubling that gains less, of what is found in good part, has come up against another parameter. */
const SATURATED = 0.01;
const GOOD_PART = 0.3;

/** Tells when doubling cannot get there: another parameter, say kFactor, limits what is found. */
class Growth {
  #last: number | undefined;

  constructor(
    readonly target: number,
    readonly size: number,
    readonly limited: boolean,
  ) {}

  judge(i: number, low: number, recall: number): Verdict {
    if (low >= this.target) return 'pass';
    const gain = recall - (this.#last ?? 0);
    const saturated = this.#last !== undefined && recall > GOOD_PART && gain < SATURATED;
    this.#last = recall;
    const hope = 2 * Math.max(0, gain) * Math.log2(this.size / i);
    return this.limited && saturated && this.target - recall > hope ? 'never' : 'fail';
  }
}

/** Whether the whole sample shows, with confidence, that a setting reaches the target. */
async function reaches(session: Session, setting: Setting, target: number, shared: number): Promise<boolean> {
  session.step('confirm', setting);
  const { queries } = session;
  const recalls = await session.recall.recalls(setting, queries, target);
  const confidence = 1 - (1 - session.limits.confidence) / shared;
  return recalls.length === queries && recallBounds(recalls, confidence).low >= target;
}

interface Timed<T> {
  readonly item: T;
  readonly seconds: number;
}

/** Races items against each other; the fastest first. */
async function byTime<T>(
  session: Session,
  items: readonly T[],
  limits: RaceLimits,
  settingOf: (item: T) => Setting = (item) => item as Setting,
): Promise<Timed<T>[]> {
  const timings = await session.time.race(items.map(settingOf), limits);
  return items
    .map((item, i) => ({ item, seconds: timings[i]!.seconds }))
    .sort((a, b) => a.seconds - b.seconds);
}

function seconds(part: number, most: number): number {
  return Math.max(0, Math.min(part, most));
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
