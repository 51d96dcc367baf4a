import { describe, expect, it } from 'vitest';
import { conformanceCases, formatReport, runConformance } from '../../src/index.js';
import { BACKEND_FAULTS } from './backends.js';
import { CHANGE_FAULTS } from './changing.js';
import { EDIT_FAULTS } from './editing.js';
import { type Fault, faulty, limited } from './faulty.js';
import { SEARCH_FAULTS } from './searching.js';

const FAULTS: readonly Fault[] = [...SEARCH_FAULTS, ...CHANGE_FAULTS, ...EDIT_FAULTS, ...BACKEND_FAULTS];
const SIZES = { n: 400, nq: 8 };

/** Names of the cases for `promise` that find something wrong with `fault`. */
async function catches(fault: Fault, promise: string): Promise<string[]> {
  const caught: string[] = [];
  for (const one of conformanceCases(faulty(fault), SIZES)) {
    if (one.notClaimed !== undefined || !one.name.includes(`: ${promise}`)) continue;
    if ((await one.run()) !== undefined) caught.push(one.name);
  }
  return caught;
}

describe('the kit', () => {
  it('finds nothing wrong with the backend that the faults are planted into', async () => {
    const report = await runConformance(limited([...new Set(FAULTS.flatMap(({ kinds }) => kinds))]), SIZES);
    expect(formatReport(report)).toMatch(/: \d+ passed, 0 failed/);
  });

  const pairs = FAULTS.flatMap((fault) =>
    fault.caughtBy.map((promise) => ({ fault, promise, name: fault.name })),
  );

  it.each(pairs)('catches that $name, by "$promise"', async ({ fault, promise }) => {
    expect(await catches(fault, promise)).not.toEqual([]);
  });

  it('knows no fault twice', () => {
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
    expect(FAULTS.length).toBeGreaterThan(50);
  });
});
