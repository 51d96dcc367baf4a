import { assertNotAborted, type BinaryIndex } from '@lutra/core';
import { readIndexFile as readData } from '@lutra/faiss-format/node';
import { loadBinaryIndex } from '../read-binary-index.js';
import type { ReadIndexFileOptions } from './read-index-file.js';

/**
 * A binary index from a file of `faiss.write_index_binary`, ready to search.
 * @throws LutraError `ARGUMENT` for a path that cannot be read or an index that is not binary, `FORMAT`, `UNSUPPORTED`,
 *   `CAPACITY`, `ABORTED`
 */
export async function readBinaryIndexFile(
  path: string,
  options: ReadIndexFileOptions = {},
): Promise<BinaryIndex> {
  const { signal } = options;
  assertNotAborted(signal);
  const data = await readData(path, { signal, listsOnDisk: 'read' });
  assertNotAborted(signal);
  return loadBinaryIndex(data, options);
}
