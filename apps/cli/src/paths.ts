import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LutraError } from '@lutra/core';
import { AtomicFile, fileError } from '@lutra/core/node';

/** Whether `path` is a file or a folder. @throws LutraError `ARGUMENT` if it is neither */
export async function kindOfPath(path: string): Promise<'file' | 'folder'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (e) {
    throw fileError(e, path);
  }
}

/** @throws LutraError `ARGUMENT` unless `path` is a readable file; `what` names the file that is wanted */
export async function assertFile(path: string, what: string): Promise<void> {
  if ((await kindOfPath(path)) === 'folder') {
    throw wrongPath(path, `is a folder, wanted ${what}`);
  }
  try {
    await access(path, constants.R_OK);
  } catch (e) {
    throw fileError(e, path);
  }
}

/**
 * Checks, before any long work, that files can be written at `paths`: by writing an empty one there and removing it.
 * @throws LutraError `ARGUMENT` for a missing folder, a folder in the file's place, no permission, or a path used twice
 */
export async function assertWritable(...paths: readonly (string | undefined)[]): Promise<void> {
  const seen = new Set<string>();
  for (const path of paths) {
    if (path === undefined) continue;
    if (seen.has(resolve(path))) throw wrongPath(path, 'is named for two outputs');
    seen.add(resolve(path));
    await assertOneWritable(path);
  }
}

async function assertOneWritable(path: string): Promise<void> {
  if (await isFolder(path)) throw wrongPath(path, 'is a folder, wanted the name of a file to write');
  const folder = dirname(path);
  if (!(await isFolder(folder))) throw wrongPath(path, `cannot be written, there is no folder ${folder}`);
  const probe = await AtomicFile.create(path);
  await probe.abort();
}

/** Whether `path` is a folder. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  );
}

function wrongPath(path: string, sentence: string): LutraError {
  return new LutraError('ARGUMENT', `${path}: ${sentence}`, { argument: 'path', path });
}
