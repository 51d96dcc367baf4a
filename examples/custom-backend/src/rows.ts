import { assertNotAborted, isRowSource, LutraError, type Rows } from '@lutra/core';

const BLOCK_ROWS = 8192;

/** How many rows x has, where that is known before reading. @throws LutraError `SHAPE`, `ARGUMENT` */
export function rowCount(where: string, x: Rows, d: number): number | undefined {
  if (x instanceof Float32Array) return wholeRows(where, x, d);
  if (isRowSource(x)) {
    const [n, columns] = x.shape;
    if (columns !== d)
      throw shape(`${where}: rows have ${columns} dimensions, the index has ${d}`, d, columns);
    return n;
  }
  if (typeof (x as Partial<AsyncIterable<unknown>> | undefined)?.[Symbol.asyncIterator] === 'function')
    return undefined;
  throw new LutraError('ARGUMENT', `${where}: rows must be a Float32Array, a row source or a stream`, {
    argument: 'x',
  });
}

/** The rows of x in order, in blocks of at most 8192, checked; a block holds until the next. */
export async function* rowBlocks(
  where: string,
  x: Rows,
  d: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Float32Array> {
  const n = rowCount(where, x, d);
  let row = 0;
  for await (const piece of x instanceof Float32Array ? [x] : isRowSource(x) ? x.blocks({ signal }) : x) {
    assertNotAborted(signal);
    assertFloats(where, piece);
    wholeRows(where, piece, d);
    for (let at = 0; at < piece.length; at += BLOCK_ROWS * d) {
      assertNotAborted(signal);
      const block = piece.subarray(at, at + BLOCK_ROWS * d);
      assertFinite(where, block, d, row);
      row += block.length / d;
      if (n !== undefined && row > n) throw wrongCount(where, n, row);
      yield block;
    }
  }
  assertNotAborted(signal);
  if (n !== undefined && row < n) throw wrongCount(where, n, row);
}

export function assertFloats(where: string, x: unknown): asserts x is Float32Array {
  if (x instanceof Float32Array) return;
  throw new LutraError('ARGUMENT', `${where}: vectors must come as a Float32Array`, { argument: 'x' });
}

/** @throws LutraError `SHAPE` unless x is whole rows of d */
export function wholeRows(where: string, x: Float32Array, d: number): number {
  if (x.length % d === 0) return x.length / d;
  throw shape(`${where}: ${x.length} numbers are no whole rows of ${d}`, `a multiple of ${d}`, x.length);
}

/** @throws LutraError `ARGUMENT` for NaN and infinities; `firstRow` is the number of row 0 for people */
export function assertFinite(where: string, x: Float32Array, d: number, firstRow = 0): void {
  const at = x.findIndex((v) => !Number.isFinite(v));
  if (at < 0) return;
  const place = `row ${firstRow + Math.floor(at / d)}, column ${at % d}`;
  throw new LutraError('ARGUMENT', `${where}: expected finite numbers, got ${x[at]} at ${place}`, {
    argument: 'x',
    value: x[at],
  });
}

function wrongCount(where: string, wanted: number, found: number): LutraError {
  return shape(
    `${where}: the source says ${wanted} rows and gives ${found}`,
    `${wanted} rows`,
    `${found} rows`,
  );
}

function shape(message: string, expected: string | number, actual: string | number): LutraError {
  return new LutraError('SHAPE', message, {
    argument: 'x',
    expected: String(expected),
    actual: String(actual),
  });
}
