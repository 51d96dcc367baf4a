import type { PcaTransformData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readLinear, writeLinear } from './linear.js';
import { checkTrained, type TransformRecord } from './transform-record.js';

/**
 * `Pcam` (PCAMatrix): how it was trained, mean, eigenvalues, eigenvectors, then the linear fields. `PcAm` has no epsilon,
 * the older `PCAm` no balanced bins either.
 */
export const pcaRecord: TransformRecord<PcaTransformData> = {
  kinds: ['Pca'],
  fourccs: ['Pcam', 'PcAm', 'PCAm'],

  fourcc(): string {
    return 'Pcam';
  },

  *read(r: ByteReader, fourcc: string): Reading<PcaTransformData> {
    const own = {
      eigenPower: yield* r.f32('eigenPower'),
      epsilon: fourcc === 'Pcam' ? yield* r.f32('epsilon') : 0,
      randomRotation: yield* r.bool('randomRotation'),
      balancedBins: fourcc === 'PCAm' ? 0 : yield* r.i32('balancedBins'),
      mean: yield* r.f32Vector('mean'),
      eigenvalues: yield* r.f32Vector('eigenvalues'),
      pcaMat: yield* r.f32Vector('pcaMat'),
    };
    const data: PcaTransformData = { kind: 'Pca', ...own, ...(yield* readLinear(r)) };
    check(data, r);
    return data;
  },

  write(data: PcaTransformData, out: ByteSink): void {
    check(data, out);
    out.f32('eigenPower', data.eigenPower);
    out.f32('epsilon', data.epsilon);
    out.bool('randomRotation', data.randomRotation);
    out.i32('balancedBins', data.balancedBins);
    out.f32Vector('mean', data.mean);
    out.f32Vector('eigenvalues', data.eigenvalues);
    out.f32Vector('pcaMat', data.pcaMat);
    writeLinear(data, out);
  },
};

function check(data: PcaTransformData, judge: Judge): void {
  checkTrained(data, 'mean', data.mean.length, data.dIn, judge);
  checkTrained(data, 'eigenvalues', data.eigenvalues.length, data.dIn, judge);
  // as many rows as there were training vectors, when they were fewer than dimensions
  const rows = data.pcaMat.length / data.dIn;
  const ok = data.pcaMat.length === 0 || (Number.isInteger(rows) && rows <= data.dIn);
  judge.value(ok, 'pcaMat', `up to ${data.dIn} rows of ${data.dIn}`, data.pcaMat.length);
}
