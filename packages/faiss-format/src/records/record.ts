import type { IndexData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Reading } from '../bytes/reading.js';

/** What an index is made for: the two are written and read by functions of their own in faiss. */
export type IndexGroup = 'index' | 'binary';

/** Reads the index that is nested in the current one as its member `role`; of floats unless told. */
export interface ReadNested {
  (role: string, group?: IndexGroup): Reading<IndexData>;
  /** As this, or null where faiss wrote that there is none. */
  orNull(role: string, group?: IndexGroup): Reading<IndexData | null>;
}

/** Writes `data`, the member `role` of the current index; null says that there is none. */
export type WriteNested = (role: string, data: IndexData | null, group?: IndexGroup) => void;

/** One kind of index: its fourccs, and its reader and writer. The fourcc itself is read and written by the caller. */
export interface IndexRecord<T extends IndexData = IndexData> {
  readonly kinds: readonly T['kind'][];
  /** Every fourcc that {@link read} understands. */
  readonly fourccs: readonly string[];
  /** The fourcc that faiss writes for `data`. */
  fourcc(data: T): string;
  read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<T>;
  write(data: T, out: ByteSink, nested: WriteNested): void;
}
