import type { ProductQuantizerData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';

const MAX_NBITS = 24;

/** Reads a ProductQuantizer of vectors of `d` components: d, M, nbits, and `d · 2^nbits` floats. */
export function* readProductQuantizer(r: ByteReader, d: number): Reading<ProductQuantizerData> {
  const pq: ProductQuantizerData = {
    d: yield* r.u64('pq.d'),
    M: yield* r.u64('pq.M'),
    nbits: yield* r.u64('pq.nbits'),
    centroids: yield* r.f32Vector('pq.centroids'),
  };
  check(pq, d, r);
  return pq;
}

/** Writes a ProductQuantizer of vectors of `d` components. */
export function writeProductQuantizer(pq: ProductQuantizerData, d: number, out: ByteSink): void {
  check(pq, d, out);
  out.u64('pq.d', pq.d);
  out.u64('pq.M', pq.M);
  out.u64('pq.nbits', pq.nbits);
  out.f32Vector('pq.centroids', pq.centroids);
}

/** Bytes of a code: M indexes of nbits bits, packed. */
export function pqCodeSize(pq: ProductQuantizerData): number {
  return Math.ceil((pq.M * pq.nbits) / 8);
}

function check(pq: ProductQuantizerData, d: number, judge: Judge): void {
  judge.value(pq.d === d, 'pq.d', `${d}, the dimension of the index`, pq.d);
  judge.value(pq.M > 0 && pq.d % pq.M === 0, 'pq.M', `a divisor of ${pq.d}`, pq.M);
  judge.value(pq.nbits >= 1 && pq.nbits <= MAX_NBITS, 'pq.nbits', `1 to ${MAX_NBITS}`, pq.nbits);
  judge.length('pq.centroids', pq.centroids.length, pq.d * 2 ** pq.nbits);
}
