import type { HadamardRotationData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readTail, type TransformRecord, writeTail } from './transform-record.js';

/** `HRot` (HadamardRotation): the seed. */
export const hadamardRecord: TransformRecord<HadamardRotationData> = {
  kinds: ['HadamardRotation'],
  fourccs: ['HRot'],

  fourcc(): string {
    return 'HRot';
  },

  *read(r: ByteReader): Reading<HadamardRotationData> {
    const data: HadamardRotationData = {
      kind: 'HadamardRotation',
      seed: yield* r.u32('seed'),
      ...(yield* readTail(r)),
    };
    check(data, r);
    return data;
  },

  write(data: HadamardRotationData, out: ByteSink): void {
    check(data, out);
    out.u32('seed', data.seed);
    writeTail(data, out);
  },
};

function check(data: HadamardRotationData, judge: Judge): void {
  judge.value(data.dIn > 0, 'dIn', 'at least 1', data.dIn);
  let power = 1;
  while (power < data.dIn) power *= 2;
  judge.value(data.dOut === power, 'dOut', `${power}, the power of two from d_in`, data.dOut);
}
