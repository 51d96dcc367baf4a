import { isLutraError, type LutraErrorCode } from '@lutra/core';
import { expect } from 'vitest';

/** Expects `work` to fail with a LutraError of `code` that says `message`. */
export async function expectError(
  work: Promise<unknown> | (() => Promise<unknown>),
  code: LutraErrorCode,
  message: string | RegExp,
): Promise<void> {
  let caught: unknown;
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (e) {
    caught = e;
  }
  expect(caught, 'an error').toBeDefined();
  expect(isLutraError(caught), String(caught)).toBe(true);
  expect(isLutraError(caught, code) ? code : caught).toBe(code);
  const said = (caught as Error).message;
  if (typeof message === 'string') expect(said).toBe(message);
  else expect(said).toMatch(message);
}
