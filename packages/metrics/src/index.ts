export { cosineNormalize, type NormalizeOptions, rowNorms } from './distances/normalize.js';
export { innerProduct, l2Squared } from './distances/pair.js';
export {
  type CompareOptions,
  type Comparison,
  compareResults,
  type Mismatch,
} from './evaluation/compare-results.js';
export { type LatencySummary, latencyPercentiles } from './evaluation/latency-percentiles.js';
export { type OperatingPoint, OperatingPoints } from './evaluation/operating-points.js';
export { type NumericKey, type ParetoGoals, paretoFront } from './evaluation/pareto-front.js';
export { type RecallOptions, recall1At1, recallAtK, recallAtRank } from './evaluation/recall.js';
export type { LabelTable, NeighbourTable } from './evaluation/tables.js';
export type { Tolerance } from './evaluation/tolerance.js';
export { type Interval, wilsonInterval } from './evaluation/wilson-interval.js';
export type { DistanceBlock, ExactMetric } from './exact/distance-block.js';
export { type ExactSearchOptions, exactSearch } from './exact/exact-search.js';
