import type { ScalarQuantizerData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readScalarQuantizer, writeScalarQuantizer } from '../quantizers/scalar-quantizer.js';
import { readHeader, writeHeader } from './header.js';
import type { IndexRecord } from './record.js';

/** `IxSQ` (IndexScalarQuantizer): header, quantizer, codes. */
export const scalarQuantizerRecord: IndexRecord<ScalarQuantizerData> = {
  kinds: ['ScalarQuantizer'],
  fourccs: ['IxSQ'],

  fourcc(): string {
    return 'IxSQ';
  },

  *read(r: ByteReader): Reading<ScalarQuantizerData> {
    const header = yield* readHeader(r);
    const sq = yield* readScalarQuantizer(r, header);
    const codes = yield* r.byteVector('codes');
    const data: ScalarQuantizerData = { kind: 'ScalarQuantizer', ...header, sq, codes };
    check(data, r);
    return data;
  },

  write(data: ScalarQuantizerData, out: ByteSink): void {
    writeHeader(data, out);
    writeScalarQuantizer(data.sq, data, out);
    check(data, out);
    out.byteVector('codes', data.codes);
  },
};

function check(data: ScalarQuantizerData, judge: Judge): void {
  judge.length('codes', data.codes.length, data.ntotal * data.sq.codeSize);
}
