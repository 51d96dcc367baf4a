import { ts } from '@lutra/backend-ts';
import { expect, it } from 'vitest';
import { formatReport, runConformance } from '../src/index.js';
import { limited } from './faults/faulty.js';

/** The kit where there is no Node: on every kind of store, over fewer strings than in Node. */
export function webCases(): void {
  it('@lutra/backend-ts does what it promises', async () => {
    const backend = limited(['Flat', 'Ivf', 'PqFastScan', 'RefineFlat', 'IdMap'], ts());
    const report = await runConformance(backend, { n: 400, nq: 8 });
    expect(formatReport(report)).toMatch(/: \d+ passed, 0 failed/);
    expect(report.passed).toBeGreaterThan(1000);
  });
}
