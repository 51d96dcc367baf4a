import { type Backend, LutraError } from '@lutra/core';

/** What the kit may be told. Sizes bound the time it takes; nothing here leaves a case out. */
export interface ConformanceOptions {
  /** Seed of the vectors and of every training; 1234 unless told. */
  readonly seed?: number;
  /** Vectors stored, at least 400; 600 unless told. */
  readonly n?: number;
  /** Queries, at least 8; 16 unless told. */
  readonly nq?: number;
  /** Dimension, a multiple of 16; 16 unless told. */
  readonly d?: number;
  /** Factory strings to check besides the kit's own. */
  readonly factories?: readonly string[];
  /** A backend whose answers are trusted. What both know is built on either side and must be answered alike on the other. */
  readonly reference?: Backend;
}

/** {@link ConformanceOptions}, complete. */
export interface Sizes {
  readonly seed: number;
  readonly n: number;
  readonly nq: number;
  readonly d: number;
}

/** @throws LutraError `ARGUMENT` */
export function sizesOf(options: ConformanceOptions): Sizes {
  const { seed = 1234, n = 600, nq = 16, d = 16 } = options;
  whole('seed', seed, 0, 2 ** 31 - 1);
  whole('n', n, 400);
  whole('nq', nq, 8);
  whole('d', d, 16);
  if (d % 16 !== 0) refuse('d', d, 'a multiple of 16');
  return { seed, n, nq, d };
}

function whole(argument: string, value: number, min: number, max: number = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  refuse(
    argument,
    value,
    max < Number.MAX_SAFE_INTEGER ? `whole, ${min} to ${max}` : `whole, at least ${min}`,
  );
}

function refuse(argument: string, value: unknown, expected: string): never {
  throw new LutraError('ARGUMENT', `conformance: ${argument} must be ${expected}, got ${String(value)}`, {
    argument,
    value,
    expected,
  });
}
