import type { IndexHeader, Metric } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';

/** faiss's MetricType numbers. */
const METRIC_NUMBERS: Readonly<Record<Metric, number>> = {
  ip: 0,
  l2: 1,
  l1: 2,
  linf: 3,
  lp: 4,
  canberra: 20,
  braycurtis: 21,
  jensenshannon: 22,
  jaccard: 23,
  nanEuclidean: 24,
  gower: 25,
};

const METRICS_BY_NUMBER: ReadonlyMap<number, Metric> = new Map(
  Object.entries(METRIC_NUMBERS).map(([metric, number]) => [number, metric as Metric]),
);

/** The largest dimension that faiss 1.15 reads. */
export const MAX_D: number = 2 ** 20;

/** Two fields of every header that nobody reads. */
const DUMMY = 1n << 20n;

/** Reads faiss's number of a metric. */
export function* readMetric(r: ByteReader, field: string): Reading<Metric> {
  const number = yield* r.i32(field);
  const metric = METRICS_BY_NUMBER.get(number);
  if (metric !== undefined) return metric;
  return r.fail(field, r.offset - 4, 'a metric number, 0 to 4 or 20 to 25', number);
}

/** Writes faiss's number of a metric. */
export function writeMetric(metric: Metric, field: string, out: ByteSink): void {
  const number = METRIC_NUMBERS[metric];
  out.value(number !== undefined, field, 'a metric', metric);
  out.i32(field, number);
}

/** Reads what every index starts with, after its fourcc. */
export function* readHeader(r: ByteReader): Reading<IndexHeader> {
  const d = yield* r.i32('d');
  const ntotal = yield* r.i64('ntotal');
  r.skip('reserved', 16);
  const isTrained = yield* r.bool('isTrained');
  const metric = yield* readMetric(r, 'metric');
  const metricArg = METRIC_NUMBERS[metric] > 1 ? yield* r.f32('metricArg') : 0;
  const header: IndexHeader = { d, ntotal, isTrained, metric, metricArg };
  checkHeader(header, r);
  return header;
}

/** Writes what every index starts with, after its fourcc. */
export function writeHeader(header: IndexHeader, out: ByteSink): void {
  checkHeader(header, out);
  out.i32('d', header.d);
  out.u64('ntotal', header.ntotal);
  out.bits64(DUMMY);
  out.bits64(DUMMY);
  out.bool('isTrained', header.isTrained);
  writeMetric(header.metric, 'metric', out);
  if (METRIC_NUMBERS[header.metric] > 1) out.f32('metricArg', header.metricArg);
}

function checkHeader(header: IndexHeader, judge: Judge): void {
  const { d, ntotal } = header;
  judge.value(d >= 0 && d <= MAX_D, 'd', `0 to ${MAX_D}`, d);
  judge.value(ntotal >= 0, 'ntotal', 'at least 0', ntotal);
}
