import { LutraError, missingDistance, type RangeSearchResult, type SearchResult } from '@lutra/core';

/** How much wider each round of a search that grows is. */
const GROWTH = 4;
const RANGE_FIRST = 64;

/** The k best of each query of x, `(nq, d)`, nearest first, under the caller's labels. */
export type PlainSearch = (x: Float32Array, nq: number, k: number) => Promise<SearchResult>;

/** One query's answers of a round, nearest first, without padding. */
interface Round {
  readonly distances: Float32Array;
  readonly labels: Float64Array;
}

/**
 * Asks for ever more neighbours of each query until `take` is content or the index has no more to give: so a search that
 * knows no filter or radius finds all that one with them would.
 * @param take - gets the answers of query `q` from the nearest on; whether they suffice
 */
async function searchGrowing(
  search: PlainSearch,
  queries: { x: Float32Array; nq: number; d: number; first: number; most: number },
  take: (q: number, round: Round) => boolean,
): Promise<void> {
  const { x, d, most } = queries;
  let open = Array.from({ length: queries.nq }, (_, q) => q);
  for (let k = Math.min(queries.first, most); open.length > 0 && k > 0; k = Math.min(k * GROWTH, most)) {
    const rows = new Float32Array(open.length * d);
    open.forEach((q, i) => {
      rows.set(x.subarray(q * d, (q + 1) * d), i * d);
    });
    const found = await search(rows, open.length, k);
    open = open.filter((q, i) => {
      const labels = found.labels.subarray(i * k, (i + 1) * k);
      const end = labels.indexOf(-1);
      const count = end < 0 ? k : end;
      const distances = found.distances.subarray(i * k, i * k + count);
      const content = take(q, { distances, labels: labels.subarray(0, count) });
      return !content && end < 0 && k < most;
    });
  }
}

/**
 * The k best of each query among the ids that `test` lets through.
 * @param matching - how many ids `test` lets through at all
 */
export async function searchFiltered(
  search: PlainSearch,
  x: Float32Array,
  out: SearchResult,
  given: { d: number; ntotal: number; matching: number; test: (id: number) => boolean },
): Promise<void> {
  const { d, ntotal, matching, test } = given;
  const { nq, k } = out;
  const wanted = Math.min(k, matching);
  if (wanted === 0) return;
  // as many as hold `wanted` matches if these lie anywhere
  const first = Math.ceil((wanted * ntotal) / matching);
  await searchGrowing(search, { x, nq, d, first, most: ntotal }, (q, { distances, labels }) => {
    let at = 0;
    for (let i = 0; i < labels.length && at < wanted; i++) {
      if (!test(labels[i]!)) continue;
      out.labels[q * k + at] = labels[i]!;
      out.distances[q * k + at++] = distances[i]!;
    }
    return at === wanted;
  });
}

/** All that is nearer than `radius`, and passes `test` if there is one. */
export async function searchRange(
  search: PlainSearch,
  x: Float32Array,
  radius: number,
  given: { d: number; ntotal: number; similarity: boolean; test: ((id: number) => boolean) | undefined },
): Promise<RangeSearchResult> {
  const { d, ntotal, similarity, test } = given;
  const nq = x.length / d;
  const hits = Array.from({ length: nq }, () => ({ distances: [] as number[], labels: [] as number[] }));
  const inside = (v: number): boolean => (similarity ? v > radius : v < radius);
  const queries = { x, nq, d, first: RANGE_FIRST, most: ntotal };
  await searchGrowing(search, queries, (q, { distances, labels }) => {
    const hit = { distances: [] as number[], labels: [] as number[] };
    let i = 0;
    for (; i < labels.length && inside(distances[i]!); i++) {
      if (test && !test(labels[i]!)) continue;
      hit.distances.push(distances[i]!);
      hit.labels.push(labels[i]!);
    }
    hits[q] = hit;
    return i < labels.length;
  });
  const lims = new Float64Array(nq + 1);
  hits.forEach((hit, q) => {
    lims[q + 1] = lims[q]! + hit.labels.length;
  });
  return {
    lims,
    distances: Float32Array.from(hits.flatMap((hit) => hit.distances)),
    labels: Float64Array.from(hits.flatMap((hit) => hit.labels)),
  };
}

/**
 * A table of `nq · k` missing results.
 * @throws LutraError `CAPACITY`
 */
export function missingResults(nq: number, k: number, similarity: boolean): SearchResult {
  try {
    return {
      distances: new Float32Array(nq * k).fill(missingDistance(similarity ? 'ip' : 'l2')),
      labels: new Float64Array(nq * k).fill(-1),
      nq,
      k,
    };
  } catch (cause) {
    const message = `search: no memory for ${nq} · ${k} results`;
    throw new LutraError('CAPACITY', message, { wanted: nq * k * 12, what: 'results' }, { cause });
  }
}
