import { LutraError } from '@lutra/core';

/**
 * Throws `ARGUMENT` if x, `(n, d)`, holds NaN or infinities: how many rows, and where the first value is.
 * @param firstRow - number of row 0 for people
 * @param missing - NaN is a value that is missing, and may be there
 */
export function assertFinite(
  where: string,
  x: Float32Array,
  d: number,
  firstRow: number,
  missing = false,
): void {
  // 0 · v is NaN for exactly the values looked for, and cannot overflow: the slow scan follows only then
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = x.length - (x.length % 4);
  for (let i = 0; i < whole; i += 4) {
    s0 += x[i]! * 0;
    s1 += x[i + 1]! * 0;
    s2 += x[i + 2]! * 0;
    s3 += x[i + 3]! * 0;
  }
  for (let i = whole; i < x.length; i++) s0 += x[i]! * 0;
  if (s0 + s1 + s2 + s3 === 0) return;
  const bad = (v: number): boolean => !Number.isFinite(v) && !(missing && Number.isNaN(v));
  const first = x.findIndex(bad);
  if (first < 0) return;
  let rows = 0;
  for (let i = 0; i < x.length; i += d) {
    if (x.subarray(i, i + d).some(bad)) rows++;
  }
  const place = `row ${firstRow + Math.floor(first / d)}, column ${first % d}`;
  const what = rows === 1 ? '1 row has' : `${rows} rows have`;
  throw new LutraError(
    'ARGUMENT',
    `${where}: ${what} NaN or infinite values, the first is ${x[first]} at ${place}`,
    {
      argument: 'x',
      value: x[first],
      expected: 'finite numbers',
    },
  );
}
