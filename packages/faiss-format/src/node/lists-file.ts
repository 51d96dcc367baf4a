import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type ListPiece, type ListReader, LutraError, type OnDiskListsData } from '@lutra/core';
import { int64ToNumbers } from '../bytes/int64.js';
import { IndexFile } from './index-file.js';

const ID_BYTES = 8;
/** Numbers a place: entries, room for them, offset. */
const PLACE = 3;
/** Arrays of one call to the file system, and bytes. */
const MOST_TARGETS = 1000;
const MOST_BYTES = 1 << 30;

/** Bytes of the file, and where they are wanted. */
interface Wish {
  readonly offset: number;
  readonly target: Uint8Array;
}

/**
 * The inverted lists of an `ilod` (OnDiskInvertedLists) in their file: room for the codes of a list, then for its ids.
 * @see faiss/invlists/OnDiskInvertedLists.h
 */
export class ListsFile implements ListReader {
  readonly #path: string;
  readonly #lists: OnDiskListsData;
  readonly #file: IndexFile;

  /**
   * The file is looked for beside the index first, then under the name as it was written.
   * @param indexPath - the index file
   * @throws LutraError `ARGUMENT` if it cannot be opened, `FORMAT` if lists are not in it
   */
  constructor(lists: OnDiskListsData, indexPath: string) {
    this.#path = pathOf(lists, indexPath);
    this.#lists = lists;
    this.#file = new IndexFile(this.#path);
    try {
      for (let list = 0; list < lists.nlist; list++) this.#assertInside(list);
    } catch (e) {
      this.close();
      throw e;
    }
  }

  /** Bytes of the file. */
  get size(): number {
    return this.#file.size;
  }

  get path(): string {
    return this.#path;
  }

  read(pieces: readonly ListPiece[]): void {
    const wishes = pieces.flatMap((piece) => this.#wishes(piece));
    wishes.sort((a, b) => a.offset - b.offset);
    for (const run of runs(wishes)) {
      this.#file.readRun(
        run.map(({ target }) => target),
        run[0]!.offset,
      );
    }
    for (const { ids, list, first } of pieces) if (ids) this.#toNumbers(ids, list, first);
  }

  close(): void {
    this.#file.close();
  }

  /** Bytes of the file that a list takes, its room included. */
  roomOf(list: number): number {
    return this.#lists.places[PLACE * list + 1]! * (this.#lists.codeSize + ID_BYTES);
  }

  #wishes({ list, first, count, codes, ids }: ListPiece): Wish[] {
    const { places, codeSize } = this.#lists;
    const capacity = places[PLACE * list + 1]!;
    const offset = places[PLACE * list + 2]!;
    const wishes: Wish[] = [];
    if (codes && count * codeSize > 0) wishes.push({ offset: offset + first * codeSize, target: codes });
    if (ids && count > 0) {
      const target = new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);
      wishes.push({ offset: offset + capacity * codeSize + first * ID_BYTES, target });
    }
    return wishes;
  }

  #assertInside(list: number): void {
    const bytes = this.roomOf(list);
    const offset = this.#lists.places[PLACE * list + 2]!;
    // an empty list may be nowhere
    if (this.#lists.places[PLACE * list] === 0 || (offset >= 0 && offset + bytes <= this.size)) return;
    throw new LutraError(
      'FORMAT',
      `${this.#path}: list ${list} takes ${bytes} bytes at offset ${offset}, the file has ${this.size}`,
      { format: 'faiss', field: 'invlists.places', offset, path: this.#path },
    );
  }

  #toNumbers(ids: Float64Array, list: number, first: number): void {
    const { unsafeAt } = int64ToNumbers(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength));
    if (unsafeAt < 0) return;
    const message = `${this.#path}: id ${first + unsafeAt} of list ${list} is beyond 2^53`;
    throw new LutraError('CAPACITY', message, { what: 'id', wanted: 2 ** 53 });
  }
}

/** Wishes, which are in order, as runs without a gap. */
function* runs(wishes: readonly Wish[]): Generator<Wish[], void, undefined> {
  let run: Wish[] = [];
  let bytes = 0;
  let end = 0;
  for (const wish of wishes) {
    const { byteLength } = wish.target;
    const follows = wish.offset === end && run.length < MOST_TARGETS && bytes + byteLength <= MOST_BYTES;
    if (run.length > 0 && !follows) {
      yield run;
      run = [];
      bytes = 0;
    }
    run.push(wish);
    bytes += byteLength;
    end = wish.offset + byteLength;
  }
  if (run.length > 0) yield run;
}

function pathOf(lists: OnDiskListsData, indexPath: string): string {
  const written = new TextDecoder().decode(lists.fileName);
  const beside = join(dirname(indexPath), basename(written));
  return existsSync(beside) ? beside : written;
}
