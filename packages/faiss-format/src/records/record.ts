import type { IndexData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Reading } from '../bytes/reading.js';

/** Reads the index that is nested in the current one as its member `role`. */
export type ReadNested = (role: string) => Reading<IndexData>;

/** Writes `data`, the member `role` of the current index. */
export type WriteNested = (role: string, data: IndexData) => void;

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
