import { LutraError } from '@lutra/core';

/** @throws LutraError `ARGUMENT` if `value` is none of `known` */
export function assertKnown(argument: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  const expected = known.join(' or ');
  throw new LutraError('ARGUMENT', `${argument}: ${value} is not ${expected}`, { argument, value, expected });
}
