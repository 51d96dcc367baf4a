import { formatReport, runConformance } from '@lutra/conformance';
import { expect, it } from 'vitest';
import { NativeProcess } from '../src/node/native-process.js';
import { backend } from './backend.js';

it('@lutra/backend-faiss does what it promises', async () => {
  const report = await runConformance(backend, { n: 400, nq: 8 });
  expect(formatReport(report)).toMatch(/: \d+ passed, 0 failed/);
  expect(report.passed).toBeGreaterThan(3000);
  NativeProcess.endIdle();
}, 900_000);
