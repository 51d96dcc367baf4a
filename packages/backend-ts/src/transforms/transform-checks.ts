import { LutraError } from '@lutra/core';

/** @throws LutraError `SHAPE` unless `x` holds `n` rows of `d` */
export function assertRows(who: string, x: Float32Array, n: number, d: number): void {
  if (x.length !== n * d) {
    throw new LutraError('SHAPE', `${who}: x wants (${n}, ${d}), ${n * d} elements, has ${x.length}`, {
      argument: 'x',
      expected: `(${n}, ${d})`,
      actual: `${x.length} elements`,
    });
  }
}

/** @throws LutraError `SHAPE` unless `x` holds `n` rows of `d`, `ARGUMENT` if `n < atLeast` or a value is not finite */
export function assertTrainingRows(
  who: string,
  x: Float32Array,
  n: number,
  d: number,
  atLeast: number,
): void {
  assertRows(who, x, n, d);
  if (n < atLeast) {
    throw new LutraError('ARGUMENT', `${who}: wants at least ${atLeast} training rows, got ${n}`, {
      argument: 'x',
      expected: `at least ${atLeast} rows`,
      value: n,
    });
  }
  const bad = x.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) {
    const where = `row ${Math.floor(bad / d)}, column ${bad % d}`;
    throw new LutraError('ARGUMENT', `${who}: training wants finite numbers, found ${x[bad]} in ${where}`, {
      argument: 'x',
      value: x[bad],
      expected: 'finite numbers',
    });
  }
}

/** @throws LutraError `STATE` unless `isTrained` */
export function assertTrained(who: string, isTrained: boolean): void {
  if (!isTrained) throw new LutraError('STATE', `${who}: not trained yet`, { state: 'untrained' });
}

/** @throws LutraError `ARGUMENT` unless `dOut` is an integer in `[1, limit]` */
export function assertDimension(who: string, dOut: number, limit: number): void {
  if (!Number.isInteger(dOut) || dOut < 1 || dOut > limit) {
    throw new LutraError('ARGUMENT', `${who}: output dimension must be 1 to ${limit}, is ${dOut}`, {
      argument: 'dOut',
      value: dOut,
      expected: `1 to ${limit}`,
    });
  }
}

/** @throws LutraError `SHAPE` unless `array` has `wanted` elements */
export function assertLength(who: string, argument: string, array: ArrayLike<number>, wanted: number): void {
  if (array.length !== wanted) {
    throw new LutraError('SHAPE', `${who}: ${argument} wants ${wanted} elements, has ${array.length}`, {
      argument,
      expected: String(wanted),
      actual: String(array.length),
    });
  }
}
