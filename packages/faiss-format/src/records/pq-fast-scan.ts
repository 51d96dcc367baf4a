import type { PqFastScanData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { checkFastScan, fastScanBlockSize } from './fast-scan.js';
import { readHeader, writeHeader } from './header.js';
import { readProductQuantizer, writeProductQuantizer } from './product-quantizer.js';
import type { IndexRecord } from './record.js';

/** `IPfs` (IndexPQFastScan): header, quantizer, kernel fields, codes in blocks. */
export const pqFastScanRecord: IndexRecord<PqFastScanData> = {
  kinds: ['PqFastScan'],
  fourccs: ['IPfs'],

  fourcc(): string {
    return 'IPfs';
  },

  *read(r: ByteReader): Reading<PqFastScanData> {
    const header = yield* readHeader(r);
    const data: PqFastScanData = {
      kind: 'PqFastScan',
      ...header,
      pq: yield* readProductQuantizer(r, header.d),
      implem: yield* r.i32('implem'),
      bbs: yield* r.i32('bbs'),
      qbs: yield* r.i32('qbs'),
      ntotal2: yield* r.u64('ntotal2'),
      M2: yield* r.u64('M2'),
      codes: yield* r.byteVector('codes'),
    };
    check(data, r);
    return data;
  },

  write(data: PqFastScanData, out: ByteSink): void {
    writeHeader(data, out);
    writeProductQuantizer(data.pq, data.d, out);
    check(data, out);
    out.i32('implem', data.implem);
    out.i32('bbs', data.bbs);
    out.i32('qbs', data.qbs);
    out.u64('ntotal2', data.ntotal2);
    out.u64('M2', data.M2);
    out.byteVector('codes', data.codes);
  },
};

function check(data: PqFastScanData, judge: Judge): void {
  checkFastScan(data, data.pq, judge);
  judge.value(data.qbs >= 0, 'qbs', 'at least 0', data.qbs);
  const whole = data.ntotal2 >= data.ntotal && data.ntotal2 % data.bbs === 0;
  judge.value(whole, 'ntotal2', `a multiple of ${data.bbs}, at least ${data.ntotal}`, data.ntotal2);
  // a reset empties the codes and leaves ntotal2
  if (data.ntotal === 0 && data.codes.length === 0) return;
  judge.length('codes', data.codes.length, (data.ntotal2 / data.bbs) * fastScanBlockSize(data));
}
