import { isRowSource, LutraError, type RowSource, type Rows } from '@lutra/core';

const BLOCK_FLOATS = 1 << 20;
const BLOCK_ROWS = 8192;

/** Rows of a block on the way in: what faiss-node takes as one plain array. */
export const blockRows = (d: number): number =>
  Math.max(1, Math.min(BLOCK_ROWS, Math.floor(BLOCK_FLOATS / d)));

/** How many rows x has, if that is known before reading. @throws LutraError `SHAPE`, `ARGUMENT` */
export function rowCount(where: string, x: Rows, d: number): number | undefined {
  if (x instanceof Float32Array) {
    assertWholeRows(where, x, d);
    return x.length / d;
  }
  if (isRowSource(x)) {
    if (x.shape[1] === d) return x.shape[0];
    const message = `${where}: rows have ${x.shape[1]} dimensions, the index has ${d}`;
    throw new LutraError('SHAPE', message, {
      argument: 'x',
      expected: `(n, ${d})`,
      actual: `(${x.shape.join(', ')})`,
    });
  }
  if (typeof (x as { [Symbol.asyncIterator]?: unknown })?.[Symbol.asyncIterator] === 'function')
    return undefined;
  const message = `${where}: rows must be a Float32Array, a row source or an async iterable`;
  const expected = 'Float32Array | RowSource | AsyncIterable<Float32Array>';
  throw new LutraError('ARGUMENT', message, { argument: 'x', expected });
}

/** The rows of x in order, in blocks of at most {@link blockRows}, each checked for its length and for finite values. */
export async function* rowBlocks(
  where: string,
  x: Rows,
  d: number,
  signal?: AbortSignal,
): AsyncGenerator<Float32Array> {
  const step = blockRows(d) * d;
  let row = 0;
  for await (const piece of piecesOf(x, d, signal)) {
    if (!(piece instanceof Float32Array)) {
      throw new LutraError('ARGUMENT', `${where}: a block of rows is no Float32Array`, { argument: 'x' });
    }
    assertWholeRows(where, piece, d);
    for (let at = 0; at < piece.length; at += step) {
      const block = piece.subarray(at, at + step);
      assertFinite(where, block, d, row);
      row += block.length / d;
      yield block;
    }
  }
}

function piecesOf(
  x: Rows,
  d: number,
  signal: AbortSignal | undefined,
): Iterable<Float32Array> | AsyncIterable<Float32Array> {
  if (x instanceof Float32Array) return [x];
  if (isRowSource(x)) return (x as RowSource).blocks({ blockRows: blockRows(d), ...(signal && { signal }) });
  return x;
}

/** Throws `SHAPE` unless x is whole rows of d. */
export function assertWholeRows(where: string, x: Float32Array, d: number): void {
  if (x.length % d === 0) return;
  throw new LutraError('SHAPE', `${where}: ${x.length} numbers are no whole rows of ${d}`, {
    argument: 'x',
    expected: `a multiple of ${d}`,
    actual: `${x.length}`,
  });
}

/**
 * Throws `ARGUMENT` if x, `(n, d)`, holds NaN or infinities: how many rows, and where the first is.
 * @param firstRow - number of row 0 for people
 */
export function assertFinite(where: string, x: Float32Array, d: number, firstRow: number): void {
  // 0 · v is NaN for exactly the values looked for, and cannot overflow: the slow scan follows only then
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * 0;
  if (sum === 0) return;
  const first = x.findIndex((v) => !Number.isFinite(v));
  let rows = 0;
  for (let i = 0; i < x.length; i += d) {
    if (x.subarray(i, i + d).some((v) => !Number.isFinite(v))) rows++;
  }
  const place = `row ${firstRow + Math.floor(first / d)}, column ${first % d}`;
  const what = rows === 1 ? '1 row has' : `${rows} rows have`;
  const message = `${where}: ${what} NaN or infinite values, the first is ${x[first]} at ${place}`;
  throw new LutraError('ARGUMENT', message, {
    argument: 'x',
    value: x[first],
    expected: 'finite numbers',
  });
}
