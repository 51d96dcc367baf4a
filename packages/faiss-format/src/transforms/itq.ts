import type { ItqTransformData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { itqMatrixRecord } from './itq-matrix.js';
import { linearRecord } from './linear.js';
import { checkTrained, readTail, type TransformRecord, writeTail } from './transform-record.js';

/** `Viqt` (ITQTransform): mean, do_pca, an ITQMatrix, the LinearTransform that is applied. */
export const itqRecord: TransformRecord<ItqTransformData> = {
  kinds: ['Itq'],
  fourccs: ['Viqt'],

  fourcc(): string {
    return 'Viqt';
  },

  *read(r: ByteReader): Reading<ItqTransformData> {
    const mean = yield* r.f32Vector('mean');
    const doPca = yield* r.bool('doPca');
    const itq = yield* readMember(r, 'itq', itqMatrixRecord, 'Viqm');
    const pcaThenItq = yield* readMember(r, 'pcaThenItq', linearRecord, 'LTra');
    const data: ItqTransformData = { kind: 'Itq', mean, doPca, itq, pcaThenItq, ...(yield* readTail(r)) };
    check(data, r);
    return data;
  },

  write(data: ItqTransformData, out: ByteSink): void {
    check(data, out);
    out.f32Vector('mean', data.mean);
    out.bool('doPca', data.doPca);
    out.fourcc('Viqm');
    out.trail.enter('itq', 'ItqMatrix');
    itqMatrixRecord.write(data.itq, out);
    out.trail.leave();
    out.fourcc('LTra');
    out.trail.enter('pcaThenItq', 'Linear');
    linearRecord.write(data.pcaThenItq, out);
    out.trail.leave();
    writeTail(data, out);
  },
};

function* readMember<T extends ItqTransformData['itq'] | ItqTransformData['pcaThenItq']>(
  r: ByteReader,
  name: string,
  record: TransformRecord<T>,
  fourcc: string,
): Reading<T> {
  const found = yield* r.fourcc(name);
  r.value(found === fourcc, name, `"${fourcc}"`, `"${found}"`);
  r.trail.enter(name, fourcc);
  const data = yield* record.read(r, fourcc);
  r.trail.leave();
  return data;
}

function check(data: ItqTransformData, judge: Judge): void {
  const linear = data.pcaThenItq.kind;
  judge.value(linear === 'Linear', 'pcaThenItq.kind', 'Linear', linear);
  checkTrained(data, 'mean', data.mean.length, data.dIn, judge);
  checkTrained(data, 'pcaThenItq.A', data.pcaThenItq.A.length, data.dIn * data.dOut, judge);
}
