import { assertNotAborted, type SearchParameters, type VectorIndex } from '@lutra/core';

const MOST_CALLS = 1000;

/** Milliseconds of calls with one query each, over up to 1000 of the queries, `(nq, d)`. */
export async function latenciesOf(
  index: VectorIndex,
  queries: Float32Array,
  k: number,
  parameters: SearchParameters,
  signal: AbortSignal,
): Promise<number[]> {
  const { d } = index;
  const calls = Math.min(queries.length / d, MOST_CALLS);
  const ms: number[] = [];
  for (let i = 0; i < calls; i++) {
    assertNotAborted(signal);
    const x = queries.subarray(i * d, (i + 1) * d);
    const start = performance.now();
    if (index.searchSync) index.searchSync(x, k, parameters);
    else await index.search(x, k, parameters);
    ms.push(performance.now() - start);
  }
  return ms;
}
