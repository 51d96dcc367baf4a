import type { OnDiskListsData } from './data.js';

/** A piece of an inverted list, and where it is wanted. */
export interface ListPiece {
  readonly list: number;
  /** Entries that are passed over. */
  readonly first: number;
  /** Entries wanted; `first + count` is at most what the list has. */
  readonly count: number;
  /** `(count, codeSize)` bytes, if the codes are wanted. */
  readonly codes?: Uint8Array;
  /** `(count)`, if the ids are wanted. */
  readonly ids?: Float64Array;
}

/** Inverted lists in a file that stays open. */
export interface ListReader {
  /**
   * Reads all pieces in one go, in the order in which they lie in the file. The call returns when they are there.
   * @throws LutraError `FORMAT` for a list that is not in the file, `CAPACITY` for an id beyond 2^53, `ARGUMENT` if the file
   *   cannot be read
   */
  read(pieces: readonly ListPiece[]): void;
  /** Idempotent. */
  close(): void;
}

/** How an index gets at inverted lists that stay on disk. */
export interface ListsOnDisk {
  /** @throws LutraError `ARGUMENT` if there is no such file */
  open(lists: OnDiskListsData): ListReader;
  /** Bytes of lists that the index keeps in memory at most, but for one list that is larger. */
  readonly cacheBytes: number;
}
