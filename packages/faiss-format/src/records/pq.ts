import type { PqData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { bool, type FieldTable, i32, readFields, writeFields } from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readHeader, writeHeader } from './header.js';
import { pqCodeSize, readProductQuantizer, writeProductQuantizer } from './product-quantizer.js';
import type { IndexRecord } from './record.js';

type SearchFields = Pick<PqData, 'searchType' | 'encodeSigns' | 'polysemousHt'>;

const SEARCH: FieldTable<SearchFields> = { searchType: i32, encodeSigns: bool, polysemousHt: i32 };

/** What faiss leaves an IndexPQ with that has none in its file. */
const DEFAULT_SEARCH: SearchFields = { searchType: 0, encodeSigns: false, polysemousHt: 0 };

/**
 * `IxPq` (IndexPQ): header, quantizer, codes, three search fields. Before: `IxPQ` without those, and `IxPo`; what both say
 * of the metric is not to be believed, it was L2.
 */
export const pqRecord: IndexRecord<PqData> = {
  kinds: ['Pq'],
  fourccs: ['IxPq', 'IxPo', 'IxPQ'],

  fourcc(): string {
    return 'IxPq';
  },

  *read(r: ByteReader, fourcc: string): Reading<PqData> {
    const header = yield* readHeader(r);
    const data: PqData = {
      kind: 'Pq',
      ...header,
      pq: yield* readProductQuantizer(r, header.d),
      codes: yield* r.byteVector('codes'),
      ...(fourcc === 'IxPQ' ? DEFAULT_SEARCH : yield* readFields(r, SEARCH)),
      ...(fourcc === 'IxPq' ? {} : { metric: 'l2' as const, metricArg: 0 }),
    };
    check(data, r);
    return data;
  },

  write(data: PqData, out: ByteSink): void {
    writeHeader(data, out);
    writeProductQuantizer(data.pq, data.d, out);
    check(data, out);
    out.byteVector('codes', data.codes);
    writeFields(out, SEARCH, data);
  },
};

function check(data: PqData, judge: Judge): void {
  judge.length('codes', data.codes.length, data.ntotal * pqCodeSize(data.pq));
}
