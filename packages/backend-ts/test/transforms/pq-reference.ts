import type { ProductQuantizerData } from '@lutra/core';
import { randPerm } from '../../src/random/index.js';
import type { PqTools, PqTrainOptions } from '../../src/transforms/index.js';

/** A product quantizer written for reading: Lloyd's algorithm from random rows, empty clusters keep their place. */
export const referencePq: PqTools = {
  train(x, n, options) {
    const { d, M, nbits } = options;
    const ksub = 2 ** nbits;
    const dsub = d / M;
    const centroids = new Float32Array(ksub * d);
    for (let m = 0; m < M; m++) {
      const slice = columns(x, n, d, m * dsub, dsub);
      const at = m * ksub * dsub;
      const start = options.initialCentroids?.subarray(at, at + ksub * dsub);
      centroids.set(lloyd(slice, n, dsub, ksub, options, start), at);
    }
    return centroids;
  },

  encode(pq, x, n) {
    const dsub = pq.d / pq.M;
    const codes = new Uint8Array(n * pq.M);
    for (let m = 0; m < pq.M; m++) {
      const nearest = assign(columns(x, n, pq.d, m * dsub, dsub), part(pq, m), n, dsub, 2 ** pq.nbits);
      for (let i = 0; i < n; i++) codes[i * pq.M + m] = nearest[i]!;
    }
    return codes;
  },

  decode(pq, codes, n) {
    const dsub = pq.d / pq.M;
    const out = new Float32Array(n * pq.d);
    for (let i = 0; i < n; i++) {
      for (let m = 0; m < pq.M; m++) {
        const at = codes[i * pq.M + m]! * dsub;
        out.set(part(pq, m).subarray(at, at + dsub), i * pq.d + m * dsub);
      }
    }
    return out;
  },
};

function part(pq: ProductQuantizerData, m: number): Float32Array {
  const size = (2 ** pq.nbits * pq.d) / pq.M;
  return pq.centroids.subarray(m * size, (m + 1) * size);
}

function columns(x: Float32Array, n: number, d: number, start: number, count: number): Float32Array {
  const out = new Float32Array(n * count);
  for (let i = 0; i < n; i++) out.set(x.subarray(i * d + start, i * d + start + count), i * count);
  return out;
}

function lloyd(
  x: Float32Array,
  n: number,
  d: number,
  k: number,
  options: PqTrainOptions,
  start: Float32Array | undefined,
): Float32Array {
  const centroids = new Float32Array(k * d);
  if (start) centroids.set(start);
  else {
    const perm = randPerm(n, options.seed + 1);
    for (let c = 0; c < k; c++) centroids.set(x.subarray(perm[c]! * d, (perm[c]! + 1) * d), c * d);
  }
  for (let iteration = 0; iteration < options.niter; iteration++) {
    const nearest = assign(x, centroids, n, d, k);
    const counts = new Float64Array(k);
    const sums = new Float64Array(k * d);
    for (let i = 0; i < n; i++) {
      counts[nearest[i]!]! += 1;
      for (let j = 0; j < d; j++) sums[nearest[i]! * d + j]! += x[i * d + j]!;
    }
    for (let c = 0; c < k; c++) {
      if (counts[c] === 0) continue;
      for (let j = c * d; j < (c + 1) * d; j++) centroids[j] = sums[j]! / counts[c]!;
    }
  }
  return centroids;
}

function assign(x: Float32Array, centroids: Float32Array, n: number, d: number, k: number): Uint32Array {
  const nearest = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0; c < k; c++) {
      let distance = 0;
      for (let j = 0; j < d; j++) {
        const off = x[i * d + j]! - centroids[c * d + j]!;
        distance += off * off;
      }
      if (distance < least) {
        least = distance;
        nearest[i] = c;
      }
    }
  }
  return nearest;
}
