import { isLutraError, type LutraErrorCode } from '@lutra/core';

/** A promise that was not kept. Stays inside the kit: a case turns it into its outcome. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** Ends the case: the backend does not do what it promised. */
export function fail(message: string): never {
  throw new Failure(message);
}

/** Fails with `message` unless `kept`. */
export function must(kept: boolean, message: string): asserts kept {
  if (!kept) fail(message);
}

/** An error for people: its class, its code if it has one, its message. */
export function describeError(e: unknown): string {
  if (isLutraError(e)) return `LutraError ${e.code}: ${e.message}`;
  if (e instanceof Error) return `${e.constructor.name}: ${e.message}`;
  return `${typeof e} ${String(e)}`;
}

/** Fails unless `call` throws or rejects with a `LutraError` of one of `codes`. Returns the error. */
export async function rejects(
  what: string,
  codes: LutraErrorCode | readonly LutraErrorCode[],
  call: () => unknown,
): Promise<unknown> {
  const wanted = typeof codes === 'string' ? [codes] : codes;
  try {
    await call();
  } catch (e) {
    if (e instanceof Failure) throw e;
    if (!isLutraError(e))
      fail(`${what}: threw ${describeError(e)}, wanted a LutraError ${wanted.join(' or ')}`);
    if (!wanted.includes(e.code)) fail(`${what}: threw ${describeError(e)}, wanted ${wanted.join(' or ')}`);
    must(e.message.length > 0, `${what}: a LutraError ${e.code} without a message`);
    must(
      typeof e.details === 'object' && e.details !== null,
      `${what}: a LutraError ${e.code} without details`,
    );
    return e;
  }
  return fail(`${what}: nothing was thrown, wanted a LutraError ${wanted.join(' or ')}`);
}
