import { type IndexData, type LoadContext, LutraError } from '@lutra/core';

const ON_DISK = 'an IVF with its inverted lists on disk is not run unless they are opened';

/** Whether inverted lists of the index, or of one inside of it, are on disk. */
export function hasListsOnDisk(data: IndexData): boolean {
  if ('invlists' in data && data.invlists.kind === 'onDisk') return true;
  return Object.values(data).some((part: unknown) => isIndex(part) && hasListsOnDisk(part));
}

function isIndex(part: unknown): part is IndexData {
  return typeof part === 'object' && part !== null && 'kind' in part && 'ntotal' in part;
}

/** Why `data` cannot be loaded with `context`. */
export function refusesLists(data: IndexData, context: LoadContext | undefined): string | undefined {
  return context?.listsOnDisk === undefined && hasListsOnDisk(data) ? ON_DISK : undefined;
}

/** @throws LutraError `ARGUMENT` for a cache that is no number of bytes */
export function assertCache({ listsOnDisk }: LoadContext): void {
  const bytes = listsOnDisk?.cacheBytes;
  if (bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0)) return;
  const message = `load: listsOnDisk.cacheBytes is ${String(bytes)}, wanted a number of bytes from 0`;
  throw new LutraError('ARGUMENT', message, { argument: 'listsOnDisk.cacheBytes', value: bytes });
}
