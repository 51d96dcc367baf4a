import { setImmediate } from 'node:timers/promises';
import { assertNotAborted, type IndexData } from '@lutra/core';
import { ByteReader } from '../bytes/byte-reader.js';
import { runReadingAsync } from '../bytes/reading.js';
import { decodeIndexFrom, type ReadOptions, readWhole } from '../decode-index.js';
import { IndexFile, PIECE } from './index-file.js';
import { withListsInMemory } from './read-lists-file.js';
import { leaveRefining } from './rows-in-file.js';

/** How {@link readIndexFileSync} reads. */
export type ReadIndexFileSyncOptions = Omit<ReadOptions, 'path'>;

/** How {@link readIndexFile} reads. */
export interface ReadIndexFileOptions extends ReadIndexFileSyncOptions {
  /**
   * Inverted lists in a second file (`ilod`): `stay` there, and the data says where (the default), or are `read` into
   * memory, from a file of that name beside the index or under the name as it was written.
   */
  readonly listsOnDisk?: 'stay' | 'read';
  /**
   * The vectors of a refinement (`…,RFlat`): read into `memory` (the default), or left on `disk`, where the data says they are.
   */
  readonly refine?: 'memory' | 'disk';
  readonly signal?: AbortSignal;
}

/**
 * The index in a faiss index file of any size. Its arrays are read straight into their memory, 64 MiB at a time; between
 * those the event loop gets its turn.
 * @throws LutraError as `decodeIndex` does, with the path in the message; `ARGUMENT` if the file cannot be read;
 *   `CAPACITY` if an array cannot be held in memory; `ABORTED`
 */
export async function readIndexFile(path: string, options: ReadIndexFileOptions = {}): Promise<IndexData> {
  assertNotAborted(options.signal);
  const file = new IndexFile(path);
  try {
    const leave = options.refine === 'disk' ? leaveRefining(path, file) : undefined;
    const r = new ByteReader(file.size, { ...options, path, leave });
    let sinceTurn = 0;
    const data = await runReadingAsync(readWhole(r, options), async (target, offset) => {
      for (let at = 0; at < target.byteLength; at += PIECE) {
        if (sinceTurn >= PIECE) {
          sinceTurn = 0;
          await setImmediate();
        }
        assertNotAborted(options.signal);
        const piece = target.subarray(at, at + PIECE);
        file.read(piece, offset + at);
        sinceTurn += piece.byteLength;
      }
    });
    return options.listsOnDisk === 'read' ? withListsInMemory(data, path) : data;
  } finally {
    file.close();
  }
}

/**
 * As {@link readIndexFile}, without a promise: the event loop waits.
 * @throws LutraError as that does
 */
export function readIndexFileSync(path: string, options: ReadIndexFileSyncOptions = {}): IndexData {
  const file = new IndexFile(path);
  try {
    return decodeIndexFrom(file, { ...options, path });
  } finally {
    file.close();
  }
}
