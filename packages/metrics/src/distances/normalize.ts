import { assertFinite, assertFloat32, countRows, shapeError } from '../checks.js';

/** What {@link cosineNormalize} may be told. */
export interface NormalizeOptions {
  /** Norms below it divide as if they were it: 1e-9 unless told, and > 0, or 0 to divide zero rows by nothing. */
  eps?: number;
  /** Where the rows go, as long as `x`; `x` itself to work in place. A new array unless told. */
  out?: Float32Array;
}

/**
 * `x` with every row divided by `max(eps, norm)`, so that the inner product of two rows is their cosine.
 *
 * A row of zeros stays zeros, whatever `eps` is: its inner product with everything is 0. A row shorter than `eps`
 * comes out shorter than 1. A row with NaN or an infinity gives NaN where arithmetic does.
 * @param x - row-major `(n, d)`; modified only if it is also `options.out`
 * @param d - elements a row
 * @returns `options.out`, or a new array `(n, d)`
 * @throws LutraError `SHAPE` if `x` is not whole rows or `out` differs from it in length, `ARGUMENT`
 */
export function cosineNormalize(
  x: Float32Array,
  d: number,
  options: NormalizeOptions = {},
): Float32Array<ArrayBufferLike> {
  const { eps = 1e-9, out = new Float32Array(x.length) } = options;
  assertFloat32('cosineNormalize', 'x', x);
  assertFloat32('cosineNormalize', 'out', out);
  assertFinite('cosineNormalize', 'eps', eps, 0);
  const n = countRows('cosineNormalize', 'x', x, d);
  if (out.length !== x.length) {
    throw shapeError('cosineNormalize', 'out', `${x.length} elements as x has`, `${out.length}`);
  }
  for (let start = 0; start < n * d; start += d) {
    const norm = Math.max(eps, rowNorm(x, start, d));
    const divisor = norm === 0 ? 1 : norm;
    for (let i = start; i < start + d; i++) out[i] = x[i]! / divisor;
  }
  return out;
}

/**
 * The Euclidean norm of every row of `x`, `(n)`; not squared.
 * @param x - row-major `(n, d)`
 * @param d - elements a row
 * @returns float64 sums, so the squares of float32 never overflow
 * @throws LutraError `SHAPE` if `x` is not whole rows, `ARGUMENT` for a bad `d`
 */
export function rowNorms(x: Float32Array, d: number): Float64Array<ArrayBuffer> {
  assertFloat32('rowNorms', 'x', x);
  const norms = new Float64Array(countRows('rowNorms', 'x', x, d));
  for (let row = 0; row < norms.length; row++) norms[row] = rowNorm(x, row * d, d);
  return norms;
}

function rowNorm(x: Float32Array, start: number, d: number): number {
  let sum = 0;
  for (let i = start; i < start + d; i++) sum += x[i]! * x[i]!;
  return Math.sqrt(sum);
}
