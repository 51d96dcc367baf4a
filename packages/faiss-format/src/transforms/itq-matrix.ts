import type { ItqMatrixData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Reading } from '../bytes/reading.js';
import { readLinear, writeLinear } from './linear.js';
import type { TransformRecord } from './transform-record.js';

/** `Viqm` (ITQMatrix): iterations and seed of its training, then the linear fields. */
export const itqMatrixRecord: TransformRecord<ItqMatrixData> = {
  kinds: ['ItqMatrix'],
  fourccs: ['Viqm'],

  fourcc(): string {
    return 'Viqm';
  },

  *read(r: ByteReader): Reading<ItqMatrixData> {
    return {
      kind: 'ItqMatrix',
      maxIter: yield* r.i32('maxIter'),
      seed: yield* r.i32('seed'),
      ...(yield* readLinear(r)),
    };
  },

  write(data: ItqMatrixData, out: ByteSink): void {
    out.i32('maxIter', data.maxIter);
    out.i32('seed', data.seed);
    writeLinear(data, out);
  },
};
