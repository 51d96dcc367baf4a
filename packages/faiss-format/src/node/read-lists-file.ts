import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type ArrayListsData, type IndexData, LutraError, type OnDiskListsData } from '@lutra/core';
import { int64ToNumbers } from '../bytes/int64.js';
import { nestedIndexes } from '../inspect/own-bytes.js';
import { IndexFile } from './index-file.js';

const ID_BYTES = 8;

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
  const path = pathOf(lists, indexPath);
  const file = new IndexFile(path);
  try {
    const codes: Uint8Array[] = [];
    const ids: Float64Array[] = [];
    let taken = 0;
    for (let list = 0; list < lists.nlist; list++) {
      const [size, capacity, offset] = lists.places.subarray(3 * list, 3 * list + 3) as unknown as number[];
      // an empty list may be nowhere
      if (size === 0) {
        codes.push(new Uint8Array(0));
        ids.push(new Float64Array(0));
        continue;
      }
      const room = capacity! * (lists.codeSize + ID_BYTES);
      assertInside(file, path, list, offset!, room);
      taken += room;
      assertApart(file, path, list, taken);
      const code = bytesOf(path, size! * lists.codeSize);
      const id = bytesOf(path, size! * ID_BYTES);
      file.read(code, offset!);
      file.read(id, offset! + capacity! * lists.codeSize);
      codes.push(code);
      ids.push(numbersOf(id, path, list));
    }
    return { kind: 'array', nlist: lists.nlist, codeSize: lists.codeSize, codes, ids };
  } finally {
    file.close();
  }
}

function pathOf(lists: OnDiskListsData, indexPath: string): string {
  const written = new TextDecoder().decode(lists.fileName);
  const beside = join(dirname(indexPath), basename(written));
  return existsSync(beside) ? beside : written;
}

function assertInside(file: IndexFile, path: string, list: number, offset: number, bytes: number): void {
  if (offset >= 0 && offset + bytes <= file.size) return;
  throw new LutraError(
    'FORMAT',
    `${path}: list ${list} takes ${bytes} bytes at offset ${offset}, the file has ${file.size}`,
    { format: 'faiss', field: 'invlists.places', offset, path },
  );
}

/** Lists that lay over each other could ask for any amount of memory. */
function assertApart(file: IndexFile, path: string, list: number, taken: number): void {
  if (taken <= file.size) return;
  const message = `${path}: lists up to ${list} take ${taken} bytes, the file has ${file.size}`;
  throw new LutraError('FORMAT', message, { format: 'faiss', field: 'invlists.places', path });
}

function bytesOf(path: string, length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    const message = `${path}: no memory for a list of ${length} bytes`;
    throw new LutraError('CAPACITY', message, { what: 'list', wanted: length }, { cause });
  }
}

function numbersOf(bytes: Uint8Array, path: string, list: number): Float64Array {
  const { numbers, unsafeAt } = int64ToNumbers(bytes);
  if (unsafeAt < 0) return numbers;
  const message = `${path}: id ${unsafeAt} of list ${list} is beyond 2^53`;
  throw new LutraError('CAPACITY', message, { what: 'id', wanted: 2 ** 53 });
}
