import { assertNotAborted, type VectorIndex } from '@lutra/core';
import { readIndexFile as readData } from '@lutra/faiss-format/node';
import { type LoadIndexOptions, loadFrom } from '../read-index.js';

/** Who serves the index, and how to stop reading it. */
export interface ReadIndexFileOptions extends LoadIndexOptions {
  readonly signal?: AbortSignal;
}

/**
 * An index from a faiss index file, ready to search. Inverted lists that faiss keeps in a second file (`ilod`) are read into
 * memory, from beside the index or from where its file says.
 * @throws LutraError `ARGUMENT` for a path that cannot be read, `FORMAT`, `UNSUPPORTED`, `CAPACITY`, `ABORTED`
 */
export async function readIndexFile(path: string, options: ReadIndexFileOptions = {}): Promise<VectorIndex> {
  assertNotAborted(options.signal);
  const { signal } = options;
  return loadFrom(async (allocate) => {
    const data = await readData(path, { signal, allocate, listsOnDisk: 'read' });
    assertNotAborted(signal);
    return data;
  }, options);
}
