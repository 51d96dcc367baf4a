import type { PqData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readHeader, writeHeader } from './header.js';
import { pqCodeSize, readProductQuantizer, writeProductQuantizer } from './product-quantizer.js';
import type { IndexRecord } from './record.js';

/** `IxPq` (IndexPQ): header, quantizer, codes, three search fields. */
export const pqRecord: IndexRecord<PqData> = {
  kinds: ['Pq'],
  fourccs: ['IxPq'],

  fourcc(): string {
    return 'IxPq';
  },

  *read(r: ByteReader): Reading<PqData> {
    const header = yield* readHeader(r);
    const data: PqData = {
      kind: 'Pq',
      ...header,
      pq: yield* readProductQuantizer(r, header.d),
      codes: yield* r.byteVector('codes'),
      searchType: yield* r.i32('searchType'),
      encodeSigns: yield* r.bool('encodeSigns'),
      polysemousHt: yield* r.i32('polysemousHt'),
    };
    check(data, r);
    return data;
  },

  write(data: PqData, out: ByteSink): void {
    writeHeader(data, out);
    writeProductQuantizer(data.pq, data.d, out);
    check(data, out);
    out.byteVector('codes', data.codes);
    out.i32('searchType', data.searchType);
    out.bool('encodeSigns', data.encodeSigns);
    out.i32('polysemousHt', data.polysemousHt);
  },
};

function check(data: PqData, judge: Judge): void {
  judge.length('codes', data.codes.length, data.ntotal * pqCodeSize(data.pq));
}
