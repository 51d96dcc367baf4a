import { assertNotAborted, type RowRange, type RowSource } from '@lutra/core';
import type { NpyData } from './dtype.js';
import { MEMORY } from './fault.js';
import { toFloat32Data } from './float32.js';
import { checkArray, type NpyArrayInit } from './npy-array.js';
import { checkRange, type RowsOptions, rowShape } from './row-range.js';

/**
 * The elements as float32, rounded to nearest even as by NumPy's `astype('float32')`.
 * @param array - an array or its `data`
 * @returns `data` itself if it is a Float32Array, else a copy
 */
export function toFloat32(array: NpyData | { readonly data: NpyData }): Float32Array {
  return toFloat32Data('data' in array ? array.data : array);
}

/**
 * A two-dimensional array as a row source; float32 blocks are views of `array.data`, others are converted as they come.
 * @throws LutraError `SHAPE` for an array that is not two-dimensional (a vector, unless `options.vector` says how to
 *   take it) or whose rows have no elements
 */
export function toRows(array: NpyArrayInit, options?: RowsOptions): RowSource {
  const { shape, data } = checkArray(array);
  const [n, d] = rowShape(shape, MEMORY, options);
  return { shape: [n, d], blocks: (range) => arrayBlocks(data, [n, d], range) };
}

async function* arrayBlocks(
  data: NpyData,
  shape: readonly [n: number, d: number],
  range?: RowRange,
): AsyncGenerator<Float32Array> {
  const { start, end, blockRows, signal } = checkRange(shape, range);
  const d = shape[1];
  assertNotAborted(signal);
  for (let row = start; row < end; row += blockRows) {
    yield toFloat32Data(data.subarray(row * d, Math.min(row + blockRows, end) * d));
    assertNotAborted(signal);
  }
}
