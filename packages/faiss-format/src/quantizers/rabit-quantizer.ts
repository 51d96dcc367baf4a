import type { RaBitQuantizerData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readMetric, writeMetric } from '../records/header.js';

/** Bits of a query's component that faiss takes. */
const MAX_QB = 8;
const MAX_BITS = 9;

/** Reads a RaBitQuantizer of vectors of `d` components: d, code size, metric, and the bits if they are there. */
export function* readRaBitQuantizer(
  r: ByteReader,
  d: number,
  isMultiBit: boolean,
): Reading<RaBitQuantizerData> {
  const data: RaBitQuantizerData = {
    d: yield* r.u64('rabitq.d'),
    codeSize: yield* r.u64('rabitq.codeSize'),
    metric: yield* readMetric(r, 'rabitq.metric'),
    nbBits: isMultiBit ? yield* r.u64('rabitq.nbBits') : 1,
  };
  check(data, d, r);
  return data;
}

/** Writes a RaBitQuantizer of vectors of `d` components. */
export function writeRaBitQuantizer(
  data: RaBitQuantizerData,
  { d, isMultiBit }: { d: number; isMultiBit: boolean },
  out: ByteSink,
): void {
  check(data, d, out);
  out.u64('rabitq.d', data.d);
  out.u64('rabitq.codeSize', data.codeSize);
  writeMetric(data.metric, 'rabitq.metric', out);
  if (isMultiBit) out.u64('rabitq.nbBits', data.nbBits);
}

/** The range of the bits of a query's component. */
export function checkQueryBits(qb: number, least: number, judge: Judge): void {
  judge.value(qb >= least && qb <= MAX_QB, 'qb', `${least} to ${MAX_QB}`, qb);
}

/** Bytes behind the signs of a vector in the FastScan forms: its factors, and the bits beyond the first. */
export function factorBytes({ d, nbBits }: RaBitQuantizerData): number {
  return nbBits === 1 ? 8 : 12 + 8 + Math.ceil((d * (nbBits - 1)) / 8);
}

function check(data: RaBitQuantizerData, d: number, judge: Judge): void {
  judge.value(data.d === d, 'rabitq.d', `${d}, the dimension of the index`, data.d);
  const ok = data.nbBits >= 1 && data.nbBits <= MAX_BITS;
  judge.value(ok, 'rabitq.nbBits', `1 to ${MAX_BITS}`, data.nbBits);
  const codeSize = Math.ceil(d / 8) + factorBytes(data);
  judge.value(data.codeSize === codeSize, 'rabitq.codeSize', String(codeSize), data.codeSize);
}
