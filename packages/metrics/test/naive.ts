import { FLT_MAX, type SearchResult } from '@lutra/core';

/** Exact search as a plain float64 loop over all pairs and a sort: what `exactSearch` must equal. */
export function naiveSearch(
  base: Float32Array,
  queries: Float32Array,
  d: number,
  k: number,
  metric: 'l2' | 'ip',
): SearchResult {
  const n = base.length / d;
  const nq = queries.length / d;
  const sign = metric === 'ip' ? -1 : 1;
  const distances = new Float32Array(nq * k).fill(sign * FLT_MAX);
  const labels = new Float64Array(nq * k).fill(-1);
  for (let i = 0; i < nq; i++) {
    const row = Array.from({ length: n }, (_, label) => {
      let value = 0;
      for (let t = 0; t < d; t++) {
        const q = queries[i * d + t]!;
        const b = base[label * d + t]!;
        value += metric === 'ip' ? q * b : (q - b) ** 2;
      }
      return { label, value };
    })
      .filter(({ value }) => Math.fround(sign * value) < FLT_MAX)
      .sort((a, b) => sign * (a.value - b.value) || a.label - b.label)
      .slice(0, k);
    row.forEach(({ label, value }, j) => {
      distances[i * k + j] = value;
      labels[i * k + j] = label;
    });
  }
  return { distances, labels, nq, k };
}

/** Seeded uniform floats in [-1, 1) (mulberry32). */
export function randomFloats(length: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed | 0;
  return Float32Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}
