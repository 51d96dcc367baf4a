import { isLutraError, type LutraError, type LutraErrorCode } from '@lutra/core';
import { expect } from 'vitest';

/** The LutraError that `act` throws or rejects with; fails the test if it does anything else. */
export async function expectError(
  act: () => unknown,
  code: LutraErrorCode,
  says: string,
): Promise<LutraError> {
  let thrown: unknown;
  try {
    await act();
  } catch (e) {
    thrown = e;
  }
  expect(isLutraError(thrown, code), `wanted ${code}, found ${String(thrown)}`).toBe(true);
  expect((thrown as LutraError).message).toContain(says);
  return thrown as LutraError;
}
