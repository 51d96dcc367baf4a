import { LutraError, type SearchParameters, type StoredParameters } from '@lutra/core';

/** @throws LutraError `ARGUMENT` unless `value` is a whole number of at least 1 */
export function assertCount(argument: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  const expected = 'a whole number of at least 1';
  throw new LutraError('ARGUMENT', `${argument}: expected ${expected}, got ${String(value)}`, {
    argument,
    value,
    expected,
  });
}

/** Training cannot be repeated: LanceDB draws from the system's randomness. */
export function assertTrainOptions({ seed, threads }: { seed?: number; threads?: number }): void {
  if (threads !== undefined) assertCount('threads', threads);
  if (seed === undefined) return;
  throw new LutraError('UNSUPPORTED', 'train: LanceDB takes no seed', { feature: 'seed', by: 'lancedb' });
}

// #region parameters
/** Throws `ARGUMENT` for a parameter that an index which stores `known` does not have, or a value out of range. */
export function assertParameters(given: SearchParameters, known: StoredParameters, perCall: boolean): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (perCall && (name === 'filter' || name === 'signal')) continue;
    if (name === 'nprobe' || (perCall && name === 'threads')) assertCount(name, value);
    else if (name === 'kFactor' && known.kFactor !== undefined) assertFactor(value);
    else {
      const expected = Object.keys(known).join(', ');
      throw new LutraError('ARGUMENT', `this index has no parameter ${name} (it has: ${expected})`, {
        argument: name,
        value,
        expected,
      });
    }
  }
}
// #endregion

function assertFactor(value: unknown): void {
  if (typeof value === 'number' && value >= 1 && value <= 1000) return;
  throw new LutraError('ARGUMENT', `kFactor: expected 1 to 1000, got ${String(value)}`, {
    argument: 'kFactor',
    value,
    expected: '1 to 1000',
  });
}

/** The ids of `n` rows: those given, checked, or the next ones. `n` is undefined for a stream of unknown length. */
export function assertIds(ids: ArrayLike<number>, n: number | undefined, keepsIds: boolean): void {
  if (!keepsIds) {
    const message = 'add: an index with RFlat numbers its vectors from 0 and keeps no ids';
    throw new LutraError('ARGUMENT', message, { argument: 'ids' });
  }
  if (n !== undefined && ids.length !== n) throw idCount(ids.length, n);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (Number.isSafeInteger(id) && id >= 0) continue;
    throw new LutraError(
      'ARGUMENT',
      `add: id ${String(id)} at ${i} is not a whole number from 0 to 2^53 - 1`,
      {
        argument: 'ids',
        value: id,
      },
    );
  }
}

/** The error for a number of ids that is not the number of rows. */
export function idCount(ids: number, rows: number): LutraError {
  return new LutraError('SHAPE', `add: ${ids} ids for ${rows} rows`, {
    argument: 'ids',
    expected: `${rows}`,
    actual: `${ids}`,
  });
}
