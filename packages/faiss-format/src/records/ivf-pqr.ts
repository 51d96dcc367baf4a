import type { IvfPqrData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readIvfPq, writeIvfPq } from './ivf-pq.js';
import { pqCodeSize, readProductQuantizer, writeProductQuantizer } from './product-quantizer.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';
import { checkKFactor } from './refine.js';

/**
 * `IwQR` (IndexIVFPQR): an IVFPQ, then the second quantizer, its codes by id, k_factor. faiss writes these always and
 * reads them only of a trained index; here they are read always. Before: `IvQR` with ids and codes apart.
 */
export const ivfPqrRecord: IndexRecord<IvfPqrData> = {
  kinds: ['IvfPqr'],
  fourccs: ['IwQR', 'IvQR'],

  fourcc(): string {
    return 'IwQR';
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<IvfPqrData> {
    const fields = yield* readIvfPq(r, fourcc === 'IvQR', nested);
    const data: IvfPqrData = {
      kind: 'IvfPqr',
      ...fields,
      refinePq: yield* readProductQuantizer(r, fields.d, 'refinePq'),
      refineCodes: yield* r.byteVector('refineCodes'),
      kFactor: yield* r.f32('kFactor'),
    };
    check(data, r);
    return data;
  },

  write(data: IvfPqrData, out: ByteSink, nested: WriteNested): void {
    writeIvfPq(data, out, nested);
    writeProductQuantizer(data.refinePq, data.d, out, 'refinePq');
    check(data, out);
    out.byteVector('refineCodes', data.refineCodes);
    out.f32('kFactor', data.kFactor);
  },
};

function check(data: IvfPqrData, judge: Judge): void {
  judge.length('refineCodes', data.refineCodes.length, data.ntotal * pqCodeSize(data.refinePq));
  checkKFactor(data.kFactor, judge);
}
