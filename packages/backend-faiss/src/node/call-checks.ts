import {
  type Ability,
  type FactorySpec,
  LutraError,
  type SearchParameters,
  type StoredParameters,
} from '@lutra/core';
import { lacks } from '../refusals.js';
import { assertFinite, assertWholeRows } from './row-blocks.js';

const MISSING: Readonly<Record<string, string>> = {
  nprobe: 'it has no inverted lists',
  kFactor: 'it does not refine',
  efSearch: 'it has no HNSW graph',
  sketches: 'faiss has none',
};
const CALL_ONLY: readonly string[] = ['filter', 'threads', 'signal'];

/** Throws `ARGUMENT` unless `value` is a whole number of at least 1. */
export function assertCount(argument: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  const expected = 'a whole number of at least 1';
  throw new LutraError('ARGUMENT', `${argument}: ${String(value)} is not ${expected}`, {
    argument,
    value,
    expected,
  });
}

/** Throws `ARGUMENT` unless each of `parameters` is one of `known` and in its range. */
export function checkParameters(
  known: StoredParameters,
  parameters: SearchParameters,
  allowCallOnly: boolean,
): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || (allowCallOnly && CALL_ONLY.includes(name))) continue;
    if (!(name in known)) {
      const have = Object.keys(known).join(', ') || 'none';
      const why = MISSING[name] ? `: ${MISSING[name]}` : '';
      const message = `this index has no parameter ${name}${why} (it has: ${have})`;
      throw new LutraError('ARGUMENT', message, { argument: name, value, expected: have });
    }
    if (name === 'kFactor') assertKFactor(value);
    else assertCount(name, value);
  }
  if (allowCallOnly && parameters.threads !== undefined) assertThreads(parameters.threads);
}

function assertKFactor(value: unknown): void {
  if (typeof value === 'number' && value >= 1 && value <= 1000) return;
  throw new LutraError('ARGUMENT', `kFactor: ${String(value)} is not in 1 to 1000`, {
    argument: 'kFactor',
    value,
    expected: '1 to 1000',
  });
}

/** OpenMP takes no more than this without trouble. */
const MAX_THREADS = 1024;

/** Throws `ARGUMENT` unless `threads` is undefined or a number of threads. */
export function assertThreads(threads: number | undefined): void {
  if (threads === undefined) return;
  assertCount('threads', threads);
  if (threads <= MAX_THREADS) return;
  throw new LutraError('ARGUMENT', `threads: ${threads} is more than ${MAX_THREADS}`, {
    argument: 'threads',
    value: threads,
    expected: `at most ${MAX_THREADS}`,
  });
}

/** Throws `ARGUMENT` unless `seed` is undefined or fits 32 bits. */
export function assertSeed(seed: number | undefined): void {
  if (seed === undefined || (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) return;
  throw new LutraError('ARGUMENT', `seed: ${seed} is not a whole number below 2^32`, {
    argument: 'seed',
    value: seed,
  });
}

/** Throws `ARGUMENT` for an `addId` that is no safe integer, or that an index which counts from 0 would not follow. */
export function assertAddId(addId: number | undefined, ntotal: number, keepsIds: boolean): void {
  if (addId === undefined) return;
  if (!Number.isSafeInteger(addId)) {
    throw new LutraError('ARGUMENT', `mergeFrom: addId ${String(addId)} is not a safe integer`, {
      argument: 'addId',
      value: addId,
    });
  }
  if (keepsIds || addId === ntotal) return;
  const message = `mergeFrom: this index counts from 0, ids that move are raised by ${ntotal} and not by ${addId}`;
  throw new LutraError('ARGUMENT', message, { argument: 'addId', value: addId, expected: `${ntotal}` });
}

/** Throws `UNSUPPORTED` where an index of `spec` goes without an ability. */
export function assertAble(spec: FactorySpec, ability: Ability): void {
  if (!lacks(spec).includes(ability)) return;
  const feature = `${ability} of a ${spec.kind} index`;
  throw new LutraError('UNSUPPORTED', `${ability}: faiss has none for this kind of index`, {
    feature,
    by: 'faiss',
  });
}

/** The error for a call while `what` is under way. */
export function busy(where: string, what: string): LutraError {
  return new LutraError('STATE', `${where}: ${what} is under way`, { state: `busy: ${what}` });
}

/** Throws `ARGUMENT` unless `radius` is a number. */
export function assertRadius(radius: unknown): void {
  if (typeof radius === 'number' && !Number.isNaN(radius)) return;
  throw new LutraError('ARGUMENT', `rangeSearch: radius is ${String(radius)}, wanted a number`, {
    argument: 'radius',
    value: radius,
  });
}

/** The error for a number of rows or ids that is not as announced. */
export function wrongCount(where: string, what: string, wanted: number, found: number): LutraError {
  return new LutraError('SHAPE', `${where}: wanted ${wanted} ${what}, found ${found}`, {
    argument: what === 'ids' ? 'ids' : 'x',
    expected: `${wanted} ${what}`,
    actual: `${found} ${what}`,
  });
}

/** Throws unless x is whole, finite queries and k a number of results. */
export function assertQueries(where: string, x: Float32Array, k: number, d: number): void {
  if (!(x instanceof Float32Array)) {
    throw new LutraError('ARGUMENT', `${where}: queries must be a Float32Array`, { argument: 'x' });
  }
  assertWholeRows(where, x, d);
  assertCount('k', k);
  assertFinite(where, x, d, 0);
}

/** Throws `ARGUMENT` for fewer rows than a training needs: faiss would end its process. */
export function assertEnoughRows(n: number, least: number): void {
  if (n >= least) return;
  throw new LutraError('ARGUMENT', `train: ${n} rows, this index needs at least ${least}`, {
    argument: 'x',
    value: n,
    expected: `at least ${least} rows`,
  });
}
