import { isLutraError, type LutraErrorCode } from '@lutra/core';
import { expect } from 'vitest';

/** Expects that `call` throws or rejects with a LutraError of `code` whose message matches. */
export async function expectError(
  call: () => unknown,
  code: LutraErrorCode,
  message: RegExp = /./,
): Promise<void> {
  let error: unknown;
  try {
    await call();
  } catch (e) {
    error = e;
  }
  const found = isLutraError(error) ? error.code : String(error);
  expect(found, error instanceof Error ? error.message : 'no error').toBe(code);
  expect((error as Error).message).toMatch(message);
}
