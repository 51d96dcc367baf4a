import { isLutraError, LutraError, type LutraErrorCode, type VectorIndex } from '@lutra/core';
import { readIndexFile } from 'lutra/node';
import { backendsOf } from './backends.js';
import type { Io } from './io.js';
import { assertFile } from './paths.js';

/**
 * The index in the file `path`, served by the first able backend of `names`.
 * @param toChange - with all of it in memory: lists that stay on disk are not changed
 */
export async function openIndex(
  path: string,
  names: string,
  io: Io,
  { toChange = false }: { toChange?: boolean } = {},
): Promise<VectorIndex> {
  await assertFile(path, 'an index file');
  const backends = await backendsOf(names, io);
  try {
    const index = await readIndexFile(path, {
      backends,
      signal: io.signal,
      ...(toChange && { listsOnDisk: 'read' }),
    });
    for (const { backend, reason } of index.refusals) {
      io.stderr.write(`lutra: served by ${index.backend}, not by ${backend}: ${reason}\n`);
    }
    return index;
  } catch (e) {
    throw namingPath(e, path);
  }
}

/** `e` with `path` in front of its message, unless it stands there already or `e` is no LutraError. */
export function namingPath(e: unknown, path: string): unknown {
  if (!isLutraError(e) || e.code === 'ABORTED' || e.message.includes(path)) return e;
  return new LutraError<LutraErrorCode>(e.code, `${path}: ${e.message}`, e.details, { cause: e });
}
