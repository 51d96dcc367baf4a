import type { ConformanceReport } from './run-conformance.js';

/**
 * A report for people: the sum, what failed and how, what is not claimed and in how many cases.
 * @param options.limit - failures listed at most, 50 unless told; all are counted
 */
export function formatReport(report: ConformanceReport, options: { limit?: number } = {}): string {
  const { limit = 50 } = options;
  const { backend, passed, failed, notClaimed, outcomes } = report;
  const lines = [`backend ${backend}: ${passed} passed, ${failed} failed, ${notClaimed} not claimed`];
  const failures = outcomes.filter(({ status }) => status === 'failed');
  for (const { name, message } of failures.slice(0, limit)) lines.push(`  failed: ${name}`, `    ${message}`);
  if (failures.length > limit) lines.push(`  and ${failures.length - limit} more that failed`);
  const counts = new Map<string, number>();
  for (const { status, message } of outcomes) {
    if (status === 'not-claimed') counts.set(message!, (counts.get(message!) ?? 0) + 1);
  }
  for (const [message, count] of counts) lines.push(`  ${message}: ${count} cases not run`);
  return lines.join('\n');
}
