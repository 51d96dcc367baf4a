import { LutraError, type RowSource } from '@lutra/core';

/**
 * `count` rows of `source` drawn at random without repeats, in the order they have there; all of them if it has no more.
 * Reads the source once, in blocks; the same seed draws the same rows.
 * @returns a new array, `(min(count, n), d)` row-major
 * @throws LutraError `ARGUMENT` for a count below 1, what the source throws, `ABORTED`
 * @see Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S
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
  const wanted = Math.min(count, n);
  const sample = new Float32Array(wanted * d);
  const random = uniform(options.seed ?? 1234);
  let taken = 0;
  let row = 0;
  for await (const block of source.blocks({ signal: options.signal })) {
    for (let start = 0; start < block.length && taken < wanted; start += d, row++) {
      if (random() * (n - row) >= wanted - taken) continue;
      sample.set(block.subarray(start, start + d), taken * d);
      taken++;
    }
    if (taken === wanted) break;
  }
  return sample;
}

/** Numbers in [0, 1) from the 32-bit generator of Steele, Lea and Flood 2014 ("SplitMix"), two draws a number. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  return () => ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 0x20000000000000;
}
