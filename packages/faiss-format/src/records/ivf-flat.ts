import type { IvfFlatData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import { checkRowLists, readIvfHeader, readLegacyIvf, writeIvfHeader } from './ivf.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/**
 * `IwFl` (IndexIVFFlat): the IVF header and lists of float32 vectors. Before: `IvFL` with ids and codes apart, and `IvFl`
 * with the codes counted in floats.
 */
export const ivfFlatRecord: IndexRecord<IvfFlatData> = {
  kinds: ['IvfFlat'],
  fourccs: ['IwFl', 'IvFL', 'IvFl'],

  fourcc(): string {
    return 'IwFl';
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<IvfFlatData> {
    if (fourcc !== 'IwFl') {
      const { header, readLists } = yield* readLegacyIvf(r, nested);
      const lists = yield* readLists(r, 4 * header.d, fourcc === 'IvFl' ? 4 : 1);
      return { kind: 'IvfFlat', ...header, invlists: lists };
    }
    const header = yield* readIvfHeader(r, nested);
    const invlists = yield* readInvertedLists(r, header.nlist);
    checkRowLists(invlists, 4 * header.d, r);
    return { kind: 'IvfFlat', ...header, invlists };
  },

  write(data: IvfFlatData, out: ByteSink, nested: WriteNested): void {
    writeIvfHeader(data, out, nested);
    checkRowLists(data.invlists, 4 * data.d, out);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};
