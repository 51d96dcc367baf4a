export { type ConformanceCase, conformanceCases } from './cases.js';
export { type ConformanceTests, conformance, type ExpectFunction, type TestFunction } from './conformance.js';
export { formatReport } from './format-report.js';
export type { ConformanceOptions } from './options.js';
export {
  type CaseOutcome,
  type ConformanceReport,
  type RunOptions,
  runConformance,
} from './run-conformance.js';
