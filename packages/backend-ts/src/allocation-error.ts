import { LutraError } from '@lutra/core';

/**
 * What to throw for `e`: a `CAPACITY` error for the RangeError by which JavaScript refuses an array, else `e` itself.
 * @param where - the call that needed the array
 */
export function allocationError(where: string, e: unknown): unknown {
  if (!(e instanceof RangeError)) return e;
  const message = `${where}: no memory for an array that it needs: ${e.message}`;
  return new LutraError('CAPACITY', message, { what: 'arrays' }, { cause: e });
}

/** What `make` makes; a refused allocation is `CAPACITY`. */
export function orCapacity<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (e) {
    throw allocationError(where, e);
  }
}
