import { isRowSource, LutraError, type RowSource } from '@lutra/core';
import { cut, type Vectors } from '../node.js';
import { assertFinite } from './finite.js';

/** Rows of a block on the way in. */
export const BLOCK_ROWS = 8192;

/** The array that rows come in. */
export interface RowArray<V extends Vectors> {
  new (length: number): V;
  readonly name: string;
}

/** Rows in any of the ways in which they are given. */
export type RowsOf<V extends Vectors> = V | RowSource<V> | AsyncIterable<V>;

/** How many rows x has, if that is known before reading. @throws LutraError `SHAPE` */
export function rowCount<V extends Vectors>(
  where: string,
  x: RowsOf<V>,
  d: number,
  array: RowArray<V>,
): number | undefined {
  if (x instanceof array) {
    assertWholeRows(where, x, d);
    return x.length / d;
  }
  if (!isRowSource<V>(x)) {
    if (typeof (x as { [Symbol.asyncIterator]?: unknown })?.[Symbol.asyncIterator] === 'function')
      return undefined;
    throw new LutraError(
      'ARGUMENT',
      `${where}: rows must be a ${array.name}, a row source or an async iterable`,
      {
        argument: 'x',
        expected: `${array.name} | RowSource | AsyncIterable<${array.name}>`,
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
export async function* rowBlocks<V extends Vectors>(
  where: string,
  x: RowsOf<V>,
  d: number,
  array: RowArray<V>,
  { signal, missing = false }: { signal?: AbortSignal | undefined; missing?: boolean } = {},
): AsyncGenerator<V> {
  let row = 0;
  for await (const piece of piecesOf(x, array, signal)) {
    if (!(piece instanceof array)) {
      throw new LutraError('ARGUMENT', `${where}: a block of rows is no ${array.name}`, { argument: 'x' });
    }
    assertWholeRows(where, piece, d);
    for (let at = 0; at < piece.length; at += BLOCK_ROWS * d) {
      const block = cut(piece, at, at + BLOCK_ROWS * d);
      if (block instanceof Float32Array) assertFinite(where, block, d, row, missing);
      row += block.length / d;
      yield block;
    }
  }
}

function piecesOf<V extends Vectors>(
  x: RowsOf<V>,
  array: RowArray<V>,
  signal: AbortSignal | undefined,
): Iterable<V> | AsyncIterable<V> {
  if (x instanceof array) return [x];
  if (isRowSource<V>(x))
    return x.blocks(signal ? { blockRows: BLOCK_ROWS, signal } : { blockRows: BLOCK_ROWS });
  return x as AsyncIterable<V>;
}

/** Throws `SHAPE` unless x is whole rows of d. */
export function assertWholeRows(where: string, x: Vectors, d: number): void {
  if (x.length % d === 0) return;
  throw new LutraError('SHAPE', `${where}: ${x.length} numbers are no whole rows of ${d}`, {
    argument: 'x',
    expected: `a multiple of ${d}`,
    actual: `${x.length}`,
  });
}
