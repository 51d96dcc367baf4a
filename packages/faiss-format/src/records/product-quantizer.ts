import type { ProductQuantizerData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { type FieldTable, f32Array, readFields, u64, writeFields } from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';

const MAX_NBITS = 24;

const FIELDS: FieldTable<ProductQuantizerData> = { d: u64, M: u64, nbits: u64, centroids: f32Array };

/** Reads a ProductQuantizer of vectors of `d` components: d, M, nbits, and `d · 2^nbits` floats. */
export function* readProductQuantizer(r: ByteReader, d: number, name = 'pq'): Reading<ProductQuantizerData> {
  const pq = yield* readFields(r, FIELDS, `${name}.`);
  check(pq, { d, name }, r);
  return pq;
}

/** Writes a ProductQuantizer of vectors of `d` components. */
export function writeProductQuantizer(pq: ProductQuantizerData, d: number, out: ByteSink, name = 'pq'): void {
  check(pq, { d, name }, out);
  writeFields(out, FIELDS, pq, `${name}.`);
}

/** Bytes of a code: M indexes of nbits bits, packed. */
export function pqCodeSize(pq: ProductQuantizerData): number {
  return Math.ceil((pq.M * pq.nbits) / 8);
}

function check(pq: ProductQuantizerData, { d, name }: { d: number; name: string }, judge: Judge): void {
  judge.value(pq.d === d, `${name}.d`, `${d}, the dimension of the index`, pq.d);
  judge.value(pq.M > 0 && pq.d % pq.M === 0, `${name}.M`, `a divisor of ${pq.d}`, pq.M);
  judge.value(pq.nbits >= 1 && pq.nbits <= MAX_NBITS, `${name}.nbits`, `1 to ${MAX_NBITS}`, pq.nbits);
  judge.length(`${name}.centroids`, pq.centroids.length, pq.d * 2 ** pq.nbits);
}
