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
    },
  ) {}

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

  /** Recall over all queries of the sample, and the time known so far; the setting must have run a race. */
  async measured(parameters: Setting): Promise<MeasuredSetting> {
    const recalls = await this.recall.recalls(parameters, this.recall.sample.nq);
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
