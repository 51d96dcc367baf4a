import { stat } from 'node:fs/promises';
import { LutraError } from '@lutra/core';
import { AtomicFile } from '@lutra/core/node';

/**
 * Checks that files can appear under `paths`, before the work whose results they will hold: their folder takes a new
 * file, and none of the names is a folder's.
 * @throws LutraError `ARGUMENT` naming the path, `CAPACITY` for a full disk
 */
export async function assertOutputs(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) {
      throw new LutraError('ARGUMENT', `${path}: is a folder, wanted a file to write`, {
        argument: 'outDir',
        path,
      });
    }
    // the permission bits do not tell: a file system may be read-only, root may write anyway
    const probe = await AtomicFile.create(path);
    await probe.abort();
  }
}
