import { isLutraError, LutraError } from '@lutra/core';

/** Throws `UNSUPPORTED`, with the words of `refusal`, if there is one. */
export function assertRun(refusal: string | undefined): void {
  if (refusal === undefined) return;
  throw new LutraError('UNSUPPORTED', `backend ts: ${refusal}`, { feature: refusal, by: 'ts' });
}

/** Why data that no factory string builds is not run; `spec` finds the string's spec, or throws `UNSUPPORTED`. */
export function refusesUnnamed(spec: () => unknown): string | undefined {
  try {
    spec();
  } catch (e) {
    if (isLutraError(e, 'UNSUPPORTED')) return `${e.details.feature} is not run: no factory string builds it`;
    throw e;
  }
  return undefined;
}
