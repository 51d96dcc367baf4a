import { isSimilarity, LutraError, type Metric, type SearchResult } from '@lutra/core';
import { innerProduct, l2Squared } from '@lutra/metrics';

type Distance = (a: Float32Array, b: Float32Array) => number;

/** Float64 definitions of the metrics that take no argument. @see faiss/utils/extra_distances-inl.h */
const DISTANCES: Partial<Record<Metric, Distance>> = {
  l2: l2Squared,
  ip: innerProduct,
  l1: (a, b) => sum(a, (x, j) => Math.abs(x - b[j]!)),
  linf: (a, b) => a.reduce((most, x, j) => Math.max(most, Math.abs(x - b[j]!)), 0),
  canberra: (a, b) => sum(a, (x, j) => share(Math.abs(x - b[j]!), Math.abs(x) + Math.abs(b[j]!))),
  braycurtis: (a, b) => sum(a, (x, j) => Math.abs(x - b[j]!)) / sum(a, (x, j) => Math.abs(x + b[j]!)),
  jensenshannon: (a, b) => 0.5 * sum(a, (x, j) => toMiddle(x, b[j]!) + toMiddle(b[j]!, x)),
  jaccard: (a, b) => sum(a, (x, j) => Math.min(x, b[j]!)) / sum(a, (x, j) => Math.max(x, b[j]!)),
};

/** The metrics that the kit can check: those that {@link distanceBy} knows. */
export const CHECKED_METRICS: readonly Metric[] = Object.keys(DISTANCES) as Metric[];

/** The distance by `metric` in float64. @throws LutraError `UNSUPPORTED` for a metric that needs an argument */
export function distanceBy(metric: Metric): Distance {
  const distance = DISTANCES[metric];
  if (distance) return distance;
  const feature = `metric ${metric}`;
  throw new LutraError('UNSUPPORTED', `conformance: ${feature} is not checked`, {
    feature,
    by: 'conformance',
  });
}

function sum(a: Float32Array, term: (x: number, j: number) => number): number {
  let total = 0;
  for (let j = 0; j < a.length; j++) total += term(a[j]!, j);
  return total;
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

const toMiddle = (x: number, y: number): number => (x === 0 ? 0 : x * Math.log(x / ((x + y) / 2)));

/** The whole ranking of the base for each query, `(nq, n)`, by a plain float64 loop; ties by smaller label. */
export async function groundTruth(
  base: Float32Array,
  queries: Float32Array,
  d: number,
  metric: Metric,
): Promise<SearchResult> {
  const n = base.length / d;
  const nq = queries.length / d;
  const distance = distanceBy(metric);
  const sign = isSimilarity(metric) ? -1 : 1;
  const out = { nq, k: n, distances: new Float32Array(nq * n), labels: new Float64Array(nq * n) };
  for (let q = 0; q < nq; q++) {
    const query = queries.subarray(q * d, (q + 1) * d);
    const row = Float64Array.from({ length: n }, (_, i) =>
      distance(query, base.subarray(i * d, (i + 1) * d)),
    );
    const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => sign * (row[a]! - row[b]!) || a - b);
    order.forEach((label, rank) => {
      out.labels[q * n + rank] = label;
      out.distances[q * n + rank] = row[label]!;
    });
  }
  return out;
}

/** `truth` without what `keep` refuses, its first `k` columns; -1 where fewer are left. */
export function onlyThose(truth: SearchResult, k: number, keep: (label: number) => boolean): SearchResult {
  const { nq } = truth;
  const distances = new Float32Array(nq * k);
  const labels = new Float64Array(nq * k).fill(-1);
  for (let q = 0; q < nq; q++) {
    let to = q * k;
    for (let i = q * truth.k; i < (q + 1) * truth.k && to < (q + 1) * k; i++) {
      if (truth.labels[i]! < 0 || !keep(truth.labels[i]!)) continue;
      labels[to] = truth.labels[i]!;
      distances[to++] = truth.distances[i]!;
    }
  }
  return { nq, k, distances, labels };
}
