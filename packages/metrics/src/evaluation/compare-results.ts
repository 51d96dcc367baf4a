import { assertInteger } from '../checks.js';
import { assertColumns, assertComparable, assertDistances, type NeighbourTable } from './tables.js';
import { type Tolerance, toleranceWidth, type Width } from './tolerance.js';

/** What {@link compareResults} may be told. */
export interface CompareOptions extends Tolerance {
  /** Mismatches listed at most, 10 unless told; all are counted. */
  limit?: number;
}

/** What {@link compareResults} found. */
export interface Comparison {
  readonly ok: boolean;
  /** The first mismatches, by query and rank. */
  readonly mismatches: readonly Mismatch[];
  /** How many mismatches there are. */
  readonly mismatchCount: number;
  /** Results whose label differs from the true one of the same rank, rightly: the two are equally near. */
  readonly ties: number;
}

/**
 * One result that is not as it should be.
 * - `distance`: not the true distance of this rank
 * - `label`: another label, and not one that is as near
 * - `duplicate`: a label that this query has had before
 * - `missing`: -1 on one side only
 */
export interface Mismatch {
  readonly query: number;
  /** From 0. */
  readonly rank: number;
  readonly reason: 'distance' | 'label' | 'duplicate' | 'missing';
  readonly foundLabel: number;
  readonly wantedLabel: number;
  readonly foundDistance: number;
  readonly wantedDistance: number;
}

/**
 * Whether `found` is as right as `truth`: at every rank the same distance within the tolerance, and the same label or
 * that of a vector equally near.
 *
 * Equally near is a label that truth lists within the tolerance of this rank's distance, or, since truth may have cut
 * a group of equals short, any label at all where this rank's distance is that of truth's last column. Distances beside
 * label -1 are not looked at.
 * @param found - `(nq, k)`
 * @param truth - `(nq, k)` or wider; the further columns help to judge ties at rank k
 * @throws LutraError `SHAPE` for tables of different nq or a narrower truth, `ARGUMENT` for no queries or no distances
 */
export function compareResults(
  found: NeighbourTable,
  truth: NeighbourTable,
  options: CompareOptions = {},
): Comparison {
  const where = 'compareResults';
  const { limit = 10 } = options;
  assertComparable(where, found, truth);
  assertColumns(where, 'truth', truth, found.k);
  assertDistances(where, 'found', found);
  assertDistances(where, 'truth', truth);
  assertInteger(where, 'limit', limit, 0);
  const width = toleranceWidth(where, options);
  const mismatches: Mismatch[] = [];
  let mismatchCount = 0;
  let ties = 0;
  for (let query = 0; query < found.nq; query++) {
    const judge = judgeOf(found, truth, query, width);
    for (let rank = 0; rank < found.k; rank++) {
      const verdict = judge(rank);
      if (verdict === 'tie') ties++;
      else if (verdict !== 'same' && mismatchCount++ < limit) {
        mismatches.push(mismatchAt(found, truth, query, rank, verdict));
      }
    }
  }
  return { ok: mismatchCount === 0, mismatches, mismatchCount, ties };
}

/** Judges the results of one query; to be asked rank by rank. */
function judgeOf(
  found: NeighbourTable,
  truth: NeighbourTable,
  query: number,
  width: Width,
): (rank: number) => Mismatch['reason'] | 'same' | 'tie' {
  const f = query * found.k;
  const t = query * truth.k;
  const last = t + truth.k - 1;
  const distanceOf = new Map<number, number>();
  for (let at = t; at <= last; at++) distanceOf.set(truth.labels[at]!, truth.distances[at]!);
  const seen = new Set<number>();
  return (rank) => {
    const label = found.labels[f + rank]!;
    const wanted = truth.labels[t + rank]!;
    if (label === -1 || wanted === -1) return label === wanted ? 'same' : 'missing';
    if (seen.has(label)) return 'duplicate';
    seen.add(label);
    const distance = truth.distances[t + rank]!;
    if (!near(found.distances[f + rank]!, distance, width)) return 'distance';
    if (label === wanted) return 'same';
    const beyond = truth.labels[last] === -1 ? undefined : truth.distances[last];
    const own = distanceOf.get(label) ?? beyond;
    return own !== undefined && near(own, distance, width) ? 'tie' : 'label';
  };
}

function near(value: number, distance: number, width: Width): boolean {
  return value === distance || Math.abs(value - distance) <= width(distance);
}

function mismatchAt(
  found: NeighbourTable,
  truth: NeighbourTable,
  query: number,
  rank: number,
  reason: Mismatch['reason'],
): Mismatch {
  const f = query * found.k + rank;
  const t = query * truth.k + rank;
  return {
    query,
    rank,
    reason,
    foundLabel: found.labels[f]!,
    wantedLabel: truth.labels[t]!,
    foundDistance: found.distances[f]!,
    wantedDistance: truth.distances[t]!,
  };
}
