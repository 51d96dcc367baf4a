const { fround } = Math;
/** Up to this many terms numpy adds in one run of eight sums; a longer row is halved first. */
const PAIRWISE_BLOCK = 128;

/**
 * One frame with RVC's own float32 arithmetic: `weight = (1 / score)²`, divided by its row sum, the weighted sum of rows,
 * then `rows · rate + frame · (1 - rate)`. Every step rounds to float32 and every sum runs in numpy's order, so that the
 * numbers are the same to the last bit.
 *
 * A score of 0 gives NaN. A missing neighbour (label -1) has the score FLT_MAX, whose weight underflows to 0: it adds
 * nothing beside others, and a frame with nothing but missing ones is 0 / 0. (RVC multiplies that weight with the last of
 * its rows, which `-1` stands for in numpy; whichever row it is, 0 times it adds nothing.)
 * @param rows - the neighbours' vectors, `(d)` each; undefined where missing
 */
export function compatFrame(
  x: Float32Array,
  scores: Float32Array,
  rows: readonly (Float32Array | undefined)[],
  rate: number,
  out: Float32Array,
): void {
  const weights = Float32Array.from(scores, (score) => {
    const inverse = fround(1 / score);
    return inverse * inverse;
  });
  const sum = pairwiseSum(weights);
  for (let i = 0; i < weights.length; i++) weights[i] = weights[i]! / sum;
  const [share, rest] = [fround(rate), fround(1 - rate)];
  for (let j = 0; j < x.length; j++) {
    let mean = 0;
    for (let i = 0; i < rows.length; i++) mean = fround(mean + fround((rows[i]?.[j] ?? 0) * weights[i]!));
    out[j] = fround(mean * share) + fround(rest * x[j]!);
  }
}

/** numpy's sum of a contiguous float32 row: plain below 8 terms, else eight running sums added in pairs. */
export function pairwiseSum(x: Float32Array): number {
  if (x.length < 8) return x.reduce((a, b) => fround(a + b), 0);
  if (x.length > PAIRWISE_BLOCK) {
    const half = Math.floor(x.length / 16) * 8;
    return fround(pairwiseSum(x.subarray(0, half)) + pairwiseSum(x.subarray(half)));
  }
  const r = Float32Array.from(x.subarray(0, 8));
  const whole = x.length - (x.length % 8);
  for (let i = 8; i < whole; i++) r[i % 8]! += x[i]!;
  const pair = (a: number, b: number): number => fround(r[a]! + r[b]!);
  let sum = fround(fround(pair(0, 1) + pair(2, 3)) + fround(pair(4, 5) + pair(6, 7)));
  for (let i = whole; i < x.length; i++) sum = fround(sum + x[i]!);
  return sum;
}
