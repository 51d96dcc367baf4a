import { LutraError } from '@lutra/core';

/** @throws LutraError `ARGUMENT` unless `value` is a safe integer of at least `least` */
export function assertInteger(where: string, name: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  const expected = `an integer >= ${least}`;
  throw new LutraError('ARGUMENT', `${where}: ${name} must be ${expected}, got ${String(value)}`, {
    argument: name,
    value,
    expected,
  });
}

/** @throws LutraError `ARGUMENT` unless `value` is a finite number of at least `least` */
export function assertFinite(where: string, name: string, value: unknown, least: number): void {
  if (Number.isFinite(value) && (value as number) >= least) return;
  const expected = least === -Infinity ? 'a finite number' : `a finite number >= ${least}`;
  throw new LutraError('ARGUMENT', `${where}: ${name} must be ${expected}, got ${String(value)}`, {
    argument: name,
    value,
    expected,
  });
}

/** @throws LutraError `ARGUMENT` unless `value` is a Float32Array */
export function assertFloat32(where: string, name: string, value: unknown): void {
  if (value instanceof Float32Array) return;
  const expected = 'a Float32Array';
  throw new LutraError('ARGUMENT', `${where}: ${name} must be ${expected}, got ${typeof value}`, {
    argument: name,
    value,
    expected,
  });
}

/**
 * The number of rows of `x`, row-major `(n, d)`.
 * @throws LutraError `ARGUMENT` for a bad `d`, `SHAPE` if the elements do not make whole rows
 */
export function countRows(where: string, name: string, x: ArrayLike<number>, d: number): number {
  assertInteger(where, 'd', d, 1);
  if (x.length % d !== 0) throw shapeError(where, name, `a multiple of d = ${d} elements`, `${x.length}`);
  return x.length / d;
}

/** A `SHAPE` error with its message. */
export function shapeError(
  where: string,
  argument: string,
  expected: string,
  actual: string,
): LutraError<'SHAPE'> {
  return new LutraError('SHAPE', `${where}: ${argument} must have ${expected}, got ${actual}`, {
    argument,
    expected,
    actual,
  });
}
