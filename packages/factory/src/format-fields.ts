import { LutraError } from '@lutra/core';
import { INT32_MAX } from './syntax-fault.js';

/** @throws LutraError `ARGUMENT` */
export function refuse(argument: string, value: unknown, expected: string): never {
  throw new LutraError('ARGUMENT', `factory: ${argument} must be ${expected}, got ${show(value)}`, {
    argument,
    value,
    expected,
  });
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** The decimal text of a number that a factory string can hold. */
export function int(value: number, argument: string): string {
  if (!Number.isInteger(value) || value < 0 || value > INT32_MAX || Object.is(value, -0)) {
    refuse(argument, value, `an integer in [0, ${INT32_MAX}]`);
  }
  return String(value);
}

/** `value`, if it is one of `allowed`. */
export function oneOf<T extends string>(value: T, allowed: readonly T[], argument: string): T {
  if (!allowed.includes(value)) refuse(argument, value, `one of ${allowed.join(', ')}`);
  return value;
}

/** The text of an optional number: empty where there is none. */
export function optional(value: number | undefined, argument: string, before: string = ''): string {
  return value === undefined ? '' : before + int(value, argument);
}
