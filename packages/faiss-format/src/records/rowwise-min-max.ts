import type { RowwiseMinMaxData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readHeader, writeHeader } from './header.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/** `IRMf`, `IRMh` (IndexRowwiseMinMax, IndexRowwiseMinMaxFP16): header and the index that encodes the scaled rows. */
export const rowwiseMinMaxRecord: IndexRecord<RowwiseMinMaxData> = {
  kinds: ['RowwiseMinMax', 'RowwiseMinMaxFp16'],
  fourccs: ['IRMf', 'IRMh'],

  fourcc(data: RowwiseMinMaxData): string {
    return data.kind === 'RowwiseMinMax' ? 'IRMf' : 'IRMh';
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<RowwiseMinMaxData> {
    const header = yield* readHeader(r);
    const at = r.offset;
    const base = yield* nested('base');
    r.trail.note('base', at);
    const kind = fourcc === 'IRMf' ? 'RowwiseMinMax' : 'RowwiseMinMaxFp16';
    const data: RowwiseMinMaxData = { kind, ...header, base };
    check(data, r);
    return data;
  },

  write(data: RowwiseMinMaxData, out: ByteSink, nested: WriteNested): void {
    writeHeader(data, out);
    check(data, out);
    nested('base', data.base);
  },
};

function check(data: RowwiseMinMaxData, judge: Judge): void {
  judge.value(data.base.d === data.d, 'base', `vectors of dimension ${data.d}`, data.base.d);
}
