import { LutraError } from '@lutra/core';

/** The two sides of a trade, as property names or functions of a point. */
export interface ParetoGoals<T> {
  /** More of it is better: recall. */
  readonly maximise: NumericKey<T> | ((point: T) => number);
  /** Less of it is better: time, bytes. */
  readonly minimise: NumericKey<T> | ((point: T) => number);
}

/** The names of the properties of `T` that are numbers. */
export type NumericKey<T> = { [K in keyof T]-?: T[K] extends number ? K : never }[keyof T];

/**
 * The points that no other point beats: none has at least as much to maximise for at most as much to minimise, and
 * more or less of one of them. Of points equal in both the first given stays.
 * @param points - not modified; the same objects come back
 * @returns by rising `maximise`, and so by rising `minimise`
 * @throws LutraError `ARGUMENT` for a point whose value is NaN or not a number
 */
export function paretoFront<T>(points: readonly T[], goals: ParetoGoals<T>): T[] {
  const gain = valuesOf(points, goals.maximise, 'maximise');
  const cost = valuesOf(points, goals.minimise, 'minimise');
  const order = points.map((_, i) => i);
  order.sort((a, b) => compare(gain[b]!, gain[a]!) || compare(cost[a]!, cost[b]!) || a - b);
  const front: T[] = [];
  let least: number | undefined;
  for (const i of order) {
    if (least !== undefined && cost[i]! >= least) continue;
    least = cost[i]!;
    front.push(points[i]!);
  }
  return front.reverse();
}

function valuesOf<T>(
  points: readonly T[],
  goal: NumericKey<T> | ((point: T) => number),
  name: string,
): number[] {
  return points.map((point, i) => {
    const value: unknown = typeof goal === 'function' ? goal(point) : point[goal];
    if (typeof value === 'number' && !Number.isNaN(value)) return value;
    const expected = 'a number other than NaN';
    throw new LutraError('ARGUMENT', `paretoFront: ${name} of point ${i} must be ${expected}, got ${value}`, {
      argument: name,
      value,
      expected,
    });
  });
}

/** Not a difference: that of two infinities is NaN. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
