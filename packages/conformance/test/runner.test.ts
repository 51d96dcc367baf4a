import type { Backend } from '@lutra/core';
import { isLutraError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { conformance, conformanceCases, formatReport, runConformance } from '../src/index.js';
import { FLAT, faulty, IDS, limited } from './faults/faulty.js';

const SIZES = { n: 400, nq: 8 };

/** A runner that only takes notes. */
function notes(): {
  test: Parameters<typeof conformance>[0]['test'];
  tests: [string, () => Promise<void>][];
  skipped: string[];
} {
  const tests: [string, () => Promise<void>][] = [];
  const skipped: string[] = [];
  const test = Object.assign((name: string, run: () => Promise<void>) => tests.push([name, run]), {
    skip: (name: string) => skipped.push(name),
  });
  return { test, tests, skipped };
}

const unsaved = (): Backend => {
  const backend = limited(FLAT);
  return { ...backend, supports: { ...backend.supports, save: false } };
};

describe('conformance', () => {
  it('declares a test for each case, and skips by name and reason what is not claimed', () => {
    const { test, tests, skipped } = notes();
    conformance({ backend: unsaved(), test, ...SIZES });
    const cases = conformanceCases(unsaved(), SIZES);
    expect(tests.length + skipped.length).toBe(cases.length);
    expect(skipped).toContain('Flat, l2: what was loaded saves the same bytes (save is not claimed)');
    expect(tests.map(([name]) => name)).toContain('Flat, l2: save is not claimed: UNSUPPORTED');
  });

  it('throws what is wrong where the runner has no expect, and tells an expect where it has one', async () => {
    const backend = faulty({ name: 'x', kinds: FLAT, caughtBy: [], index: () => ({ reset: () => {} }) });
    const plain = notes();
    conformance({ backend, test: plain.test, ...SIZES });
    const [, run] = plain.tests.find(([name]) => name.startsWith('Flat, l2: reset forgets'))!;
    const e = await run().catch((x: unknown) => x);
    expect(isLutraError(e, 'BACKEND') && e.message).toBe('ntotal 400, isTrained true');
    const told: unknown[] = [];
    const counted = notes();
    const toBe = (wanted: unknown): number => told.push(wanted);
    conformance({
      backend,
      test: counted.test,
      expect: (found) => ({ toBe: (w) => toBe([found, w]) }),
      ...SIZES,
    });
    await counted.tests.find(([name]) => name.startsWith('Flat, l2: reset forgets'))![1]();
    expect(told).toEqual([['ntotal 400, isTrained true', 'as promised']]);
  });
});

describe('runConformance', () => {
  it('reports each case, and sums up for people', async () => {
    const backend = limited(IDS);
    const seen: string[] = [];
    const report = await runConformance(backend, { ...SIZES, onOutcome: ({ name }) => seen.push(name) });
    expect(report).toMatchObject({ backend: 'ts', ok: true, failed: 0, notClaimed: 3 });
    expect(seen).toEqual(report.outcomes.map(({ name }) => name));
    const text = formatReport(report);
    expect(text).toContain(`backend ts: ${report.passed} passed, 0 failed, 3 not claimed`);
    expect(text).toContain('metric lp is not looked into by the kit');
  });

  it('names what failed and what is not claimed', async () => {
    const report = await runConformance(unsaved(), SIZES);
    expect(report.ok).toBe(false);
    const text = formatReport(report, { limit: 1 });
    expect(text).toContain(
      'failed: Flat, l2: save is not claimed: UNSUPPORTED\n    toData: nothing was thrown',
    );
    expect(text).toMatch(/save is not claimed: \d+ cases not run/);
  });

  it('gives up on a call that never comes back', async () => {
    const index = { removeIds: (): Promise<number> => new Promise(() => {}) };
    const backend = faulty({ name: 'x', kinds: FLAT, caughtBy: [], index: () => index });
    const report = await runConformance(backend, { ...SIZES, timeoutMs: 3000 });
    const failures = report.outcomes.filter(({ status }) => status === 'failed');
    expect(failures[0]?.message).toBe('no answer within 3000 ms');
    expect(failures[1]?.message).toMatch(/^not run: 'Flat, l2: removeIds by range/);
  });

  it('checks strings of the caller, and refuses sizes that say nothing', async () => {
    const cases = conformanceCases(limited(['Flat', 'Ivf']), { ...SIZES, factories: ['IVF5,Flat'] });
    expect(cases.some(({ group }) => group === 'IVF5,Flat, ip')).toBe(true);
    for (const [name, value] of [
      ['n', 399],
      ['nq', 1],
      ['d', 24],
      ['seed', -1],
    ] as const) {
      const e = await runConformance(limited(FLAT), { [name]: value }).catch((x: unknown) => x);
      expect(isLutraError(e, 'ARGUMENT') && e.details.argument).toBe(name);
    }
  });
});
