import type { IvfFlatDedupData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import { checkRowLists, readIvfHeader, writeIvfHeader } from './ivf.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/** `IwFd` (IndexIVFFlatDedup): the IVF header, pairs of an id and the id of an equal vector, lists. */
export const ivfFlatDedupRecord: IndexRecord<IvfFlatDedupData> = {
  kinds: ['IvfFlatDedup'],
  fourccs: ['IwFd'],

  fourcc(): string {
    return 'IwFd';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<IvfFlatDedupData> {
    const header = yield* readIvfHeader(r, nested);
    const data: IvfFlatDedupData = {
      kind: 'IvfFlatDedup',
      ...header,
      instances: yield* r.i64Vector('instances'),
      invlists: yield* readInvertedLists(r, header.nlist),
    };
    check(data, r);
    return data;
  },

  write(data: IvfFlatDedupData, out: ByteSink, nested: WriteNested): void {
    writeIvfHeader(data, out, nested);
    check(data, out);
    out.i64Vector('instances', data.instances);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};

function check(data: IvfFlatDedupData, judge: Judge): void {
  judge.value(data.instances.length % 2 === 0, 'instances', 'an even length', data.instances.length);
  checkRowLists(data.invlists, 4 * data.d, judge);
}
