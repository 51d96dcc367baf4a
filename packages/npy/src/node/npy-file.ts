import type { RowRange } from '@lutra/core';
import { sourceHeader } from '../byte-source.js';
import { formatError } from '../fault.js';
import { assertFits, type ParsedHeader, type ReadOptions } from '../header.read.js';
import { type NpyArray, readFrom } from '../npy-array.js';
import { type NpyRowSource, rowBlocks, rowSource } from '../npy-rows.js';
import { readNpzFrom } from '../npz.js';
import { type RowsOptions, rowShape } from '../row-range.js';
import { openFile, withFile } from './file-bytes.js';

/** The rows of an `.npy` file on disk, read when asked for. It is open only while blocks are drawn from it. */
export interface NpyFile extends NpyRowSource {
  readonly path: string;
}

/**
 * The array in the file at `path`, whole in memory; of any size that memory holds.
 * @throws LutraError `ARGUMENT` for a file that cannot be read, `FORMAT`, `UNSUPPORTED`, `CAPACITY`
 */
export async function readNpyFile(
  path: string,
  options?: ReadOptions & { signal?: AbortSignal },
): Promise<NpyArray> {
  return withFile(path, (source) => readFrom(source, options));
}

/** The arrays of the `.npz` file at `path`, as `readNpz` returns them; one entry is unpacked at a time. */
export async function readNpzFile(
  path: string,
  options?: ReadOptions & { signal?: AbortSignal },
): Promise<Map<string, NpyArray>> {
  return withFile(path, (source) => readNpzFrom(source, options));
}

/**
 * The rows of the file at `path` as float32, whatever numeric dtype, byte order and axis order it has. Memory: one
 * chunk of 4 MiB (16 MiB in Fortran order, whose columns are read piece by piece), or one block if that is more.
 * @throws LutraError `ARGUMENT` for a file that cannot be read, `FORMAT`, `UNSUPPORTED`, and `SHAPE` for an array that
 *   is not two-dimensional (a vector, unless `options.vector` says how to take it)
 */
export async function openNpyFile(path: string, options?: ReadOptions & RowsOptions): Promise<NpyFile> {
  const { header, shape, size } = await withFile(path, async (source) => {
    const read = await sourceHeader(source);
    assertFits(read, source.size, source.origin, options);
    return { header: read, shape: rowShape(read.shape, source.origin, options), size: source.size };
  });
  const blocks = (range?: RowRange): AsyncGenerator<Float32Array> =>
    fileBlocks(path, size, header, shape, range);
  return Object.assign(rowSource(header, shape, blocks), { path });
}

async function* fileBlocks(
  path: string,
  size: number,
  header: ParsedHeader,
  shape: readonly [n: number, d: number],
  range?: RowRange,
): AsyncGenerator<Float32Array> {
  const file = await openFile(path);
  try {
    if (file.source.size !== size) {
      const text = `file has ${file.source.size} bytes, had ${size} when it was opened`;
      throw formatError(file.source.origin, { field: 'data' }, text);
    }
    yield* rowBlocks(file.source, header, shape, range);
  } finally {
    await file.close();
  }
}
