import { LutraError, type Progress, type RowSource } from '@lutra/core';
import { dropNonFinite, scanNonFinite } from '@lutra/npy';
import { formatCount } from './format.js';
import type { VectorSource } from './vectors.js';

/** Vectors that an index can store, and the rows left out for them. */
export interface FiniteRows {
  readonly rows: RowSource;
  /** Ascending. */
  readonly dropped: readonly number[];
}

/**
 * The rows of `source` without NaN and infinities; reads it once to find them.
 * @throws LutraError `ARGUMENT` if there are some and they are not to be dropped, with their number and the first place
 */
export async function finiteRows(
  source: VectorSource,
  drop: boolean,
  options: { onProgress: (progress: Progress) => void; signal: AbortSignal },
): Promise<FiniteRows> {
  if (drop) {
    const rows = await dropNonFinite(source.rows, options);
    if (rows.shape[0] > 0) return { rows, dropped: rows.dropped };
    throw new LutraError('ARGUMENT', `${source.path}: no row is left, all hold NaN or infinities`, {
      argument: 'in',
      path: source.path,
    });
  }
  const { rows: count, first } = await scanNonFinite(source.rows, options);
  if (first === undefined) return { rows: source.rows, dropped: [] };
  const place = source.locate(first.row);
  const hold = count === 1 ? '1 row holds' : `${formatCount(count)} rows hold`;
  const text = `${hold} NaN or infinities, the first is ${first.value} in ${place}, column ${first.column}`;
  throw new LutraError('ARGUMENT', `${source.path}: ${text}; --drop-non-finite leaves such rows out`, {
    argument: 'in',
    path: source.path,
  });
}
