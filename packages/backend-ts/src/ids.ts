import { LutraError } from '@lutra/core';

/**
 * The caller's ids as numbers, checked: as many as rows where that is known, each a safe integer of at least 0.
 * @throws LutraError `ARGUMENT` also when the index keeps no ids
 */
export function idsOf(
  ids: ArrayLike<number> | undefined,
  rows: number | undefined,
  keepsIds: boolean,
): Float64Array | undefined {
  if (ids === undefined) return undefined;
  if (!keepsIds) {
    const message = 'add: this index counts its vectors from 0 and keeps no ids; put IDMap in front of it';
    throw new LutraError('ARGUMENT', message, { argument: 'ids' });
  }
  if (rows !== undefined && ids.length !== rows) {
    throw new LutraError('SHAPE', `add: ${ids.length} ids for ${rows} rows`, {
      argument: 'ids',
      expected: `${rows}`,
      actual: `${ids.length}`,
    });
  }
  const out = new Float64Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (!Number.isSafeInteger(id) || id < 0) {
      throw new LutraError(
        'ARGUMENT',
        `add: id ${String(id)} at ${i} is not a whole number from 0 to 2^53 - 1`,
        {
          argument: 'ids',
          value: id,
        },
      );
    }
    out[i] = id;
  }
  return out;
}
