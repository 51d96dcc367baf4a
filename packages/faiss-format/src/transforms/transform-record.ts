import type { TransformData, TransformHeader } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';

/** One kind of transform. The fourcc itself is read and written by the caller. */
export interface TransformRecord<T extends TransformData = TransformData> {
  readonly kinds: readonly T['kind'][];
  readonly fourccs: readonly string[];
  fourcc(data: T): string;
  read(r: ByteReader, fourcc: string): Reading<T>;
  write(data: T, out: ByteSink): void;
}

/** Reads what every transform ends with: d_in, d_out, is_trained. */
export function* readTail(r: ByteReader): Reading<TransformHeader> {
  const tail = {
    dIn: yield* r.i32('dIn'),
    dOut: yield* r.i32('dOut'),
    isTrained: yield* r.bool('isTrained'),
  };
  checkTail(tail, r);
  return tail;
}

/** Writes what every transform ends with. */
export function writeTail(data: TransformHeader, out: ByteSink): void {
  checkTail(data, out);
  out.i32('dIn', data.dIn);
  out.i32('dOut', data.dOut);
  out.bool('isTrained', data.isTrained);
}

function checkTail(data: TransformHeader, judge: Judge): void {
  judge.value(data.dIn >= 0, 'dIn', 'at least 0', data.dIn);
  judge.value(data.dOut >= 0, 'dOut', 'at least 0', data.dOut);
}

/** For transforms that keep the dimension. */
export function checkSquare(data: TransformHeader, judge: Judge): void {
  judge.value(data.dIn === data.dOut, 'dOut', `${data.dIn}, as d_in`, data.dOut);
}

/** An array of `expected` elements that may be empty as long as the transform is not trained. */
export function checkTrained(
  data: TransformHeader,
  field: string,
  actual: number,
  expected: number,
  judge: Judge,
): void {
  if (!data.isTrained && actual === 0) return;
  judge.length(field, actual, expected);
}
