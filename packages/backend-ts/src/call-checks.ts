import { LutraError } from '@lutra/core';
import type { IndexNode } from './node.js';

/** Throws `ARGUMENT` for an `addId` that is no safe integer, or that an index which counts from 0 would not follow. */
export function assertAddId(addId: number | undefined, root: Pick<IndexNode, 'keepsIds' | 'ntotal'>): void {
  if (addId === undefined) return;
  if (!Number.isSafeInteger(addId)) {
    throw new LutraError('ARGUMENT', `mergeFrom: addId ${String(addId)} is not a safe integer`, {
      argument: 'addId',
      value: addId,
    });
  }
  if (root.keepsIds || addId === root.ntotal) return;
  const message = `mergeFrom: this index counts from 0, ids that move are raised by ${root.ntotal} and not by ${addId}`;
  throw new LutraError('ARGUMENT', message, { argument: 'addId', value: addId, expected: `${root.ntotal}` });
}

/** The error for a source that gives other rows than it says. */
export function wrongRowCount(wanted: number, found: number): LutraError {
  return new LutraError('SHAPE', `add: the source says ${wanted} rows and gives ${found}`, {
    argument: 'x',
    expected: `${wanted} rows`,
    actual: `${found} rows`,
  });
}

/** The error for a call while `what` is under way. */
export function busy(where: string, what: string): LutraError {
  return new LutraError('STATE', `${where}: ${what} is under way`, { state: `busy: ${what}` });
}

/** The error for a number of ids that is not the number of rows. */
export function wrongIdCount(ids: number, rows: number): LutraError {
  return new LutraError('SHAPE', `add: ${ids} ids for ${rows} rows`, {
    argument: 'ids',
    expected: `${rows}`,
    actual: `${ids}`,
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
