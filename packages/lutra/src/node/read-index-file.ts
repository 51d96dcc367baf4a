import { assertNotAborted, type ListsOnDisk, LutraError, type VectorIndex } from '@lutra/core';
import { ListsFile, readIndexFile as readData } from '@lutra/faiss-format/node';
import { type LoadIndexOptions, loadFrom } from '../read-index.js';

/** Lists in memory unless told. */
const CACHE_BYTES = 256 * 2 ** 20;

/** Who serves the index, and how to stop reading it. */
export interface ReadIndexFileOptions extends LoadIndexOptions {
  /**
   * Inverted lists that faiss keeps in a second file (`ilod`): they `stay` there and are read as searches visit them, or are
   * `read` into memory, after which the index can be changed. Unless told they stay where the backend that comes first can
   * have them there.
   */
  readonly listsOnDisk?: 'stay' | 'read';
  /** Bytes of lists that stay on disk to keep in memory at most, but for one list that is larger; 256 MiB unless told. */
  readonly listCacheBytes?: number;
  readonly signal?: AbortSignal;
  /**
   * Where the vectors of a refinement (`…,RFlat`) are kept: in `memory` unless told, beyond 4 GiB as well; or on `disk`, in the
   * file itself, from which a search reads the rows of its candidates. The file must stay as it is while the index is used.
   */
  readonly refine?: 'memory' | 'disk';
}

/**
 * An index from a faiss index file, ready to search. Inverted lists in a second file are looked for beside the index, then
 * where its file says; those that stay there hold that file open until `dispose`, and the index is not changed.
 * @throws LutraError `ARGUMENT` for a path that cannot be read, `FORMAT`, `UNSUPPORTED`, `CAPACITY`, `ABORTED`
 */
export async function readIndexFile(path: string, options: ReadIndexFileOptions = {}): Promise<VectorIndex> {
  assertNotAborted(options.signal);
  const { signal, listCacheBytes = CACHE_BYTES } = options;
  const access: ListsOnDisk = { cacheBytes: listCacheBytes, open: (lists) => new ListsFile(lists, path) };
  const refine = options.refine ?? 'memory';
  if (refine !== 'memory' && refine !== 'disk') {
    const message = `refine: ${String(refine)} is neither 'memory' nor 'disk'`;
    throw new LutraError('ARGUMENT', message, { argument: 'refine', value: refine });
  }
  return loadFrom(
    async (memory, backend) => {
      const listsOnDisk = options.listsOnDisk ?? (backend?.supports.listsOnDisk ? 'stay' : 'read');
      const data = await readData(path, { signal, ...memory, refine, listsOnDisk });
      assertNotAborted(signal);
      return data;
    },
    options,
    access,
  );
}
