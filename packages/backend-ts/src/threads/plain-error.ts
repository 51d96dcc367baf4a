import { isLutraError, LutraError, type LutraErrorCode, type LutraErrorDetails } from '@lutra/core';
import type { PlainError } from './messages.js';

/** `e` for a message: structured clone keeps no classes. */
export function toPlainError(e: unknown): PlainError {
  if (isLutraError(e))
    return { code: e.code, message: e.message, details: cloneable(e.details), stack: e.stack };
  return {
    message: e instanceof Error ? e.message : String(e),
    stack: e instanceof Error ? e.stack : undefined,
  };
}

/** The error again; what was no `LutraError` in the thread is a failure of the thread. */
export function fromPlainError({ code, message, details, stack }: PlainError): LutraError {
  if (code !== undefined) {
    return new LutraError(code as LutraErrorCode, message, details as LutraErrorDetails[LutraErrorCode]);
  }
  const cause = new Error(message);
  if (stack !== undefined) cause.stack = stack;
  return threadFailed(`a thread failed: ${message}`, cause);
}

/** The error for a thread that cannot go on. */
export function threadFailed(message: string, cause?: unknown): LutraError {
  return new LutraError('BACKEND', `backend ts: ${message}`, { backend: 'ts' }, { cause });
}

function cloneable(details: unknown): unknown {
  try {
    return structuredClone(details);
  } catch {
    return {};
  }
}
