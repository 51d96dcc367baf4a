import { assertNotAborted, isRowSource, LutraError, type RowSource, type Rows } from '@lutra/core';

/** Rows that can be read more than once. */
export type ReadableRows = Float32Array | RowSource;

/** @throws LutraError `ARGUMENT` for a stream, `SHAPE` for rows of another dimension or none */
export function assertReadable(where: string, rows: Rows, d: number): asserts rows is ReadableRows {
  if (!(rows instanceof Float32Array) && !isRowSource(rows)) {
    const expected = 'a Float32Array or a row source, which can be read twice';
    throw new LutraError('ARGUMENT', `${where}: rows must be ${expected}, got ${typeof rows}`, {
      argument: 'rows',
      expected,
    });
  }
  const actual = rows instanceof Float32Array ? rows.length % d : rows.shape[1] - d;
  if (actual === 0 && countOf(rows, d) > 0) return;
  const shape = rows instanceof Float32Array ? `${rows.length} elements` : `shape (${rows.shape.join(', ')})`;
  throw new LutraError('SHAPE', `${where}: rows must be (n, ${d}) with n above 0, got ${shape}`, {
    argument: 'rows',
    expected: `(n, ${d})`,
    actual: shape,
  });
}

/** How many rows there are. */
export function countOf(rows: ReadableRows, d: number): number {
  return rows instanceof Float32Array ? rows.length / d : rows.shape[0];
}

/** The rows as blocks of `(at most blockRows, d)`. */
export async function* blocksOf(
  rows: ReadableRows,
  d: number,
  blockRows: number,
  signal?: AbortSignal,
): AsyncIterable<Float32Array> {
  if (!(rows instanceof Float32Array)) {
    yield* rows.blocks({ blockRows, ...(signal && { signal }) });
    return;
  }
  for (let at = 0; at < rows.length; at += blockRows * d) {
    assertNotAborted(signal);
    yield rows.subarray(at, at + blockRows * d);
  }
}

const READ_ROWS = 4096;

/** The rows with the numbers `chosen`, ascending, as a new array. Reads a source once. */
export async function takeRows(
  rows: ReadableRows,
  d: number,
  chosen: ArrayLike<number>,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const taken = new Float32Array(chosen.length * d);
  let next = 0;
  let first = 0;
  for await (const block of blocksOf(rows, d, READ_ROWS, signal)) {
    const end = first + block.length / d;
    for (; next < chosen.length && chosen[next]! < end; next++) {
      const from = (chosen[next]! - first) * d;
      taken.set(block.subarray(from, from + d), next * d);
    }
    if (next === chosen.length) break;
    first = end;
  }
  return taken;
}
