import { isRowSource, LutraError, type Rows } from '@lutra/core';
import { assertFloat32, countRows, shapeError } from '../checks.js';

/**
 * The rows of `base` in order, in blocks of at most `blockRows`; a block holds until the next is asked for.
 * @throws LutraError `SHAPE` for a source of another `d` or a block that is not whole rows, `ARGUMENT` for what is
 *   neither an array, a source nor a stream
 */
export async function* rowBlocks(
  where: string,
  base: Rows,
  d: number,
  blockRows: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Float32Array, void, undefined> {
  for await (const block of inputBlocks(where, base, d, blockRows, signal)) {
    assertFloat32(where, 'base', block);
    const n = countRows(where, 'base', block, d);
    for (let start = 0; start < n; start += blockRows) {
      yield block.subarray(start * d, Math.min(n, start + blockRows) * d);
    }
  }
}

/** The number of rows of `base`, or undefined for a stream. */
export function knownRows(base: Rows, d: number): number | undefined {
  if (base instanceof Float32Array) return base.length / d;
  return isRowSource(base) ? base.shape[0] : undefined;
}

function inputBlocks(
  where: string,
  base: Rows,
  d: number,
  blockRows: number,
  signal: AbortSignal | undefined,
): AsyncIterable<Float32Array> | Iterable<Float32Array> {
  if (base instanceof Float32Array) return [base];
  if (isRowSource(base)) {
    if (base.shape[1] !== d) {
      throw shapeError(where, 'base', `rows of d = ${d} elements`, `${base.shape[1]}`);
    }
    return base.blocks({ blockRows, signal });
  }
  if (typeof base === 'object' && base !== null && Symbol.asyncIterator in base) return base;
  const expected = 'a Float32Array, a RowSource or an async iterable of Float32Array';
  throw new LutraError('ARGUMENT', `${where}: base must be ${expected}, got ${typeof base}`, {
    argument: 'base',
    expected,
  });
}
