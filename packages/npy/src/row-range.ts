import { LutraError, type RowRange, type RowSource } from '@lutra/core';
import { argumentError, MEMORY, type Origin, withinMemory } from './fault.js';

/** Float32 bytes a block has unless told: large enough for disks, small enough for a browser. */
const BLOCK_BYTES = 1 << 22;

/** A {@link RowRange} with every default filled in. */
export interface FullRange {
  readonly start: number;
  readonly end: number;
  readonly blockRows: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws LutraError `ARGUMENT` for a range that is not within the `n` rows */
export function checkRange([n, d]: readonly [number, number], range: RowRange = {}): FullRange {
  const { start = 0, end = n, signal } = range;
  const blockRows = range.blockRows ?? Math.max(1, Math.floor(BLOCK_BYTES / (4 * d)));
  if (!Number.isSafeInteger(start) || start < 0 || start > n) {
    throw argumentError('start', `wants a row from 0 to ${n}, not ${start}`, start);
  }
  if (!Number.isSafeInteger(end) || end < start || end > n) {
    throw argumentError('end', `wants a row from ${start} to ${n}, not ${end}`, end);
  }
  if (!Number.isSafeInteger(blockRows) || blockRows < 1) {
    throw argumentError('blockRows', `wants a whole number ≥ 1, not ${blockRows}`, blockRows);
  }
  return { start, end, blockRows, signal };
}

/** How arrays that are not two-dimensional become rows. */
export interface RowsOptions {
  /** Take an array of shape (n) as one `row` (1, n) or as a `column` (n, 1); refused unless told. */
  vector?: 'row' | 'column';
}

/**
 * `shape` as `(n, d)`.
 * @throws LutraError `SHAPE` for what is not two-dimensional (or one-dimensional, where `options` allows it) or has d 0
 */
export function rowShape(
  shape: readonly number[],
  origin: Origin,
  options?: RowsOptions,
): [n: number, d: number] {
  const found = rowsOf(shape, options?.vector);
  if (found && found[1] > 0) return found;
  const actual = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const wanted = found ? 'rows of at least one element' : 'rows (n, d)';
  const text = `${origin.name}: shape ${actual} where ${wanted} are wanted`;
  throw new LutraError('SHAPE', text, { expected: '(n, d)', actual, path: origin.path });
}

function rowsOf(
  shape: readonly number[],
  vector: 'row' | 'column' | undefined,
): [number, number] | undefined {
  if (shape.length === 2) return [shape[0]!, shape[1]!];
  if (shape.length !== 1 || vector === undefined) return undefined;
  if (vector === 'row') return [1, shape[0]!];
  if (vector === 'column') return [shape[0]!, 1];
  throw argumentError('vector', `wants 'row' or 'column', not ${String(vector)}`, vector);
}

/**
 * The rows `[start, end)` of `source` in fresh memory.
 * @returns `(end - start, d)` row-major
 * @throws LutraError `ARGUMENT` for a range outside the rows, `CAPACITY` for more than fits in memory, and what the
 *   source throws
 */
export async function readRows(
  source: RowSource,
  start = 0,
  end: number = source.shape[0],
  options?: { signal?: AbortSignal },
): Promise<Float32Array> {
  const d = source.shape[1];
  const range = checkRange(source.shape, { start, end, signal: options?.signal });
  const count = d * (range.end - range.start);
  const out = withinMemory(4 * count, MEMORY, () => new Float32Array(count));
  let at = 0;
  for await (const block of source.blocks({ start: range.start, end: range.end, signal: options?.signal })) {
    out.set(block, at);
    at += block.length;
  }
  return out;
}
