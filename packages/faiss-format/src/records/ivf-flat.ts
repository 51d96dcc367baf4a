import type { IvfFlatData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import { checkArrayLists, readIvfHeader, writeIvfHeader } from './ivf.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/** `IwFl` (IndexIVFFlat): the IVF header and lists of float32 vectors. */
export const ivfFlatRecord: IndexRecord<IvfFlatData> = {
  kinds: ['IvfFlat'],
  fourccs: ['IwFl'],

  fourcc(): string {
    return 'IwFl';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<IvfFlatData> {
    const header = yield* readIvfHeader(r, nested);
    const invlists = yield* readInvertedLists(r, header.nlist);
    checkArrayLists(invlists, 4 * header.d, r);
    return { kind: 'IvfFlat', ...header, invlists };
  },

  write(data: IvfFlatData, out: ByteSink, nested: WriteNested): void {
    writeIvfHeader(data, out, nested);
    checkArrayLists(data.invlists, 4 * data.d, out);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};
