import {
  assertNotAborted,
  type SearchParameters,
  type SearchResult,
  type StoredParameters,
} from '@lutra/core';
import { missingResults, type PlainSearch } from './growing-search.js';
import type { Supervisor } from './supervisor.js';

/** Queries of one native call at most, and floats of them, and results. */
const MOST_QUERIES = 4096;
const MOST_FLOATS = 1 << 20;
const MOST_RESULTS = 1 << 20;

/** Searches by the native process, in calls of bounded size, between which the caller's signal is looked at. */
export function plainSearch(
  supervisor: Supervisor,
  given: { d: number; similarity: boolean; stored: StoredParameters; parameters: SearchParameters },
): PlainSearch {
  const { d, similarity, stored } = given;
  const { threads, signal } = given.parameters;
  const parameters = effective(stored, given.parameters);
  return async (x, nq, k) => {
    const step = Math.max(
      1,
      Math.min(MOST_QUERIES, Math.floor(MOST_FLOATS / d), Math.floor(MOST_RESULTS / k)),
    );
    let out: SearchResult | undefined;
    for (let q = 0; q < nq; q += step) {
      const rows = x.slice(q * d, Math.min(nq, q + step) * d);
      supervisor.leak(rows.byteLength);
      const found = await orAbort(
        supervisor.use(
          (process) => process.call<'search'>({ op: 'search', x: rows, k, similarity, parameters }),
          threads,
        ),
        signal,
      );
      if (nq <= step) return { ...found, nq, k };
      out ??= missingResults(nq, k, similarity);
      out.distances.set(found.distances, q * k);
      out.labels.set(found.labels, q * k);
    }
    return out ?? missingResults(0, k, similarity);
  };
}

/** The stored parameters under those of the call. */
function effective(stored: StoredParameters, call: StoredParameters): StoredParameters {
  const names = Object.keys(stored) as (keyof StoredParameters)[];
  return Object.fromEntries(
    names.map((name) => {
      const value = call[name] ?? stored[name]!;
      return [name, name === 'kFactor' ? Math.fround(value) : value];
    }),
  );
}

/** A native search cannot be stopped; its caller need not wait for it. */
async function orAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener('abort', stop);
  });
  try {
    const result = await Promise.race([work, aborted.then(() => undefined)]);
    assertNotAborted(signal);
    return result as T;
  } finally {
    signal.removeEventListener('abort', stop);
    work.catch(() => undefined);
  }
}
