import { LutraError, type RowSource, type VectorIndex } from '@lutra/core';
import { readRows, toSafeIntegers } from '@lutra/npy';
import { openNpyFile, openNpyFolder, readNpyFile } from '@lutra/npy/node';
import { assertFile, kindOfPath } from './paths.js';

/** Float32 vectors in memory, `(n, d)` row-major. */
export interface Matrix {
  readonly values: Float32Array;
  readonly n: number;
  readonly d: number;
}

/** Vectors on disk. */
export interface VectorSource {
  readonly path: string;
  /** As they are, NaN or not; read when asked for. */
  readonly rows: RowSource;
  /** Where row `row` is, in words. */
  readonly locate: (row: number) => string;
}

/**
 * The vectors of an `.npy` file, or of the `.npy` files of a folder in file-name order.
 * @throws LutraError `ARGUMENT` for a path that cannot be read, `SHAPE` for no vectors
 */
export async function openVectors(path: string): Promise<VectorSource> {
  const source = (await kindOfPath(path)) === 'folder' ? await openFolder(path) : await openFile(path);
  const [n, d] = source.rows.shape;
  if (n > 0) return source;
  throw new LutraError('SHAPE', `${path}: holds no vectors, its shape is (0, ${d})`, { path });
}

async function openFile(path: string): Promise<VectorSource> {
  return { path, rows: await openNpyFile(path), locate: (row) => `row ${row}` };
}

async function openFolder(path: string): Promise<VectorSource> {
  const rows = await openNpyFolder(path, { nonFinite: 'keep' });
  const locate = (row: number): string => {
    let left = row;
    for (const file of rows.files) {
      if (left < file.rows) return `${file.name}, row ${left}`;
      left -= file.rows;
    }
    return `row ${row}`;
  };
  return { path, rows, locate };
}

/**
 * The queries in an `.npy` file, one row each; a single vector is one query.
 * @throws LutraError `SHAPE` for another dimension than that of `index`, the index in the file `indexPath`
 */
export async function readQueries(path: string, index: VectorIndex, indexPath: string): Promise<Matrix> {
  await assertFile(path, 'an .npy file of queries');
  const source = await openNpyFile(path, { vector: 'row' });
  const [n, d] = source.shape;
  if (d !== index.d) {
    throw new LutraError('SHAPE', `${path}: has vectors of ${d} dimensions, but ${indexPath} of ${index.d}`, {
      argument: 'queries',
      expected: `(nq, ${index.d})`,
      actual: `(${n}, ${d})`,
      path,
    });
  }
  if (n === 0) throw new LutraError('SHAPE', `${path}: holds no queries, its shape is (0, ${d})`, { path });
  return { values: await readRows(source), n, d };
}

/** The whole numbers in an `.npy` file, with its shape. */
export async function readIntegers(
  path: string,
): Promise<{ values: Float64Array; shape: readonly number[] }> {
  const array = await readNpyFile(path);
  return { values: toSafeIntegers(array), shape: array.shape };
}
