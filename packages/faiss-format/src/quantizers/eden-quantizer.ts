import type { EdenQuantizerData, IndexHeader } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readMetric, writeMetric } from '../records/header.js';

const MAX_BITS = 8;

/** faiss's EDENScaleType by number; 0 is what was written before there was a choice. */
const SCALE_TYPES: readonly EdenQuantizerData['scaleType'][] = ['unbiased', 'unbiased', 'biased'];

/** Reads an EDEN quantizer: d, code size, metric, bits, and the type of scale if it is there. */
export function* readEdenQuantizer(
  r: ByteReader,
  header: IndexHeader,
  hasScaleType: boolean,
): Reading<EdenQuantizerData> {
  const fields = {
    d: yield* r.u64('eden.d'),
    codeSize: yield* r.u64('eden.codeSize'),
    metric: yield* readMetric(r, 'eden.metric'),
    bits: yield* r.u64('eden.bits'),
  };
  const number = hasScaleType ? yield* r.i32('eden.scaleType') : 1;
  const scaleType = SCALE_TYPES[number];
  if (scaleType === undefined) return r.fail('eden.scaleType', r.offset - 4, '0 to 2', number);
  const data: EdenQuantizerData = { ...fields, scaleType };
  check(data, header, r);
  return data;
}

/** Writes an EDEN quantizer. */
export function writeEdenQuantizer(data: EdenQuantizerData, header: IndexHeader, out: ByteSink): void {
  check(data, header, out);
  out.u64('eden.d', data.d);
  out.u64('eden.codeSize', data.codeSize);
  writeMetric(data.metric, 'eden.metric', out);
  out.u64('eden.bits', data.bits);
  out.i32('eden.scaleType', SCALE_TYPES.lastIndexOf(data.scaleType));
}

function check(data: EdenQuantizerData, header: IndexHeader, judge: Judge): void {
  judge.value(data.d === header.d, 'eden.d', `${header.d}, the dimension of the index`, data.d);
  judge.value(data.metric === header.metric, 'eden.metric', header.metric, data.metric);
  judge.value(data.bits >= 1 && data.bits <= MAX_BITS, 'eden.bits', `1 to ${MAX_BITS}`, data.bits);
  const codeSize = Math.ceil((data.d * data.bits) / 8) + 8;
  judge.value(data.codeSize === codeSize, 'eden.codeSize', String(codeSize), data.codeSize);
  const known = SCALE_TYPES.includes(data.scaleType);
  judge.value(known, 'eden.scaleType', 'unbiased or biased', data.scaleType);
}
