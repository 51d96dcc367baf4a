import { ts } from '@lutra/backend-ts';
import type { KernelLevel } from '@lutra/kernels';
import { expect, it } from 'vitest';
import { formatReport, runConformance } from '../src/index.js';

const LEVELS: readonly KernelLevel[] = ['scalar', 'simd128', 'relaxed-simd'];
const reference = ts({ level: 'scalar' });

it.each(LEVELS)(
  '@lutra/backend-ts on %s kernels does what it promises',
  async (level) => {
    const backend = ts({ level });
    const probe = await backend.probe();
    if (level === 'relaxed-simd' && probe.ok && probe.details?.level !== level) {
      // not every runtime has it; the level below it is looked into by itself
      expect(probe.details?.level).toBe('simd128');
      return;
    }
    expect(probe.ok && probe.details?.level).toBe(level);
    const report = await runConformance(backend, { n: 400, nq: 8, ...(level !== 'scalar' && { reference }) });
    expect(formatReport(report)).toMatch(/: \d+ passed, 0 failed/);
    expect(report.passed).toBeGreaterThan(4000);
  },
  900_000,
);
