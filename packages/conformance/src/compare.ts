import { isSimilarity, type Metric, missingDistance, type SearchResult } from '@lutra/core';
import { compareResults } from '@lutra/metrics';
import { fail, must } from './failure.js';

/**
 * Float32 sums in any order, of differences or of |q|² − 2qb + |b|², over the kit's rows: their squared norms are some
 * 100 a dimension of 16, of which 2^-22 is lost.
 */
const TOLERANCE = { relative: 1e-4, absolute: 2e-3 } as const;

/** Fails unless `found` has the distances of `truth`, rank by rank, and its labels but for ties. */
export function mustEqual(what: string, found: SearchResult, truth: SearchResult, factor = 1): void {
  const { relative, absolute } = TOLERANCE;
  const result = compareResults(found, truth, {
    relative: relative * factor,
    absolute: absolute * factor,
    limit: 1,
  });
  const [first] = result.mismatches;
  if (!first) return;
  const { query, rank, reason, foundLabel, wantedLabel, foundDistance, wantedDistance } = first;
  fail(
    `${what}: ${result.mismatchCount} of ${found.labels.length} results differ, the first by its ${reason} at query ` +
      `${query}, rank ${rank}: found label ${foundLabel} at ${foundDistance}, wanted ${wantedLabel} at ${wantedDistance}`,
  );
}

/** Fails unless `a` and `b` are the same to the last bit. */
export function mustBeSame(what: string, a: SearchResult, b: SearchResult): void {
  must(a.nq === b.nq && a.k === b.k, `${what}: (${a.nq}, ${a.k}) results, wanted (${b.nq}, ${b.k})`);
  for (const name of ['labels', 'distances'] as const) {
    const at = a[name].findIndex((x, i) => !Object.is(x, b[name][i]));
    if (at >= 0) fail(`${what}: ${name}[${at}] is ${a[name][at]}, wanted ${b[name][at]}`);
  }
}

export function copyOf({ nq, k, distances, labels }: SearchResult): SearchResult {
  return { nq, k, distances: distances.slice(), labels: labels.slice() };
}

/** The first `k` columns. */
export function columns(table: SearchResult, k: number): SearchResult {
  const { nq } = table;
  const distances = new Float32Array(nq * k);
  const labels = new Float64Array(nq * k);
  for (let q = 0; q < nq; q++) {
    distances.set(table.distances.subarray(q * table.k, q * table.k + k), q * k);
    labels.set(table.labels.subarray(q * table.k, q * table.k + k), q * k);
  }
  return { nq, k, distances, labels };
}

/** Fails unless `found` is a table of `nq` rows and `k` columns with arrays of the promised types. */
export function mustHaveShape(what: string, found: SearchResult, nq: number, k: number): void {
  must(typeof found === 'object' && found !== null, `${what}: gave ${String(found)}`);
  must(
    found.nq === nq && found.k === k,
    `${what}: says (${found.nq}, ${found.k}) results, wanted (${nq}, ${k})`,
  );
  must(found.distances instanceof Float32Array, `${what}: distances are no Float32Array`);
  must(found.labels instanceof Float64Array, `${what}: labels are no Float64Array`);
  must(
    found.distances.length === nq * k,
    `${what}: ${found.distances.length} distances, wanted ${nq} · ${k}`,
  );
  must(found.labels.length === nq * k, `${what}: ${found.labels.length} labels, wanted ${nq} · ${k}`);
}

/** Fails unless each row of `found` is in order, without doubles, with its missing results at the end. */
export function mustBeSound(what: string, found: SearchResult, metric: Metric): void {
  const sign = isSimilarity(metric) ? -1 : 1;
  const fill = missingDistance(metric);
  for (let q = 0; q < found.nq; q++) {
    const seen = new Set<number>();
    for (let rank = 0; rank < found.k; rank++) {
      const at = q * found.k + rank;
      const label = found.labels[at]!;
      const distance = found.distances[at]!;
      const where = `${what}: query ${q}, rank ${rank}`;
      if (label === -1) {
        must(distance === fill, `${where}: a missing result has distance ${distance}, wanted ${fill}`);
        continue;
      }
      must(Number.isSafeInteger(label) && label >= 0, `${where}: label ${label} is no whole number from 0`);
      must(!seen.has(label), `${where}: label ${label} a second time`);
      seen.add(label);
      must(
        Number.isFinite(distance) && Math.abs(distance) < 1e30,
        `${where}: label ${label} at distance ${distance}`,
      );
      if (rank === 0) continue;
      const before = found.distances[at - 1]!;
      must(found.labels[at - 1] !== -1, `${where}: label ${label} after a missing result`);
      must(
        sign * distance >= sign * before,
        `${where}: distance ${distance} after ${before}, best first is promised`,
      );
    }
  }
}

/** How many results are not missing. */
export function countFound(found: SearchResult): number {
  return found.labels.reduce((count, label) => count + (label === -1 ? 0 : 1), 0);
}
