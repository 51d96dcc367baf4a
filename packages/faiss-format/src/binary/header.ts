import type { BinaryHeader } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readMetric, writeMetric } from '../records/header.js';

/** Reads what every binary index starts with, after its fourcc. */
export function* readBinaryHeader(r: ByteReader): Reading<BinaryHeader> {
  const header: BinaryHeader = {
    d: yield* r.i32('d'),
    codeSize: yield* r.i32('codeSize'),
    ntotal: yield* r.i64('ntotal'),
    isTrained: yield* r.bool('isTrained'),
    metric: yield* readMetric(r, 'metric'),
    metricArg: 0,
  };
  check(header, r);
  return header;
}

/** Writes what every binary index starts with, after its fourcc. */
export function writeBinaryHeader(header: BinaryHeader, out: ByteSink): void {
  check(header, out);
  out.i32('d', header.d);
  out.i32('codeSize', header.codeSize);
  out.u64('ntotal', header.ntotal);
  out.bool('isTrained', header.isTrained);
  writeMetric(header.metric, 'metric', out);
}

function check({ d, codeSize, ntotal }: BinaryHeader, judge: Judge): void {
  judge.value(d > 0 && d % 8 === 0, 'd', 'a multiple of 8 above 0', d);
  judge.value(codeSize === d / 8, 'codeSize', `${d / 8}, an eighth of d`, codeSize);
  judge.value(ntotal >= 0, 'ntotal', 'at least 0', ntotal);
}
