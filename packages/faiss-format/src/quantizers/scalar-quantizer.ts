import type { RangeStatistic, ScalarQuantizerFields, ScalarQuantizerKind } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import {
  enumeration,
  type FieldTable,
  f32,
  f32Array,
  readFields,
  u64,
  writeFields,
} from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';

/** faiss's QuantizerType by number. */
const KINDS: readonly ScalarQuantizerKind[] = [
  '8bit',
  '4bit',
  '8bit_uniform',
  '4bit_uniform',
  'fp16',
  '8bit_direct',
  '6bit',
  'bf16',
  '8bit_direct_signed',
  '0bit',
  '1bit_tqmse',
  '2bit_tqmse',
  '3bit_tqmse',
  '4bit_tqmse',
  '8bit_tqmse',
  '2bit_tq',
  '3bit_tq',
  '4bit_tq',
  '5bit_tq',
  '1bit_eden',
  '2bit_eden',
  '3bit_eden',
  '4bit_eden',
  '5bit_eden',
  '6bit_eden',
  '7bit_eden',
  '8bit_eden',
];

const RANGE_STATISTICS: readonly RangeStatistic[] = ['minmax', 'meanstd', 'quantiles', 'optim'];

const FIELDS: FieldTable<ScalarQuantizerFields> = {
  qtype: enumeration(KINDS),
  rangestat: enumeration(RANGE_STATISTICS),
  rangestatArg: f32,
  d: u64,
  codeSize: u64,
  trained: f32Array,
};

/** Reads a ScalarQuantizer of vectors of `d` components. */
export function* readScalarQuantizer(
  r: ByteReader,
  index: { d: number; isTrained: boolean },
): Reading<ScalarQuantizerFields> {
  const sq = yield* readFields(r, FIELDS, 'sq.');
  check(sq, index, r);
  return sq;
}

/** Writes a ScalarQuantizer of vectors of `d` components. */
export function writeScalarQuantizer(
  sq: ScalarQuantizerFields,
  index: { d: number; isTrained: boolean },
  out: ByteSink,
): void {
  check(sq, index, out);
  writeFields(out, FIELDS, sq, 'sq.');
}

function check(sq: ScalarQuantizerFields, index: { d: number; isTrained: boolean }, judge: Judge): void {
  const { qtype, d, codeSize, trained } = sq;
  judge.value(d === index.d, 'sq.d', `${index.d}, the dimension of the index`, d);
  const wanted = codeSizeOf(qtype, d);
  judge.value(codeSize === wanted, 'sq.codeSize', String(wanted), codeSize);
  const length = trainedLength(qtype, d);
  if (trained.length === 0 && !index.isTrained) return;
  judge.length('sq.trained', trained.length, length);
  judge.value(length === 0 || index.isTrained, 'sq.trained', 'nothing before training', length);
}

/** The bits of a component, and for tq those of its direction. */
function bitsOf(qtype: ScalarQuantizerKind): number {
  if (qtype === 'fp16' || qtype === 'bf16') return 16;
  return Number.parseInt(qtype, 10);
}

/** Bytes of a code. */
function codeSizeOf(qtype: ScalarQuantizerKind, d: number): number {
  const bits = bitsOf(qtype);
  // bit planes of the index, one of signs, and two floats
  if (qtype.endsWith('_tq')) return bits * Math.ceil(d / 8) + 8;
  return Math.ceil((d * bits) / 8);
}

/** Elements of `trained` once it is trained. */
function trainedLength(qtype: ScalarQuantizerKind, d: number): number {
  const bits = bitsOf(qtype);
  if (qtype.endsWith('_uniform')) return 2;
  if (qtype === '8bit' || qtype === '6bit' || qtype === '4bit') return 2 * d;
  if (qtype.endsWith('_tqmse') || qtype.endsWith('_eden')) return 2 ** (bits + 1) - 1;
  if (qtype.endsWith('_tq')) return 2 ** bits - 1 + 3;
  return 0;
}
