import { expect, it } from 'vitest';
import { countVitest, describeCounts } from '../vitest-counts.mjs';

const test = (status: string, fullName = status): object => ({ status, fullName });

it('counts tests by state and names the skipped ones', () => {
  const report = {
    testResults: [
      { status: 'failed', assertionResults: [test('passed'), test('failed'), test('passed')] },
      { status: 'passed', assertionResults: [test('pending', 'a b'), test('todo', 'c')] },
    ],
  };
  const counts = countVitest(report, 1);
  expect(counts).toEqual({ passed: 2, failed: 1, skipped: 2, skippedNames: ['a b', 'c'] });
  expect(describeCounts(counts)).toBe('2 passed, 1 failed, 2 skipped');
});

it('counts a file that did not load', () => {
  expect(countVitest({ testResults: [{ status: 'failed', assertionResults: [] }] }, 1).failed).toBe(1);
});

it('counts a run that failed outside of a test, or that wrote no report', () => {
  expect(
    countVitest({ testResults: [{ status: 'passed', assertionResults: [test('passed')] }] }, 1).failed,
  ).toBe(1);
  expect(countVitest(undefined, 1)).toEqual({ passed: 0, failed: 1, skipped: 0, skippedNames: [] });
});
