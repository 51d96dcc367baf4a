import type { IvfPqFastScanData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import { checkFastScan, fastScanBlockSize } from './fast-scan.js';
import { checkBlockLists, readIvfHeader, writeIvfHeader } from './ivf.js';
import { pqCodeSize, readProductQuantizer, writeProductQuantizer } from './product-quantizer.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/** `IwPf` (IndexIVFPQFastScan): the IVF header, kernel fields, quantizer, lists in blocks. */
export const ivfPqFastScanRecord: IndexRecord<IvfPqFastScanData> = {
  kinds: ['IvfPqFastScan'],
  fourccs: ['IwPf'],

  fourcc(): string {
    return 'IwPf';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<IvfPqFastScanData> {
    const header = yield* readIvfHeader(r, nested);
    const data: IvfPqFastScanData = {
      kind: 'IvfPqFastScan',
      ...header,
      byResidual: yield* r.bool('byResidual'),
      codeSize: yield* r.u64('codeSize'),
      bbs: yield* r.i32('bbs'),
      M2: yield* r.u64('M2'),
      implem: yield* r.i32('implem'),
      qbs2: yield* r.u64('qbs2'),
      pq: yield* readProductQuantizer(r, header.d),
      invlists: yield* readInvertedLists(r, header.nlist),
    };
    check(data, r);
    return data;
  },

  write(data: IvfPqFastScanData, out: ByteSink, nested: WriteNested): void {
    writeIvfHeader(data, out, nested);
    out.bool('byResidual', data.byResidual);
    out.u64('codeSize', data.codeSize);
    out.i32('bbs', data.bbs);
    out.u64('M2', data.M2);
    out.i32('implem', data.implem);
    out.u64('qbs2', data.qbs2);
    writeProductQuantizer(data.pq, data.d, out);
    check(data, out);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};

function check(data: IvfPqFastScanData, judge: Judge): void {
  checkFastScan(data, data.pq, judge);
  const wanted = pqCodeSize(data.pq);
  judge.value(data.codeSize === wanted, 'codeSize', String(wanted), data.codeSize);
  checkBlockLists(data.invlists, { bbs: data.bbs, blockSize: fastScanBlockSize(data) }, judge);
}
