import { assertNotAborted, type IndexData, isLutraError, LutraError } from '@lutra/core';
import { ByteReader } from './bytes/byte-reader.js';
import { runReadingAsync } from './bytes/reading.js';
import { type ReadOptions, readWhole } from './decode-index.js';

/** Bytes a request; between two the signal is looked at. */
const PIECE = 16 << 20;

/** How {@link readIndexBlob} reads. */
export interface ReadIndexBlobOptions extends ReadOptions {
  readonly signal?: AbortSignal;
}

/**
 * The index in a Blob, such as a file that the user chose in a browser. The Blob is read piece by piece and never held as
 * a whole, only the arrays of the index are.
 * @throws LutraError as `decodeIndex` does; `ARGUMENT` if the Blob cannot be read; `ABORTED`
 */
export async function readIndexBlob(blob: Blob, options: ReadIndexBlobOptions = {}): Promise<IndexData> {
  const { signal } = options;
  assertNotAborted(signal);
  const r = new ByteReader(blob.size, options);
  return runReadingAsync(readWhole(r, options), async (target, offset) => {
    for (let at = 0; at < target.byteLength; at += PIECE) {
      assertNotAborted(signal);
      const n = Math.min(PIECE, target.byteLength - at);
      target.set(await slice(blob, offset + at, n, r.source), at);
    }
  });
}

async function slice(blob: Blob, offset: number, n: number, source: string): Promise<Uint8Array> {
  try {
    const bytes = new Uint8Array(await blob.slice(offset, offset + n).arrayBuffer());
    if (bytes.byteLength === n) return bytes;
    throw new LutraError(
      'FORMAT',
      `${source}: ended at offset ${offset + bytes.byteLength} while it was read`,
      {
        format: 'faiss',
        offset: offset + bytes.byteLength,
      },
    );
  } catch (e) {
    if (isLutraError(e)) throw e;
    throw new LutraError(
      'ARGUMENT',
      `${source}: cannot be read at offset ${offset}`,
      { argument: 'blob' },
      { cause: e },
    );
  }
}
