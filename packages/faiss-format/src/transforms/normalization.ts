import type { NormalizationData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Reading } from '../bytes/reading.js';
import { checkSquare, readTail, type TransformRecord, writeTail } from './transform-record.js';

/** `VNrm` (NormalizationTransform): the norm. */
export const normalizationRecord: TransformRecord<NormalizationData> = {
  kinds: ['Normalization'],
  fourccs: ['VNrm'],

  fourcc(): string {
    return 'VNrm';
  },

  *read(r: ByteReader): Reading<NormalizationData> {
    const data: NormalizationData = {
      kind: 'Normalization',
      norm: yield* r.f32('norm'),
      ...(yield* readTail(r)),
    };
    checkSquare(data, r);
    return data;
  },

  write(data: NormalizationData, out: ByteSink): void {
    checkSquare(data, out);
    out.f32('norm', data.norm);
    writeTail(data, out);
  },
};
