import { type ArrayListsData, type IndexData, LutraError, type OnDiskListsData } from '@lutra/core';
import { nestedIndexes } from '../inspect/own-bytes.js';
import { ListsFile } from './lists-file.js';

/**
 * `data` with the inverted lists that are in a second file (`ilod`) read into memory: each at its place, and nothing of the
 * room between them. The file is looked for beside the index first, then under the name as it was written.
 * @param indexPath - the index file
 * @throws LutraError `ARGUMENT` if the second file cannot be read, `FORMAT` if lists are not in it, `CAPACITY` for an id
 *   beyond 2^53 or lists that cannot be held in memory
 */
export function withListsInMemory(data: IndexData, indexPath: string): IndexData {
  const nested = nestedIndexes(data).map(([role, index]) => [role, withListsInMemory(index, indexPath)]);
  const whole = { ...data, ...Object.fromEntries(nested) } as IndexData;
  if (!('invlists' in whole) || whole.invlists.kind !== 'onDisk') return whole;
  return { ...whole, invlists: readLists(whole.invlists, indexPath) } as IndexData;
}

function readLists(lists: OnDiskListsData, indexPath: string): ArrayListsData {
  const file = new ListsFile(lists, indexPath);
  try {
    const codes: Uint8Array[] = [];
    const ids: Float64Array[] = [];
    let taken = 0;
    for (let list = 0; list < lists.nlist; list++) {
      const count = lists.places[3 * list]!;
      if (count > 0) {
        taken += file.roomOf(list);
        assertApart(file, list, taken);
      }
      const piece = arrays(file.path, count, lists.codeSize);
      if (count > 0) file.read([{ list, first: 0, count, ...piece }]);
      codes.push(piece.codes);
      ids.push(piece.ids);
    }
    return { kind: 'array', nlist: lists.nlist, codeSize: lists.codeSize, codes, ids };
  } finally {
    file.close();
  }
}

/** Lists that lay over each other could ask for any amount of memory. */
function assertApart({ path, size }: ListsFile, list: number, taken: number): void {
  if (taken <= size) return;
  const message = `${path}: lists up to ${list} take ${taken} bytes, the file has ${size}`;
  throw new LutraError('FORMAT', message, { format: 'faiss', field: 'invlists.places', path });
}

function arrays(path: string, count: number, codeSize: number): { codes: Uint8Array; ids: Float64Array } {
  try {
    return { codes: new Uint8Array(count * codeSize), ids: new Float64Array(count) };
  } catch (cause) {
    const bytes = count * (codeSize + 8);
    const message = `${path}: no memory for a list of ${bytes} bytes`;
    throw new LutraError('CAPACITY', message, { what: 'list', wanted: bytes }, { cause });
  }
}
