import { isRowSource, LutraError, type RowSource, type Rows } from '@lutra/core';
import { assertFinite } from './finite.js';

/** Rows of a block on the way in. */
export const BLOCK_ROWS = 8192;

/** How many rows x has, if that is known before reading. @throws LutraError `SHAPE` */
export function rowCount(where: string, x: Rows, d: number): number | undefined {
  if (x instanceof Float32Array) {
    assertWholeRows(where, x, d);
    return x.length / d;
  }
  if (!isRowSource(x)) {
    if (typeof (x as { [Symbol.asyncIterator]?: unknown })?.[Symbol.asyncIterator] === 'function')
      return undefined;
    throw new LutraError(
      'ARGUMENT',
      `${where}: rows must be a Float32Array, a row source or an async iterable`,
      {
        argument: 'x',
        expected: 'Float32Array | RowSource | AsyncIterable<Float32Array>',
      },
    );
  }
  if (x.shape[1] !== d) {
    throw new LutraError('SHAPE', `${where}: rows have ${x.shape[1]} dimensions, the index has ${d}`, {
      argument: 'x',
      expected: `(n, ${d})`,
      actual: `(${x.shape.join(', ')})`,
    });
  }
  return x.shape[0];
}

/** The rows of x in order, in blocks of at most {@link BLOCK_ROWS}, each checked for its length and for finite values. */
export async function* rowBlocks(
  where: string,
  x: Rows,
  d: number,
  { signal, missing = false }: { signal?: AbortSignal | undefined; missing?: boolean } = {},
): AsyncGenerator<Float32Array> {
  let row = 0;
  for await (const piece of piecesOf(x, signal)) {
    if (!(piece instanceof Float32Array)) {
      throw new LutraError('ARGUMENT', `${where}: a block of rows is no Float32Array`, { argument: 'x' });
    }
    assertWholeRows(where, piece, d);
    for (let at = 0; at < piece.length; at += BLOCK_ROWS * d) {
      const block = piece.subarray(at, at + BLOCK_ROWS * d);
      assertFinite(where, block, d, row, missing);
      row += block.length / d;
      yield block;
    }
  }
}

function piecesOf(
  x: Rows,
  signal: AbortSignal | undefined,
): Iterable<Float32Array> | AsyncIterable<Float32Array> {
  if (x instanceof Float32Array) return [x];
  if (isRowSource(x))
    return (x as RowSource).blocks(signal ? { blockRows: BLOCK_ROWS, signal } : { blockRows: BLOCK_ROWS });
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
