/**
 * How two vectors are compared; faiss's MetricType. `l2` is the **squared** Euclidean distance.
 * Cosine is not a metric of its own: normalise (`L2norm`) and use `ip`.
 */
export type Metric =
  | 'ip'
  | 'l2'
  | 'l1'
  | 'linf'
  | 'lp'
  | 'canberra'
  | 'braycurtis'
  | 'jensenshannon'
  | 'jaccard'
  | 'nanEuclidean'
  | 'gower';

/** Every {@link Metric}, `ip` and `l2` first. */
export const METRICS: readonly Metric[] = [
  'ip',
  'l2',
  'l1',
  'linf',
  'lp',
  'canberra',
  'braycurtis',
  'jensenshannon',
  'jaccard',
  'nanEuclidean',
  'gower',
];

/** The largest finite float32: faiss's distance of a missing result when smaller is better. */
export const FLT_MAX = 3.4028234663852886e38;

/** The label of a missing result. */
export const MISSING_LABEL = -1;

/** Whether `x` names a {@link Metric}. */
export function isMetric(x: unknown): x is Metric {
  return METRICS.includes(x as Metric);
}

/** Whether larger values of `metric` mean closer (inner product, Jaccard); results then descend. */
export function isSimilarity(metric: Metric): boolean {
  return metric === 'ip' || metric === 'jaccard';
}

/** The distance that stands beside label -1: FLT_MAX, or -FLT_MAX for a similarity. */
export function missingDistance(metric: Metric): number {
  return isSimilarity(metric) ? -FLT_MAX : FLT_MAX;
}
