import { constants } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { assertNotAborted, type IndexData, LutraError } from '@lutra/core';
import { fileError } from '@lutra/core/node';
import { decodeIndex } from '../decode-index.js';

/** Bytes a read; between two the signal is looked at. */
const PIECE = 64 << 20;

/** How {@link readIndexFile} reads. */
export interface ReadIndexFileOptions {
  readonly signal?: AbortSignal;
  /** Accept bytes after the index, as faiss does. Default: they are an error. */
  readonly allowTrailing?: boolean;
}

/**
 * The index in a faiss index file, which is read into memory once; arrays of the result are views of that memory.
 * @throws LutraError as `decodeIndex` does, with the path in the message; `ARGUMENT` if the file cannot be read;
 *   `CAPACITY` if it cannot be held in memory; `ABORTED`
 */
export async function readIndexFile(path: string, options: ReadIndexFileOptions = {}): Promise<IndexData> {
  assertNotAborted(options.signal);
  const bytes = await readWhole(path, options.signal);
  return decodeIndex(bytes, { path, allowTrailing: options.allowTrailing ?? false, inPlace: true });
}

async function readWhole(path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { size } = await handle.stat();
    const bytes = allocate(size, path);
    for (let at = 0; at < size; ) {
      assertNotAborted(signal);
      const { bytesRead } = await handle.read(bytes, at, Math.min(PIECE, size - at), at);
      if (bytesRead === 0) return shrunk(path, at, size);
      at += bytesRead;
    }
    return bytes;
  } catch (e) {
    throw fileError(e, path);
  } finally {
    await handle?.close();
  }
}

function shrunk(path: string, at: number, size: number): never {
  throw new LutraError('FORMAT', `${path}: ended at offset ${at} while it was read, wanted ${size} bytes`, {
    format: 'faiss',
    offset: at,
    path,
  });
}

function allocate(size: number, path: string): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new LutraError(
      'CAPACITY',
      `${path}: file of ${size} bytes: cannot be held in memory, at most ${constants.MAX_LENGTH} bytes can`,
      { what: path, wanted: size, limit: constants.MAX_LENGTH },
      { cause },
    );
  }
}
