import type { SearchResult } from '@lutra/core';
import type { LabelTable, NeighbourTable } from '@lutra/metrics';

/** Which labels are right answers, query by query. */
export interface RightAnswers {
  readonly k: number;
  /** All labels as near as the k-th true neighbour: k of them, more where distances tie. */
  readonly accepted: readonly ReadonlySet<number>[];
  /** Neighbours that there are to find, k unless the base is smaller. */
  readonly wanted: Int32Array;
}

const TIE = 1e-6;

/**
 * The right answers of each query.
 * @param truth - true neighbours, nearest first, `(nq, at least k)`, one column more where `own` is given; with distances
 *   and some more columns, vectors as near as the k-th count as well
 * @param own - the label of the row that a query is itself, which is no neighbour of it
 */
export function rightAnswers(
  truth: LabelTable & Partial<NeighbourTable>,
  k: number,
  own?: ArrayLike<number>,
): RightAnswers {
  const { nq, labels, distances, k: width } = truth;
  const accepted: Set<number>[] = [];
  const wanted = new Int32Array(nq);
  for (let i = 0; i < nq; i++) {
    const right = new Set<number>();
    let last = Number.NaN;
    for (let j = i * width; j < (i + 1) * width; j++) {
      const label = labels[j]!;
      if (label < 0) break;
      if (label === own?.[i]) continue;
      if (right.size >= k && !(distances && Math.abs(distances[j]! - last) <= TIE * Math.abs(last))) break;
      right.add(label);
      if (right.size === k) last = distances?.[j] ?? Number.NaN;
    }
    accepted.push(right);
    wanted[i] = Math.min(k, right.size);
  }
  return { k, accepted, wanted };
}

/**
 * The recall of each query `[start, start + found.nq)`: right answers among its first k results, its own row left out.
 * A query without neighbours counts as answered.
 */
export function queryRecalls(
  found: SearchResult,
  answers: RightAnswers,
  start: number,
  own: ArrayLike<number> | undefined,
  out: Float64Array,
): void {
  for (let i = 0; i < found.nq; i++) {
    const query = start + i;
    const right = answers.accepted[query]!;
    const seen = new Set<number>();
    let taken = 0;
    let hits = 0;
    for (let j = i * found.k; j < (i + 1) * found.k && taken < answers.k; j++) {
      const label = found.labels[j]!;
      if (label === own?.[query]) continue;
      taken++;
      if (label < 0 || seen.has(label)) continue;
      seen.add(label);
      if (right.has(label)) hits++;
    }
    const wanted = answers.wanted[query]!;
    out[query] = wanted === 0 ? 1 : Math.min(1, hits / wanted);
  }
}
