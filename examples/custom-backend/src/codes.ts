import type { Metric } from '@lutra/core';
import type { Model } from './model.js';

/** The partition of a vector: the nearest centroid, or the one with the largest inner product. */
export function partitionOf(x: Float32Array, { centroids, d }: Model, metric: Metric): number {
  let [best, bestValue] = [0, Number.POSITIVE_INFINITY];
  for (let at = 0, list = 0; at < centroids.length; at += d, list++) {
    let value = 0;
    if (metric === 'l2') for (let j = 0; j < d; j++) value += (x[j]! - centroids[at + j]!) ** 2;
    else for (let j = 0; j < d; j++) value -= x[j]! * centroids[at + j]!;
    if (value < bestValue) [best, bestValue] = [list, value];
  }
  return best;
}

/** The code of what is left of a vector after its centroid: for each of M parts the nearest of 256 codewords. */
export function encode(
  x: Float32Array,
  list: number,
  { d, centroids, codebook }: Model,
  M: number,
): Uint8Array {
  const rest = x.map((v, j) => v - centroids[list * d + j]!);
  return Uint8Array.from({ length: M }, (_, m) => nearestWord(rest, m, codebook!, d / M));
}

function nearestWord(x: Float32Array, m: number, codebook: Float32Array, dsub: number): number {
  let [best, bestValue] = [0, Number.POSITIVE_INFINITY];
  for (let word = 0; word < 256; word++) {
    const at = (m * 256 + word) * dsub;
    let value = 0;
    for (let j = 0; j < dsub; j++) value += (x[m * dsub + j]! - codebook[at + j]!) ** 2;
    if (value < bestValue) [best, bestValue] = [word, value];
  }
  return best;
}

/** A vector as its code remembers it. */
export function decode(code: Uint8Array, list: number, { d, codebook, centroids }: Model): Float32Array {
  const dsub = d / code.length;
  return Float32Array.from({ length: d }, (_, j) => {
    const m = Math.floor(j / dsub);
    return codebook![(m * 256 + code[m]!) * dsub + (j % dsub)]! + centroids[list * d + j]!;
  });
}
