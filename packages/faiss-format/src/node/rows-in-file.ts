import { LutraError, type RowsInFile } from '@lutra/core';
import type { Leave } from '../bytes/byte-reader.js';
import { IndexFile } from './index-file.js';

/** Bytes of rows that are read at once. */
const PIECE = 1 << 20;
/** The vectors that only compare candidates again. */
const REFINING = /(^|\.)refine\.vectors$/;

/** Leaves the vectors of a refinement in the file that is read. */
export function leaveRefining(path: string, { size, changed }: IndexFile): Leave {
  return (array, offset, rows) => (REFINING.test(array) ? { path, offset, rows, size, changed } : undefined);
}

/**
 * The bytes of `piece`, rows of `d` floats, in order; each chunk holds until the next.
 * @throws LutraError `ARGUMENT` if the file cannot be read, `FORMAT` if it is another by now
 */
export function* rowsInFile(
  { path, offset, rows, size, changed }: RowsInFile,
  d: number,
): Generator<Uint8Array> {
  const file = new IndexFile(path);
  try {
    if (file.size !== size || file.changed !== changed) {
      const message = `${path}: has changed since it was opened: ${size} bytes then, ${file.size} now`;
      throw new LutraError('FORMAT', message, { format: 'faiss', path });
    }
    const end = offset + 4 * d * rows;
    const block = new Uint8Array(Math.min(PIECE, end - offset));
    for (let at = offset; at < end; at += block.byteLength) {
      const chunk = block.subarray(0, Math.min(block.byteLength, end - at));
      file.read(chunk, at);
      yield chunk;
    }
  } finally {
    file.close();
  }
}
