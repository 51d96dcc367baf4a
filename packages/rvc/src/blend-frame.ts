/** How much each neighbour of one frame counts. */
export interface NeighbourWeights {
  /** `(k)`, summing to 1; all 0 if nothing was found. */
  readonly weights: Float64Array;
  /** Whether neighbours at distance 0 took all the weight. */
  readonly exact: boolean;
  /** Neighbours that had a weight to take. */
  readonly found: number;
}

/**
 * One frame, `(d)`, mixed in float64 with its neighbours; without any, `out` is `x`.
 * @param rows - the neighbours' vectors; undefined where missing
 */
export function blendFrame(
  x: Float32Array,
  { weights, found }: NeighbourWeights,
  rows: readonly (Float32Array | undefined)[],
  rate: number,
  out: Float32Array,
): void {
  if (found === 0) {
    out.set(x);
    return;
  }
  for (let j = 0; j < x.length; j++) {
    let mean = 0;
    for (let i = 0; i < rows.length; i++) if (weights[i]! > 0) mean += weights[i]! * rows[i]![j]!;
    out[j] = rate * mean + (1 - rate) * x[j]!;
  }
}

/**
 * Weights relative to the nearest neighbour, so that neither very small nor very large distances overflow or divide 0 by
 * 0. Missing and infinitely far ones have none. At distance 0 only exact hits count; approximate distances may come out
 * below 0, and count as 0.
 */
export function neighbourWeights(
  distances: Float32Array,
  rows: readonly (Float32Array | undefined)[],
): NeighbourWeights {
  const present = rows.map((row, i) => row !== undefined && distances[i]! < Number.POSITIVE_INFINITY);
  let nearest = Number.POSITIVE_INFINITY;
  let found = 0;
  for (let i = 0; i < rows.length; i++) {
    if (!present[i]) continue;
    found++;
    nearest = Math.min(nearest, Math.max(0, distances[i]!));
  }
  const raw = Float64Array.from(distances, (v, i) => {
    if (!present[i]) return 0;
    return nearest === 0 ? (v <= 0 ? 1 : 0) : (nearest / v) ** 2;
  });
  const sum = raw.reduce((a, b) => a + b, 0);
  return { weights: found === 0 ? raw : raw.map((w) => w / sum), exact: nearest === 0, found };
}
