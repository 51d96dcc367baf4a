/*
 * Scores of a block of queries against a block of base rows. A score is smaller for a nearer row: the squared L2
 * distance, or the negated inner product.
 */

/** The metrics that {@link exactSearch} knows. */
export type ExactMetric = 'l2' | 'ip';

/**
 * Fills `out[i * nb + j]` with the metric between query `i` and base row `j`: the squared L2 distance, or the inner
 * product (not negated). `nq = queries.length / d`, `nb = base.length / d`, `out.length = nq * nb`.
 *
 * It need not be exact: see `distanceBlockError` of {@link ExactSearchOptions}. `queries` is the same object whenever
 * the same queries come, so that a kernel may keep what it made of them in a WeakMap; `base` is the same object for
 * all queries of a block and its contents change afterwards; neither is to be changed.
 */
export type DistanceBlock = (queries: Float32Array, base: Float32Array, d: number, out: Float32Array) => void;

/**
 * `out[i * nb + j]` = inner product of row i of `q` `(nq, d)` and row j of `b` `(nb, d)`, float64 throughout.
 * Four queries meet two base rows at a time: eight sums live in registers, and six loads feed eight products.
 */
export function innerProductBlock(
  q: Float64Array,
  nq: number,
  b: Float64Array,
  nb: number,
  d: number,
  out: Float64Array,
): void {
  const nq4 = nq - (nq % 4);
  const nb2 = nb - (nb % 2);
  for (let i = 0; i < nq4; i += 4) {
    for (let j = 0; j < nb2; j += 2) fourByTwo(q, i * d, b, j * d, d, out, i * nb + j, nb);
    if (nb2 < nb) {
      for (let r = i; r < i + 4; r++) out[r * nb + nb2] = dot(q, r * d, b, nb2 * d, d);
    }
  }
  for (let i = nq4; i < nq; i++) {
    for (let j = 0; j < nb; j++) out[i * nb + j] = dot(q, i * d, b, j * d, d);
  }
}

function fourByTwo(
  q: Float64Array,
  q0: number,
  b: Float64Array,
  b0: number,
  d: number,
  out: Float64Array,
  o: number,
  nb: number,
): void {
  const q1 = q0 + d;
  const q2 = q1 + d;
  const q3 = q2 + d;
  const b1 = b0 + d;
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  let s20 = 0;
  let s21 = 0;
  let s30 = 0;
  let s31 = 0;
  for (let t = 0; t < d; t++) {
    const u = b[b0 + t]!;
    const v = b[b1 + t]!;
    let x = q[q0 + t]!;
    s00 += x * u;
    s01 += x * v;
    x = q[q1 + t]!;
    s10 += x * u;
    s11 += x * v;
    x = q[q2 + t]!;
    s20 += x * u;
    s21 += x * v;
    x = q[q3 + t]!;
    s30 += x * u;
    s31 += x * v;
  }
  out[o] = s00;
  out[o + 1] = s01;
  out[o + nb] = s10;
  out[o + nb + 1] = s11;
  out[o + 2 * nb] = s20;
  out[o + 2 * nb + 1] = s21;
  out[o + 3 * nb] = s30;
  out[o + 3 * nb + 1] = s31;
}

function dot(q: Float64Array, q0: number, b: Float64Array, b0: number, d: number): number {
  let sum = 0;
  for (let t = 0; t < d; t++) sum += q[q0 + t]! * b[b0 + t]!;
  return sum;
}

/** The score of two float32 rows, by direct float64 differences or products; what results are made of. */
export function exactScore(
  metric: ExactMetric,
  q: Float32Array,
  q0: number,
  b: Float32Array,
  b0: number,
  d: number,
): number {
  let sum = 0;
  if (metric === 'ip') {
    for (let t = 0; t < d; t++) sum -= q[q0 + t]! * b[b0 + t]!;
    return sum;
  }
  for (let t = 0; t < d; t++) {
    const difference = q[q0 + t]! - b[b0 + t]!;
    sum += difference * difference;
  }
  return sum;
}
