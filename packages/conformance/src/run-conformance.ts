import type { Backend } from '@lutra/core';
import { type ConformanceCase, conformanceCases } from './cases.js';
import type { ConformanceOptions } from './options.js';

/** What became of one case. */
export interface CaseOutcome {
  readonly name: string;
  readonly group: string;
  readonly promise: string;
  readonly status: 'passed' | 'failed' | 'not-claimed';
  /** What is wrong, or what is not claimed. */
  readonly message?: string;
  readonly milliseconds: number;
}

/** What {@link runConformance} found. */
export interface ConformanceReport {
  readonly backend: string;
  /** Whether nothing failed. */
  readonly ok: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly notClaimed: number;
  readonly outcomes: readonly CaseOutcome[];
}

/** What {@link runConformance} may be told besides sizes. */
export interface RunOptions extends ConformanceOptions {
  /** A case that takes longer has failed, and so have those after it, which would wait for it; 600,000 unless told. */
  readonly timeoutMs?: number;
  /** Called after each case. */
  readonly onOutcome?: (outcome: CaseOutcome) => void;
}

/**
 * Runs every case of `backend`, without a test runner.
 * @returns the report; whatever the backend does, nothing of it is thrown
 * @throws LutraError `ARGUMENT` for options out of range
 */
export async function runConformance(backend: Backend, options: RunOptions = {}): Promise<ConformanceReport> {
  const { timeoutMs = 600_000, onOutcome } = options;
  const outcomes: CaseOutcome[] = [];
  let stuck: string | undefined;
  for (const one of conformanceCases(backend, options)) {
    const outcome = await outcomeOf(one, timeoutMs, stuck);
    if (outcome.message === lateAfter(timeoutMs)) stuck ??= one.name;
    outcomes.push(outcome);
    onOutcome?.(outcome);
  }
  const count = (status: CaseOutcome['status']): number => outcomes.filter((o) => o.status === status).length;
  const failed = count('failed');
  return {
    backend: backend.name,
    ok: failed === 0,
    passed: count('passed'),
    failed,
    notClaimed: count('not-claimed'),
    outcomes,
  };
}

const lateAfter = (ms: number): string => `no answer within ${ms} ms`;

async function outcomeOf(
  one: ConformanceCase,
  timeoutMs: number,
  stuck: string | undefined,
): Promise<CaseOutcome> {
  const { name, group, promise, notClaimed } = one;
  const head = { name, group, promise };
  if (notClaimed !== undefined)
    return { ...head, status: 'not-claimed', message: notClaimed, milliseconds: 0 };
  if (stuck !== undefined) {
    return {
      ...head,
      status: 'failed',
      message: `not run: '${stuck}' has not come to an end`,
      milliseconds: 0,
    };
  }
  const start = performance.now();
  const message = await within(timeoutMs, one.run());
  const milliseconds = performance.now() - start;
  if (message === undefined) return { ...head, status: 'passed', milliseconds };
  return { ...head, status: 'failed', message, milliseconds };
}

function within(ms: number, work: Promise<string | undefined>): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(lateAfter(ms)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
