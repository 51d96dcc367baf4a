import { LutraError } from '@lutra/core';
import { assertFinite, assertInteger } from '../checks.js';

/** A recall measured on a sample, and where the true one lies. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval of a proportion measured in `trials` independent trials: where the recall over all queries
 * lies, given a sample of them. Stays within 0 to 1 and is of use at 0 and 1, where the normal interval is not.
 *
 * The results of one query hang together, so for recall@k nq · k trials claim too much and nq trials too little.
 * @param proportion - 0 to 1
 * @param trials - at least 1
 * @param options.z - standard deviations: 1.959964 (95 %) unless told; 2.575829 for 99 %
 * @throws LutraError `ARGUMENT`
 * @see Wilson 1927, "Probable inference, the law of succession, and statistical inference"
 */
export function wilsonInterval(proportion: number, trials: number, options: { z?: number } = {}): Interval {
  const where = 'wilsonInterval';
  const { z = 1.959964 } = options;
  assertFinite(where, 'proportion', proportion, 0);
  if (proportion > 1) {
    const expected = 'at most 1';
    throw new LutraError('ARGUMENT', `${where}: proportion must be ${expected}, got ${proportion}`, {
      argument: 'proportion',
      value: proportion,
      expected,
    });
  }
  assertInteger(where, 'trials', trials, 1);
  assertFinite(where, 'z', z, 0);
  const z2 = z * z;
  const centre = proportion + z2 / (2 * trials);
  const spread = z * Math.sqrt((proportion * (1 - proportion) + z2 / (4 * trials)) / trials);
  const scale = 1 + z2 / trials;
  return {
    low: Math.min(proportion, Math.max(0, (centre - spread) / scale)),
    high: Math.max(proportion, Math.min(1, (centre + spread) / scale)),
  };
}
