import { ts } from '@lutra/backend-ts';
import type { Backend } from '@lutra/core';
import type { KernelLevel } from '@lutra/kernels';
import { expect } from 'vitest';
import { formatReport, runConformance } from '../src/index.js';

/** The engine at the level that others are compared with. */
export const reference: Backend = ts({ level: 'scalar' });

/** Runs the kit over `backend`, the engine on kernels of `level`, at the smallest sizes; nothing may fail. */
export async function keepsPromises(backend: Backend, level: KernelLevel): Promise<void> {
  const probe = await backend.probe();
  expect(probe.ok && probe.details?.level).toBe(level);
  const other = level === 'scalar' ? {} : { reference };
  const report = await runConformance(backend, { n: 400, nq: 8, ...other });
  expect(formatReport(report)).toMatch(/: \d+ passed, 0 failed/);
  expect(report.passed).toBeGreaterThan(4000);
}
