/** One answer to the same queries. */
export interface Answer {
  readonly distances: Float32Array;
  readonly labels: Float64Array;
}

/** How far two answers agree. */
export interface Agreement {
  /** Largest relative difference of the distances of one rank; labels of equal distance may swap, distances may not. */
  readonly worstDistance: number;
  /** Share of labels that both found, over all queries. */
  readonly sameLabels: number;
}

/** Compares two `(nq, k)` answers; throws if a result is missing on one side only. */
export function agreement(ours: Answer, theirs: Answer, k: number): Agreement {
  if (ours.labels.length !== theirs.labels.length) {
    throw new Error(`wanted ${theirs.labels.length} labels, found ${ours.labels.length}`);
  }
  let worstDistance = 0;
  let same = 0;
  for (let row = 0; row < theirs.labels.length; row += k) {
    const known = new Set(theirs.labels.subarray(row, row + k));
    for (let i = row; i < row + k; i++) {
      const [a, b] = [ours.distances[i]!, theirs.distances[i]!];
      if ((ours.labels[i] === -1) !== (theirs.labels[i] === -1))
        throw new Error(`result ${i} is missing on one side`);
      if (known.has(ours.labels[i]!)) same++;
      worstDistance = Math.max(worstDistance, Math.abs(a - b) / Math.max(Math.abs(b), 1));
    }
  }
  return { worstDistance, sameLabels: same / theirs.labels.length };
}
