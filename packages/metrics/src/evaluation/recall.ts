import { isSimilarity, type Metric } from '@lutra/core';
import { assertInteger } from '../checks.js';
import {
  assertColumns,
  assertComparable,
  assertDistances,
  type LabelTable,
  type NeighbourTable,
} from './tables.js';
import { type Tolerance, toleranceWidth } from './tolerance.js';

/** What {@link recallAtK} may be told. */
export interface RecallOptions {
  /** Columns of both tables that count; all of `found` unless told. */
  k?: number;
  /**
   * Count a result also when it is as near as the true k-th one within this tolerance: among equally near vectors any
   * is right. Needs distances in both tables, and exact ones in `found` (a compressed index's own are estimates).
   */
  ties?: Tolerance;
  /** Says with `ties` which way is nearer; `l2` unless told. */
  metric?: Metric;
}

/**
 * Recall@k, the intersection measure: the part of the true k nearest that was found, `|found ∩ truth| / (nq · k)`.
 *
 * A label counts once a query, -1 never. The divisor is always nq · k, so a base of fewer than k vectors cannot reach 1.
 * @param found - `(nq, k)`
 * @param truth - `(nq, k)` or wider; only its first k columns count
 * @returns 0 to 1
 * @throws LutraError `SHAPE` for tables of different nq or fewer than k columns, `ARGUMENT` for no queries or, with
 *   `ties`, no distances
 */
export function recallAtK(
  found: LabelTable & Partial<NeighbourTable>,
  truth: LabelTable & Partial<NeighbourTable>,
  options: RecallOptions = {},
): number {
  return hitsAtK(found, truth, options) / (found.nq * (options.k ?? found.k));
}

function hitsAtK(
  found: LabelTable & Partial<NeighbourTable>,
  truth: LabelTable & Partial<NeighbourTable>,
  options: RecallOptions,
): number {
  const where = 'recallAtK';
  assertComparable(where, found, truth);
  const k = options.k ?? found.k;
  assertInteger(where, 'k', k, 1);
  assertColumns(where, 'found', found, k);
  assertColumns(where, 'truth', truth, k);
  const tied = options.ties && tieTest(where, found, truth, k, options.ties, options.metric ?? 'l2');
  let hits = 0;
  for (let query = 0; query < found.nq; query++) {
    const wanted = new Set<number>();
    for (let j = 0; j < k; j++) wanted.add(truth.labels[query * truth.k + j]!);
    const counted = new Set<number>([-1]);
    for (let j = 0; j < k; j++) {
      const label = found.labels[query * found.k + j]!;
      if (counted.has(label)) continue;
      counted.add(label);
      if (wanted.has(label) || tied?.(query, j)) hits++;
    }
  }
  return hits;
}

/** Whether result `j` of a query is as near as the true k-th, which must not be missing. */
function tieTest(
  where: string,
  found: LabelTable & Partial<NeighbourTable>,
  truth: LabelTable & Partial<NeighbourTable>,
  k: number,
  ties: Tolerance,
  metric: Metric,
): (query: number, j: number) => boolean {
  assertDistances(where, 'found', found);
  assertDistances(where, 'truth', truth);
  const width = toleranceWidth(where, ties);
  const sign = isSimilarity(metric) ? -1 : 1;
  return (query, j) => {
    const last = query * truth.k + k - 1;
    if (truth.labels[last] === -1) return false;
    const kth = truth.distances[last]!;
    return sign * found.distances[query * found.k + j]! <= sign * kth + width(kth);
  };
}

/**
 * R-recall@1, what the quantization papers plot as "recall@R": the part of the queries whose true nearest neighbour is
 * among the first `rank` results.
 * @param found - `(nq, k)` with k >= `rank`
 * @param truth - `(nq, any)`; only its first column counts. A query without one (-1) counts as not found
 * @returns 0 to 1
 * @throws LutraError `SHAPE` for tables of different nq or fewer than `rank` columns in `found`, `ARGUMENT`
 * @see Jégou et al. 2011, "Product quantization for nearest neighbor search", §V
 */
export function recallAtRank(found: LabelTable, truth: LabelTable, rank: number): number {
  const where = 'recallAtRank';
  assertComparable(where, found, truth);
  assertInteger(where, 'rank', rank, 1);
  assertColumns(where, 'found', found, rank);
  let hits = 0;
  for (let query = 0; query < found.nq; query++) {
    const wanted = truth.labels[query * truth.k]!;
    if (wanted === -1) continue;
    for (let j = 0; j < rank; j++) {
      if (found.labels[query * found.k + j] !== wanted) continue;
      hits++;
      break;
    }
  }
  return hits / found.nq;
}

/** 1-recall@1: {@link recallAtRank} with rank 1, the part of the queries whose first result is the true nearest. */
export function recall1At1(found: LabelTable, truth: LabelTable): number {
  return recallAtRank(found, truth, 1);
}
