import type { IvfPqData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import { checkArrayLists, readIvfHeader, writeIvfHeader } from './ivf.js';
import { pqCodeSize, readProductQuantizer, writeProductQuantizer } from './product-quantizer.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/** `IwPQ` (IndexIVFPQ): the IVF header, by_residual, code size, quantizer, lists of codes. */
export const ivfPqRecord: IndexRecord<IvfPqData> = {
  kinds: ['IvfPq'],
  fourccs: ['IwPQ'],

  fourcc(): string {
    return 'IwPQ';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<IvfPqData> {
    const header = yield* readIvfHeader(r, nested);
    const data: IvfPqData = {
      kind: 'IvfPq',
      ...header,
      byResidual: yield* r.bool('byResidual'),
      codeSize: yield* r.u64('codeSize'),
      pq: yield* readProductQuantizer(r, header.d),
      invlists: yield* readInvertedLists(r, header.nlist),
    };
    check(data, r);
    return data;
  },

  write(data: IvfPqData, out: ByteSink, nested: WriteNested): void {
    writeIvfHeader(data, out, nested);
    out.bool('byResidual', data.byResidual);
    out.u64('codeSize', data.codeSize);
    writeProductQuantizer(data.pq, data.d, out);
    check(data, out);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};

function check(data: IvfPqData, judge: Judge): void {
  const wanted = pqCodeSize(data.pq);
  judge.value(data.codeSize === wanted, 'codeSize', String(wanted), data.codeSize);
  checkArrayLists(data.invlists, data.codeSize, judge);
}
