import { randPerm } from '@lutra/backend-ts';
import { LutraError, type RowSource } from '@lutra/core';

/**
 * `count` rows of `source` drawn at random without repeats, in the order they have there; all of them if it has no more.
 * Reads the source once, in blocks; the same seed draws the same rows.
 * @returns a new array, `(min(count, n), d)` row-major
 * @throws LutraError `ARGUMENT` for a count below 1, what the source throws, `ABORTED`
 */
export async function sampleRows(
  source: RowSource,
  count: number,
  options: { seed?: number; signal?: AbortSignal } = {},
): Promise<Float32Array> {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new LutraError('ARGUMENT', `count: expected a whole number of at least 1, got ${String(count)}`, {
      argument: 'count',
      value: count,
    });
  }
  const [n, d] = source.shape;
  const chosen = randPerm(n, options.seed ?? 1234)
    .subarray(0, count)
    .sort();
  const sample = new Float32Array(chosen.length * d);
  let taken = 0;
  let first = 0;
  for await (const block of source.blocks({ signal: options.signal })) {
    const end = first + block.length / d;
    for (; taken < chosen.length && chosen[taken]! < end; taken++) {
      const start = (chosen[taken]! - first) * d;
      sample.set(block.subarray(start, start + d), taken * d);
    }
    if (taken === chosen.length) break;
    first = end;
  }
  return sample;
}
