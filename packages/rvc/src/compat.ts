const { fround } = Math;

/**
 * One frame with RVC's own float32 arithmetic: `weight = (1 / score)²`, divided by its row sum, then the weighted sum of
 * rows. A score of 0 gives NaN; missing rows come in as the last row with score FLT_MAX, whose weight underflows to 0.
 * Sums run in numpy's order, so that the numbers are the same to the last bit.
 * @param rows - `(k)` rows of `(d)`
 */
export function compatFrame(
  x: Float32Array,
  scores: Float32Array,
  rows: readonly Float32Array[],
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
    for (let i = 0; i < rows.length; i++) {
      const term = fround(rows[i]![j]! * weights[i]!);
      mean = i === 0 ? term : fround(mean + term);
    }
    out[j] = fround(mean * share) + fround(rest * x[j]!);
  }
}

/** numpy's sum of a short contiguous float32 row: plain below 8 terms, else eight running sums added in pairs. */
function pairwiseSum(x: Float32Array): number {
  if (x.length < 8) return x.reduce((a, b) => fround(a + b), 0);
  const r = Float32Array.from(x.subarray(0, 8));
  const whole = x.length - (x.length % 8);
  for (let i = 8; i < whole; i++) r[i % 8]! += x[i]!;
  const pair = (a: number, b: number) => fround(r[a]! + r[b]!);
  let sum = fround(fround(pair(0, 1) + pair(2, 3)) + fround(pair(4, 5) + pair(6, 7)));
  for (let i = whole; i < x.length; i++) sum = fround(sum + x[i]!);
  return sum;
}
