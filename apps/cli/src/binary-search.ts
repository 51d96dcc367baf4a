import { open } from 'node:fs/promises';
import { type BinaryIndex, LutraError } from '@lutra/core';
import { KNOWN_FOURCCS } from '@lutra/faiss-format';
import { readNpyFile } from '@lutra/npy/node';
import { readBinaryIndexFile } from 'lutra/node';
import { backendsOf } from './backends.js';
import { namingPath } from './indexes.js';
import type { Io } from './io.js';
import { assertFile } from './paths.js';

/** Queries of bits in memory, `(n, d / 8)` bytes row-major. */
export interface BitMatrix {
  readonly values: Uint8Array;
  readonly n: number;
  /** Bytes of a row. */
  readonly d: number;
}

/** Whether the file `path` begins as a binary index does. */
export async function isBinaryIndexFile(path: string): Promise<boolean> {
  await assertFile(path, 'an index file');
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return KNOWN_FOURCCS.get(buffer.toString('latin1', 0, bytesRead))?.group === 'binary';
  } finally {
    await file.close();
  }
}

/** The binary index in the file `path`, served by the first able backend of `names`. */
export async function openBinaryIndex(path: string, names: string, io: Io): Promise<BinaryIndex> {
  const backends = await backendsOf(names, io);
  try {
    return await readBinaryIndexFile(path, { backends, signal: io.signal });
  } catch (e) {
    throw namingPath(e, path);
  }
}

/**
 * The queries in an `.npy` file of uint8, one row of bytes each; a single row is one query.
 * @throws LutraError `ARGUMENT` for another dtype, `SHAPE` for rows of another length than the vectors of `index`
 */
export async function readBitQueries(
  path: string,
  index: BinaryIndex,
  indexPath: string,
): Promise<BitMatrix> {
  await assertFile(path, 'an .npy file of queries');
  const { data, dtype, shape } = await readNpyFile(path);
  if (!(data instanceof Uint8Array) || dtype !== '|u1') {
    const message = `${path}: holds no uint8, and ${indexPath} vectors of ${index.d} bits in ${index.codeSize} bytes`;
    throw new LutraError('ARGUMENT', message, { argument: 'queries', expected: 'uint8', path });
  }
  const d = shape.at(-1) ?? 0;
  if (shape.length < 1 || shape.length > 2 || d !== index.codeSize || data.length === 0) {
    const expected = `(nq, ${index.codeSize})`;
    const actual = `(${shape.join(', ')})`;
    throw new LutraError(
      'SHAPE',
      `${path}: has shape ${actual}, wanted ${expected}: ${indexPath} has ${index.d} bits`,
      { argument: 'queries', expected, actual, path },
    );
  }
  return { values: data, n: data.length / d, d };
}
