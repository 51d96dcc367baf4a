import { assertNotAborted, type Progress } from '@lutra/core';
import { recallBounds } from '../measure/recall-bounds.js';
import type { RecallMeter } from '../measure/recall-meter.js';
import type { TimeMeter } from '../measure/time-meter.js';
import { type Axis, keyOf, type Setting } from './axes.js';

/** A setting and what it gave. */
export interface MeasuredSetting {
  readonly parameters: Setting;
  /** Mean recall of the queries measured. */
  readonly recall: number;
  /** One-sided bounds of the recall of all queries, each with the confidence of the run. */
  readonly recallLow: number;
  readonly recallHigh: number;
  /** Queries that the recall is the mean of. */
  readonly queries: number;
  /** Seconds a query: the median of the rounds. */
  readonly seconds: number;
  /** `1 / seconds`. */
  readonly qps: number;
  /** Half of the rounds were within so much of `seconds`, relative to it. */
  readonly spread: number;
  readonly rounds: number;
}

/** One run of tuning: its meters, limits and what it has measured. */
export class Session {
  readonly #tried = new Map<string, Setting>();
  /** Seconds of the budget that are kept for what comes after. */
  reserve = 0;
  /** Queries that settings are measured with. */
  readonly base: number;
  /** Queries that decide whether a setting reaches the target: more than `base` where the margin of those costs much. */
  queries: number;

  constructor(
    readonly axes: readonly Axis[],
    readonly recall: RecallMeter,
    readonly time: TimeMeter,
    readonly limits: {
      readonly confidence: number;
      /** Seconds left of the time budget. */
      readonly secondsLeft: () => number;
      readonly onProgress?: ((progress: Progress) => void) | undefined;
      readonly signal?: AbortSignal | undefined;
      /** Queries that settings are measured with; all unless told. */
      readonly base?: number;
    },
  ) {
    this.base = Math.min(recall.sample.nq, limits.base ?? Infinity);
    this.queries = this.base;
  }

  /** Lets `queries` decide, as far as there are so many and the time allows to find their right answers. */
  async grow(queries: number): Promise<void> {
    if (queries <= this.queries) return;
    const { sample } = this.recall;
    if (queries > sample.nq) await sample.grow(queries);
    this.queries = Math.max(this.queries, Math.min(queries, sample.nq));
  }

  /** Notes that a setting is looked at, for progress. */
  step(stage: string, setting: Setting): void {
    assertNotAborted(this.limits.signal);
    this.#tried.set(keyOf(setting), setting);
    this.limits.onProgress?.({ stage, done: this.#tried.size, total: undefined });
  }

  get outOfTime(): boolean {
    return this.secondsLeft <= 0;
  }

  /** Seconds of the budget that may still be spent. */
  get secondsLeft(): number {
    return this.limits.secondsLeft() - this.reserve;
  }

  /** Recall over `base` queries, or as many as the setting has been asked, and the time known so far. */
  async measured(parameters: Setting): Promise<MeasuredSetting> {
    const queries = Math.max(this.base, this.recall.asked(parameters));
    const recalls = await this.recall.recalls(parameters, queries);
    const { recall, low, high } = recallBounds(recalls, this.limits.confidence);
    const { seconds, spread, rounds } =
      this.time.timing(parameters) ??
      (await this.time.race([parameters], { least: 3, most: 3, seconds: 0 }))[0]!;
    return {
      ...{ parameters, recall, recallLow: low, recallHigh: high, queries: recalls.length },
      ...{ seconds, qps: 1 / seconds, spread, rounds },
    };
  }
}
