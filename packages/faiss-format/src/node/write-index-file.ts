import { assertNotAborted, type IndexData, type Progress } from '@lutra/core';
import { AtomicFile } from '@lutra/core/node';
import { encodedSize, encodePassingChunks } from '../encode-index.js';
import { rowsInFile } from './rows-in-file.js';

/** How {@link writeIndexFile} writes. */
export interface WriteIndexFileOptions {
  /** Called after each piece of about 1 MiB or more; `done` and `total` are bytes. */
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes `data` as a faiss index file that appears whole or not at all: under a temporary name beside it, synced, then
 * renamed over what was there.
 * @throws LutraError as `encodeIndex` does, before anything is written; `ARGUMENT` if the path cannot be written;
 *   `CAPACITY` for a full disk; `ABORTED`
 */
export async function writeIndexFile(
  path: string,
  data: IndexData,
  options: WriteIndexFileOptions = {},
): Promise<void> {
  assertNotAborted(options.signal);
  const chunks = encodePassingChunks(data, rowsInFile);
  const total = options.onProgress === undefined ? undefined : encodedSize(data);
  const file = await AtomicFile.create(path);
  try {
    for (const chunk of chunks) {
      assertNotAborted(options.signal);
      await file.write(chunk);
      options.onProgress?.({ stage: 'write', done: file.size, total });
    }
    assertNotAborted(options.signal);
  } catch (e) {
    await file.abort();
    throw e;
  }
  await file.commit();
}
