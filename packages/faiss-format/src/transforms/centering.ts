import type { CenteringData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { checkSquare, checkTrained, readTail, type TransformRecord, writeTail } from './transform-record.js';

/** `VCnt` (CenteringTransform): the mean. */
export const centeringRecord: TransformRecord<CenteringData> = {
  kinds: ['Centering'],
  fourccs: ['VCnt'],

  fourcc(): string {
    return 'VCnt';
  },

  *read(r: ByteReader): Reading<CenteringData> {
    const data: CenteringData = {
      kind: 'Centering',
      mean: yield* r.f32Vector('mean'),
      ...(yield* readTail(r)),
    };
    check(data, r);
    return data;
  },

  write(data: CenteringData, out: ByteSink): void {
    check(data, out);
    out.f32Vector('mean', data.mean);
    writeTail(data, out);
  },
};

function check(data: CenteringData, judge: Judge): void {
  checkSquare(data, judge);
  checkTrained(data, 'mean', data.mean.length, data.dIn, judge);
}
