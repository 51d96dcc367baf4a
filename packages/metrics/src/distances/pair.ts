import { shapeError } from '../checks.js';

/**
 * The squared Euclidean distance of `a` and `b`, faiss's METRIC_L2.
 * @param a - `d` elements
 * @param b - `d` elements
 * @returns a float64 sum of direct differences; 0 for two empty vectors
 * @throws LutraError `SHAPE` if the lengths differ
 */
export function l2Squared(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assertSameLength('l2Squared', a, b);
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    sum += difference * difference;
  }
  return sum;
}

/**
 * The inner product of `a` and `b`, faiss's METRIC_INNER_PRODUCT: larger is closer.
 * @param a - `d` elements
 * @param b - `d` elements
 * @returns a float64 sum; 0 for two empty vectors
 * @throws LutraError `SHAPE` if the lengths differ
 */
export function innerProduct(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assertSameLength('innerProduct', a, b);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function assertSameLength(where: string, a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length !== b.length) throw shapeError(where, 'b', `${a.length} elements as a has`, `${b.length}`);
}
