import type { LinearFields, LinearTransformData, TransformHeader } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { checkTrained, readTail, type TransformRecord, writeTail } from './transform-record.js';

/** `LTra` (LinearTransform, OPQMatrix) and `rrot` (RandomRotationMatrix): the linear fields alone. */
export const linearRecord: TransformRecord<LinearTransformData> = {
  kinds: ['Linear', 'RandomRotation'],
  fourccs: ['LTra', 'rrot'],

  fourcc(data: LinearTransformData): string {
    return data.kind === 'Linear' ? 'LTra' : 'rrot';
  },

  *read(r: ByteReader, fourcc: string): Reading<LinearTransformData> {
    return { kind: fourcc === 'LTra' ? 'Linear' : 'RandomRotation', ...(yield* readLinear(r)) };
  },

  write(data: LinearTransformData, out: ByteSink): void {
    writeLinear(data, out);
  },
};

/** Reads have_bias, A, b and the common tail. */
export function* readLinear(r: ByteReader): Reading<LinearFields & TransformHeader> {
  const haveBias = yield* r.bool('haveBias');
  const A = yield* r.f32Vector('A');
  const b = yield* r.f32Vector('b');
  const data = { haveBias, A, b, ...(yield* readTail(r)) };
  check(data, r);
  return data;
}

/** Writes have_bias, A, b and the common tail. */
export function writeLinear(data: LinearFields & TransformHeader, out: ByteSink): void {
  check(data, out);
  out.bool('haveBias', data.haveBias);
  out.f32Vector('A', data.A);
  out.f32Vector('b', data.b);
  writeTail(data, out);
}

function check(data: LinearFields & TransformHeader, judge: Judge): void {
  checkTrained(data, 'A', data.A.length, data.dIn * data.dOut, judge);
  if (data.haveBias || data.b.length > 0) checkTrained(data, 'b', data.b.length, data.dOut, judge);
}
