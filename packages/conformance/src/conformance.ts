import { type Backend, LutraError } from '@lutra/core';
import { conformanceCases } from './cases.js';
import type { ConformanceOptions } from './options.js';

/** A test function as runners have it: vitest's and jest's `test`, node:test's `test`. */
export interface TestFunction {
  (name: string, run: () => Promise<void>): unknown;
  /** Marks a test as left out; runners print it. */
  skip(name: string, run: () => void): unknown;
}

/** The part of an `expect` that is used, so that a runner which counts assertions has some. */
export type ExpectFunction = (found: unknown) => { toBe(wanted: unknown): unknown };

/** A backend and the runner to test it with. */
export interface ConformanceTests extends ConformanceOptions {
  readonly backend: Backend;
  readonly test: TestFunction;
  /** Leave it out where the runner has none: a broken promise is then a thrown error. */
  readonly expect?: ExpectFunction;
}

const KEPT = 'as promised';

/**
 * Declares one test for each case of `backend` to the runner handed in. What the backend does not claim is skipped, by
 * the runner's own `skip`, and named with the reason.
 * @throws LutraError `ARGUMENT` for options out of range
 */
export function conformance({ backend, test, expect, ...options }: ConformanceTests): void {
  for (const { name, notClaimed, run } of conformanceCases(backend, options)) {
    if (notClaimed !== undefined) {
      test.skip(`${name} (${notClaimed})`, () => {});
      continue;
    }
    test(name, async () => {
      const problem = await run();
      if (expect) expect(problem ?? KEPT).toBe(KEPT);
      else if (problem !== undefined) throw new LutraError('BACKEND', problem, { backend: backend.name });
    });
  }
}
