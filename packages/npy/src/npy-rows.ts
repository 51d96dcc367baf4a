import { assertNotAborted, type RowRange, type RowSource } from '@lutra/core';
import { transpose } from './axis-order.js';
import { type BlobLike, type ByteSource, blobSource, sourceHeader } from './byte-source.js';
import type { NpyDtype } from './dtype.js';
import { decodeOwnElements } from './elements.read.js';
import { allocate, MEMORY, withinMemory } from './fault.js';
import { toFloat32Data } from './float32.js';
import { assertFits, type ParsedHeader, type ReadOptions } from './header.read.js';
import { checkRange, type FullRange, type RowsOptions, readRows, rowShape } from './row-range.js';

/** File bytes fetched at a time. A column of a Fortran-order file is a read of its own, so those want more. */
const CHUNK_BYTES = { c: 1 << 22, fortran: 1 << 24 };

/** The rows of an `.npy` file as float32, read when asked for; the file is never held. */
export interface NpyRowSource extends RowSource {
  /** What the file holds; rows come as float32 whatever it is, rounded to nearest even. */
  readonly dtype: NpyDtype;
  readonly fortranOrder: boolean;
  /** The rows `[start, end)`, `(end - start, d)` row-major, in fresh memory. */
  readRows(start: number, end: number, options?: { signal?: AbortSignal }): Promise<Float32Array>;
}

/**
 * The rows of an `.npy` file in a `Blob` or `File`; reads the header now and ranges later.
 * @throws LutraError `FORMAT`, `UNSUPPORTED`, and `SHAPE` for an array that is not two-dimensional (a vector, unless
 *   `options.vector` says how to take it)
 */
export async function openNpy(blob: BlobLike, options?: ReadOptions & RowsOptions): Promise<NpyRowSource> {
  const source = blobSource(blob, MEMORY);
  const header = await sourceHeader(source);
  assertFits(header, source.size, source.origin, options);
  const shape = rowShape(header.shape, source.origin, options);
  const blocks = (range?: RowRange): AsyncGenerator<Float32Array> => rowBlocks(source, header, shape, range);
  return rowSource(header, shape, blocks);
}

/** A {@link NpyRowSource} over `blocks`. */
export function rowSource(
  { dtype, fortranOrder }: ParsedHeader,
  shape: readonly [n: number, d: number],
  blocks: (range?: RowRange) => AsyncGenerator<Float32Array>,
): NpyRowSource {
  const source: NpyRowSource = {
    shape,
    dtype,
    fortranOrder,
    blocks,
    readRows: (start, end, options) => readRows(source, start, end, options),
  };
  return source;
}

/** The blocks of a range of the rows `shape` that `source` holds as `header` says. */
export async function* rowBlocks(
  source: ByteSource,
  header: ParsedHeader,
  shape: readonly [n: number, d: number],
  range?: RowRange,
): AsyncGenerator<Float32Array> {
  const { start, end, blockRows, signal } = checkRange(shape, range);
  assertNotAborted(signal);
  const [n, d] = shape;
  const chunkRows = rowsAtATime({ start, end, blockRows, signal }, header, d);
  const strided = header.fortranOrder && n > 1 && d > 1;
  const chunk = allocate(chunkRows * d * header.info.bytes, source.origin);
  for (let row = start; row < end; row += chunkRows) {
    const rows = Math.min(chunkRows, end - row);
    const bytes = chunk.subarray(0, rows * d * header.info.bytes);
    if (strided) await readColumns(source, header, n, { row, rows, bytes, signal });
    else await source.read(header.dataOffset + row * d * header.info.bytes, bytes);
    const x = withinMemory(4 * rows * d, source.origin, () => {
      const read = toFloat32Data(decodeOwnElements(bytes, header.info));
      return strided ? transpose(read, rows, d) : read;
    });
    for (let i = 0; i < rows; i += blockRows) {
      assertNotAborted(signal);
      yield x.subarray(i * d, Math.min(i + blockRows, rows) * d);
    }
    assertNotAborted(signal);
  }
}

/** A chunk is whole blocks, about {@link CHUNK_BYTES}, and no more than the range. */
function rowsAtATime({ start, end, blockRows }: FullRange, header: ParsedHeader, d: number): number {
  const wanted = header.fortranOrder ? CHUNK_BYTES.fortran : CHUNK_BYTES.c;
  const blocks = Math.max(1, Math.floor(wanted / (header.info.bytes * d * blockRows)));
  return Math.min(blocks * blockRows, end - start);
}

/** Fills `bytes` with rows `[row, row + rows)` of a Fortran-order file of `n` rows, column after column. */
async function readColumns(
  source: ByteSource,
  header: ParsedHeader,
  n: number,
  { row, rows, bytes, signal }: { row: number; rows: number; bytes: Uint8Array; signal?: AbortSignal },
): Promise<void> {
  const size = header.info.bytes;
  if (rows === n) return source.read(header.dataOffset, bytes);
  for (let at = 0, column = 0; at < bytes.length; at += rows * size, column++) {
    assertNotAborted(signal);
    const offset = header.dataOffset + (column * n + row) * size;
    await source.read(offset, bytes.subarray(at, at + rows * size));
  }
}
