import { assertNotAborted, type VectorIndex } from '@lutra/core';
import { keyOf, type Setting } from '../choose/axes.js';
import { seededRandom, shuffledBelow } from './random.js';
import { type CallOptions, parametersOf } from './recall-meter.js';
import type { QuerySample } from './sample.js';

/** What a setting took, in rounds. */
export interface Timing {
  /** Seconds a query: the median of the rounds. */
  readonly seconds: number;
  /** The fastest round: no more than the machine can do. */
  readonly fastest: number;
  /** Half of the rounds were within so much of it, relative to it. */
  readonly spread: number;
  readonly rounds: number;
}

/** How long a race of settings goes on. */
export interface RaceLimits {
  /** Rounds at least and at most. */
  readonly least: number;
  readonly most: number;
  /** Seconds by `now` after which no new round begins once there are `least`. */
  readonly seconds: number;
  /** Whether what was measured settles the race; asked once there are `least`. */
  readonly settled?: (timings: readonly Timing[]) => boolean;
}

const SHORTEST_RUN = 0.02;
const FIRST_BATCH = 32;
/** More queries a call take little less each. */
const MOST_BATCH = 256;

/**
 * How long settings take, measured in rounds: each round runs every setting once, in a new order, on the same queries, so
 * that what else the machine does meanwhile falls on all of them; the median forgets the rounds that were disturbed.
 */
export class TimeMeter {
  readonly #samples = new Map<string, number[]>();
  readonly #random: () => number;
  #batch = 0;
  #round = 0;

  /**
   * @param batch - queries a call: as many as make a call long enough to be measured unless told
   * @param clock - seconds; its differences are what a search costs
   * @param now - seconds of the wall clock, for the limits
   */
  constructor(
    readonly index: VectorIndex,
    readonly sample: QuerySample,
    readonly calls: CallOptions,
    readonly clocks: { clock: () => number; now: () => number; seed: number; batch?: number },
  ) {
    this.#random = seededRandom(clocks.seed + 2);
    this.#batch = Math.min(sample.nq, clocks.batch ?? 0);
  }

  /** Runs `settings` against each other; what is known of them from before counts as well. */
  async race(settings: readonly Setting[], limits: RaceLimits): Promise<Timing[]> {
    const { now } = this.clocks;
    if (settings.length > 0 && this.#batch === 0) await this.#findBatch(settings[0]!);
    const end = now() + limits.seconds;
    for (let round = 0; round < limits.most; round++) {
      if (round >= limits.least && (now() >= end || this.#isSettled(settings, limits))) break;
      for (const i of shuffledBelow(settings.length, this.#random)) await this.#run(settings[i]!);
      this.#round++;
    }
    return settings.map((setting) => this.timing(setting)!);
  }

  #isSettled(settings: readonly Setting[], { settled }: RaceLimits): boolean {
    return settled?.(settings.map((setting) => this.timing(setting)!)) === true;
  }

  /** What is known of a setting; undefined if it never ran. */
  timing(setting: Setting): Timing | undefined {
    const seconds = this.#samples.get(keyOf(setting));
    return seconds && summary(seconds);
  }

  async #run(setting: Setting): Promise<void> {
    const key = keyOf(setting);
    const seconds = (await this.#timed(setting, this.#batch)) / this.#batch;
    const before = this.#samples.get(key);
    if (before) before.push(seconds);
    else this.#samples.set(key, [seconds]);
  }

  /** Doubles the queries of a call until the call is long enough. */
  async #findBatch(setting: Setting): Promise<void> {
    const most = Math.min(this.sample.nq, MOST_BATCH);
    let batch = Math.min(most, FIRST_BATCH);
    while (batch < most && (await this.#timed(setting, batch)) < SHORTEST_RUN)
      batch = Math.min(most, 2 * batch);
    this.#batch = batch;
  }

  async #timed(setting: Setting, batch: number): Promise<number> {
    assertNotAborted(this.calls.signal);
    const { values, k, nq } = this.sample;
    const { d } = this.index;
    const places = Math.floor(nq / batch);
    const start = (this.#round % places) * batch;
    const x = values.subarray(start * d, (start + batch) * d);
    const parameters = parametersOf(setting, this.calls);
    const began = this.clocks.clock();
    if (this.index.searchSync && batch === 1) this.index.searchSync(x, k, parameters);
    else await this.index.search(x, k, parameters);
    return this.clocks.clock() - began;
  }
}

function summary(samples: readonly number[]): Timing {
  const seconds = median(samples);
  const away = median(samples.map((s) => Math.abs(s - seconds)));
  const fastest = Math.min(...samples);
  return { seconds, fastest, spread: seconds > 0 ? away / seconds : 0, rounds: samples.length };
}

/** Standard deviations of a normal distribution in its median distance from the median, and of a median in the root of n. */
const OF_SPREAD = 1.4826 * 1.2533;

/** Whether the fastest is known: every other takes longer by more than chance, or is as fast but for `same` of it. */
export function fastestIsKnown(timings: readonly Timing[], same: number): boolean {
  const best = timings.reduce((a, b) => (b.seconds < a.seconds ? b : a));
  const error = ({ seconds, spread, rounds }: Timing): number =>
    (OF_SPREAD * spread * seconds) / Math.sqrt(rounds);
  return timings.every((t) => {
    if (t === best) return true;
    const chance = 2 * Math.hypot(error(t), error(best));
    const behind = t.seconds - best.seconds;
    return behind > chance || behind + chance < same * best.seconds;
  });
}

/** The middle of at least one number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
