import type { BinaryIndex, Progress, VectorIndex } from '@lutra/core';
import { writeIndexFile as writeData } from '@lutra/faiss-format/node';

/** How to watch and stop the writing. */
export interface WriteIndexFileOptions {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes `index` as a faiss index file, whole or not at all: under a temporary name beside `path`, synced, renamed.
 * @throws LutraError `ARGUMENT` for a path that cannot be written, `CAPACITY` for a full disk, `ABORTED`
 */
export async function writeIndexFile(
  path: string,
  index: VectorIndex | BinaryIndex,
  options: WriteIndexFileOptions = {},
): Promise<void> {
  await writeData(path, index.toData(), options);
}
