/*
 * How far a measured recall can be from that of all queries. The k results of a query hang together, so nq · k hits are
 * not as many independent trials; the spread between queries says how many they are worth (the design effect of survey
 * statistics), and Wilson's score interval takes that number.
 * Wilson 1927; Korn and Graubard 1998, "Confidence intervals for proportions with small expected number of positive
 * counts estimated from survey data", for the effective number (they put it into another interval).
 */
import { wilsonInterval } from '@lutra/metrics';
import { normalQuantile } from './normal-quantile.js';

/** A measured recall and its one-sided bounds: each alone holds with the confidence asked for. */
export interface RecallBounds {
  readonly recall: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Bounds of the mean recall of all queries, from those measured.
 *
 * One query more that finds nothing is reckoned into the spread: queries that were all answered perfectly would have
 * none, and say too much. That makes the lower bound, which promises are made by, err less often than it may; close to 1
 * the upper one can err twice as often.
 * @param recalls - one of 0 to 1 a query, at least one
 * @param confidence - of each bound, 0.5 to below 1
 */
export function recallBounds(recalls: ArrayLike<number>, confidence: number): RecallBounds {
  const n = recalls.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += recalls[i]!;
  const recall = Math.min(1, sum / n);
  const cautious = sum / (n + 1);
  let squares = cautious * cautious;
  for (let i = 0; i < n; i++) squares += (recalls[i]! - cautious) ** 2;
  const variance = squares / n;
  const worth = variance > 0 ? (n * cautious * (1 - cautious)) / variance : n;
  const trials = Math.max(1, Math.floor(worth));
  const { low, high } = wilsonInterval(recall, trials, { z: normalQuantile(confidence) });
  return { recall, low, high };
}
