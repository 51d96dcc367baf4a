import {
  assertNotAborted,
  LutraError,
  MISSING_LABEL,
  missingDistance,
  type RangeSearchResult,
  type SearchResult,
} from '@lutra/core';
import type { Found, LanceTable, TableSearch } from './lance-table.js';

/** Queries that LanceDB gets at a time; its own threads share them out. */
const AT_A_TIME = 32;

interface Options extends TableSearch {
  readonly signal: AbortSignal | undefined;
}

/** `trunc(k · kFactor)` in float32, as faiss computes it. */
export function candidates(k: number, kFactor: number): number {
  return Math.max(k, Math.trunc(Math.fround(k * Math.fround(kFactor))));
}

// #region search-all
/** The k nearest of each query as the contract wants them: fresh arrays, missing results at the end. */
export async function searchAll(
  table: LanceTable,
  x: Float32Array,
  k: number,
  options: Options,
): Promise<SearchResult> {
  const nq = x.length / table.d;
  const { distances, labels } = emptyTable(nq, k);
  distances.fill(missingDistance(table.metric));
  labels.fill(MISSING_LABEL);
  for await (const { query, found } of eachQuery(table, x, options)) {
    const n = Math.min(k, found.ids.length);
    labels.set(found.ids.subarray(0, n), query * k);
    distances.set(found.distances.subarray(0, n), query * k);
  }
  return { distances, labels, nq, k };
}
// #endregion

function emptyTable(nq: number, k: number): { distances: Float32Array; labels: Float64Array } {
  try {
    return { distances: new Float32Array(nq * k), labels: new Float64Array(nq * k) };
  } catch (cause) {
    const details = { wanted: nq * k, what: 'results' };
    throw new LutraError('CAPACITY', `search: no memory for ${nq} · ${k} results`, details, { cause });
  }
}

/** All vectors within `radius` of each query. */
export async function searchRange(
  table: LanceTable,
  x: Float32Array,
  radius: number,
  options: Options,
): Promise<RangeSearchResult> {
  const inside = (v: number): boolean => (table.metric === 'l2' ? v < radius : v > radius);
  const rows: Found[] = [];
  // a bit wider than asked: LanceDB's distances of inner products are rounded once more
  const below = table.metric === 'l2' ? radius : 1 - radius + 1e-5 * (1 + Math.abs(radius));
  for await (const { query, found } of eachQuery(table, x, { ...options, below })) {
    const kept = Array.from(found.ids.keys()).filter((i) => inside(found.distances[i]!));
    rows[query] = {
      ids: Float64Array.from(kept, (i) => found.ids[i]!),
      distances: Float32Array.from(kept, (i) => found.distances[i]!),
    };
  }
  const lims = Float64Array.from({ length: x.length / table.d + 1 }, () => 0);
  rows.forEach((row, query) => {
    lims[query + 1] = lims[query]! + row.ids.length;
  });
  const [labels, distances] = [new Float64Array(lims.at(-1)!), new Float32Array(lims.at(-1)!)];
  rows.forEach((row, query) => {
    labels.set(row.ids, lims[query]!);
    distances.set(row.distances, lims[query]!);
  });
  return { lims, labels, distances };
}

/** What LanceDB finds for each query, with distances as the contract has them. */
async function* eachQuery(
  table: LanceTable,
  x: Float32Array,
  { signal, ...search }: Options,
): AsyncGenerator<{ query: number; found: Found }> {
  const { d, metric } = table;
  const nq = x.length / d;
  assertNotAborted(signal);
  for (let first = 0; first < nq; first += AT_A_TIME) {
    const queries = Array.from({ length: Math.min(AT_A_TIME, nq - first) }, (_, i) => first + i);
    const answers = await Promise.all(
      queries.map((query) =>
        search.limit === 0 ? NOTHING : table.search(x.slice(query * d, (query + 1) * d), search),
      ),
    );
    assertNotAborted(signal);
    for (const [i, found] of answers.entries()) {
      const { ids, distances } = found;
      yield {
        query: first + i,
        found: metric === 'l2' ? found : { ids, distances: distances.map((v) => 1 - v) },
      };
    }
  }
}

const NOTHING: Found = { ids: new Float64Array(0), distances: new Float32Array(0) };
