import { type IdSelector, LutraError, type Progress } from '@lutra/core';
import type { ExactSearcher } from './measure/exact.js';
import type { SampleSource } from './measure/sample.js';

/** What measuring an index may be told, whatever it is for. */
export interface MeasureOptions {
  /** Results a query; 10 unless told. */
  readonly k?: number;
  /** Of the sample of queries and the order of rounds; 1234 unless told. */
  readonly seed?: number;
  /** Of each bound of a recall, 0.5 to below 1; 0.99 unless told. */
  readonly confidence?: number;
  /** Seconds after which nothing new is begun; 60 unless told. */
  readonly timeBudgetSeconds?: number;
  /** Threads of each search, where the backend has them. */
  readonly threads?: number;
  /** Whether searches choose their candidates by sketches, then and later, where the index and its backend have them. */
  readonly sketches?: boolean;
  /** Seconds of what a search costs, say of processor time on a busy machine; the wall clock unless told. */
  readonly clock?: () => number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** What to reach, and with which queries. */
export interface TuneOptions extends SampleSource, MeasureOptions {
  /** The recall that the cheapest setting is wanted for, above 0 to 1. */
  readonly targetRecall?: number;
  /** Milliseconds that a call with one query may take, in the median; alone: the highest recall within it. */
  readonly targetLatencyMs?: number;
  /** Bytes that the index may take; nothing is chosen for one that takes more. */
  readonly memoryBytes?: number;
  /**
   * Queries at most; 20,000 unless told. 4,000 are asked, more where the margin that their number leaves would make the
   * setting cost more. Finding their true neighbours is limited to a third of the time budget.
   */
  readonly maxQueries?: number;
  /** How the true neighbours are found; `exactByBackend` may be faster than `exactSearch`. */
  readonly exact?: ExactSearcher;
  /**
   * The only stored vectors that count as neighbours: recall is measured by searches limited to them, and `groundTruth`
   * must hold no others. For queries that are stored themselves, together with what is too like them. Times are of
   * searches without it.
   */
  readonly filter?: IdSelector;
  /** Whether the settings around the chosen one are measured too, for the record; true unless told. */
  readonly curve?: boolean;
  /** Whether the setting is stored in the index; true unless told. Nothing is stored that does not reach the target. */
  readonly apply?: boolean;
}

/** The wall clock in seconds. */
export const wallSeconds = (): number => performance.now() / 1000;

/** {@link MeasureOptions} with the defaults filled in. */
export interface Settled {
  readonly k: number;
  readonly seed: number;
  readonly confidence: number;
  readonly budget: number;
  readonly clock: () => number;
  readonly now: () => number;
  readonly secondsLeft: () => number;
}

/** @throws LutraError `ARGUMENT` for a value out of range */
export function settled(where: string, options: MeasureOptions): Settled {
  const { k = 10, seed = 1234, confidence = 0.99, timeBudgetSeconds: budget = 60 } = options;
  assertRange(where, 'k', k, 1, 2 ** 31, true);
  assertRange(where, 'seed', seed, 0, 2 ** 32 - 1, true);
  assertRange(where, 'confidence', confidence, 0.5, 0.999999);
  assertRange(where, 'timeBudgetSeconds', budget, 0, Number.POSITIVE_INFINITY);
  const now = wallSeconds;
  const end = now() + budget;
  return { k, seed, confidence, budget, now, clock: options.clock ?? now, secondsLeft: () => end - now() };
}

/** @throws LutraError `ARGUMENT` unless `value` is a number from `min` to `max` */
export function assertRange(
  where: string,
  name: string,
  value: unknown,
  min: number,
  max: number,
  whole = false,
): void {
  const inside = typeof value === 'number' && value >= min && value <= max;
  if (inside && (!whole || Number.isInteger(value))) return;
  const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
  const expected = `a${whole ? ' whole' : ''} number ${range}`;
  throw new LutraError('ARGUMENT', `${where}: ${name} must be ${expected}, got ${String(value)}`, {
    argument: name,
    value,
    expected,
  });
}
