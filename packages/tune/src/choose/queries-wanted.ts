/*
 * How many queries a choice is worth. A setting is taken when the lower bound of its recall reaches the target, so it finds
 * more than the target by the margin of the bound, and that is paid for in every search. The margin shrinks with the root of
 * the queries. The first queries show how much recalls spread and what more recall costs, and so how many make the margin
 * cheap: a sample in two stages, as in Stein 1945, "A two-sample test for a linear hypothesis whose power is independent of
 * the variance".
 */
import { normalQuantile } from '../measure/normal-quantile.js';
import type { Axis, Setting } from './axes.js';
import type { Session } from './session.js';

/** What the margin may cost, as a part of the time of a query. */
const WORTH = 0.03;
/** Settings that are asked all queries before one is chosen, about. */
const EVALUATIONS = 4;
const TIME_PART = 0.6;
const SCREEN = 512;
/** Twice as many lists take between so many times as long. */
const LEAST_GROWTH = 1.03;
const MOST_GROWTH = 2.2;

/**
 * The queries that make the margin at value number `at` of the parameter `fine` cost little, `rest` being the values of
 * the others; no more than the time left allows, nor than there are.
 * @param shared - candidates that share the confidence
 */
export async function queriesWanted(
  session: Session,
  fine: Axis,
  { rest, at }: { readonly rest: Setting; readonly at: number },
  shared: number,
): Promise<number> {
  const setting = (i: number): Setting => ({ [fine.name]: fine.value(i), ...rest });
  const less = Math.max(1, at >> 1);
  const more = Math.min(fine.size, 2 * at);
  const meter = session.recall;
  if (less === more || meter.sample.most <= session.base) return session.base;
  const recalls = await meter.recalls(setting(at), SCREEN);
  const gain =
    mean(await meter.recalls(setting(more), SCREEN)) - mean(await meter.recalls(setting(less), SCREEN));
  const [now, then] = await session.time.race([setting(at), setting(more)], {
    least: 2,
    most: 2,
    seconds: 0,
  });
  const doublings = Math.log2(more / less);
  const slope = Math.max(0, gain) / doublings;
  const ratio = more > at ? (then!.seconds / now!.seconds) ** (1 / Math.log2(more / at)) : MOST_GROWTH;
  const growth = Math.min(MOST_GROWTH, Math.max(LEAST_GROWTH, ratio));
  // half a step of the parameter cannot be saved
  const margin = slope * Math.max(Math.log(1 + WORTH) / Math.log(growth), 0.5 * Math.log2(1 + 1 / at));
  const z = normalQuantile(1 - (1 - session.limits.confidence) / shared);
  const wanted = margin > 0 ? Math.ceil((z / margin) ** 2 * variance(recalls)) : Infinity;
  const affordable =
    (TIME_PART * session.secondsLeft) / (EVALUATIONS * shared * Math.max(now!.seconds, 1e-9));
  return Math.max(session.base, Math.floor(Math.min(wanted, affordable, meter.sample.most)));
}

function variance(values: Float64Array): number {
  const m = mean(values);
  return values.reduce((sum, value) => sum + (value - m) ** 2, 0) / values.length;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
