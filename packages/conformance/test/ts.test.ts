import { ts } from '@lutra/backend-ts';
import type { Backend } from '@lutra/core';
import type { KernelLevel } from '@lutra/kernels';
import { expect, it } from 'vitest';
import { formatReport, runConformance } from '../src/index.js';
import { limited } from './faults/faulty.js';

const LEVELS: readonly KernelLevel[] = ['scalar', 'simd128', 'relaxed-simd'];
const reference = ts({ level: 'scalar' });

/** Without OPQ at the scalar level: one training of it there takes longer than all the rest. */
function backendOf(level: KernelLevel): Backend {
  const backend = ts({ level });
  if (level !== 'scalar') return backend;
  return limited(
    backend.supports.kinds.filter((kind) => kind !== 'Opq'),
    backend,
  );
}

it.each(LEVELS)(
  '@lutra/backend-ts on %s kernels does what it promises',
  async (level) => {
    const backend = backendOf(level);
    const probe = await backend.probe();
    if (level === 'relaxed-simd' && !probe.ok) {
      // not every runtime has it; the levels below it are looked into by themselves
      expect(probe.reason).toContain(level);
      return;
    }
    expect(probe.ok && probe.details?.level).toBe(level);
    const report = await runConformance(backend, {
      n: 400,
      nq: 8,
      ...(level !== 'scalar' && { reference }),
    });
    expect(formatReport(report)).toMatch(/: \d+ passed, 0 failed/);
    expect(report.passed).toBeGreaterThan(4000);
  },
  900_000,
);
