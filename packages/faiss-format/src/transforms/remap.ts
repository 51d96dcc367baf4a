import type { RemapDimensionsData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readTail, type TransformRecord, writeTail } from './transform-record.js';

/** `RmDT` (RemapDimensionsTransform): the input dimension of each output dimension, -1 for zero. */
export const remapRecord: TransformRecord<RemapDimensionsData> = {
  kinds: ['RemapDimensions'],
  fourccs: ['RmDT'],

  fourcc(): string {
    return 'RmDT';
  },

  *read(r: ByteReader): Reading<RemapDimensionsData> {
    const data: RemapDimensionsData = {
      kind: 'RemapDimensions',
      map: yield* r.i32Vector('map'),
      ...(yield* readTail(r)),
    };
    check(data, r);
    return data;
  },

  write(data: RemapDimensionsData, out: ByteSink): void {
    check(data, out);
    out.i32Vector('map', data.map);
    writeTail(data, out);
  },
};

function check(data: RemapDimensionsData, judge: Judge): void {
  judge.length('map', data.map.length, data.dOut);
  for (const input of data.map) {
    judge.value(input >= -1 && input < data.dIn, 'map', `input dimensions -1 to ${data.dIn - 1}`, input);
  }
}
