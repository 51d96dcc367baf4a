import { LutraError } from '@lutra/core';
import { addScaled, reflect } from './tridiagonal.js';

/** An orthonormal basis of rows, and how it meets the rows it came from. */
export interface OrthonormalRows {
  /** `(n, d)` row-major, orthonormal whatever the rank of the rows given. */
  readonly q: Float64Array;
  /** `(n)`: the part of row `i` along `q`'s row `i`; its sign may be either. */
  readonly diagonal: Float64Array;
}

/**
 * Orthonormal rows that span, one after the other, what the rows of `a` span: the `Q` of a Householder QR
 * decomposition of `aᵀ`, with the signs of LAPACK's `geqrf` and `orgqr` (which reflect the last row of a square matrix
 * not at all).
 * @param a - `(n, d)` row-major, n ≤ d; not modified
 * @throws LutraError `SHAPE` if `n > d` or `a` has another length
 */
export function orthonormalRows(a: ArrayLike<number>, n: number, d: number): OrthonormalRows {
  if (n > d || a.length !== n * d) {
    throw new LutraError('SHAPE', `qr: wants (n ≤ d, d), got (${n}, ${d}) and ${a.length} elements`, {
      argument: 'a',
      expected: String(n * d),
      actual: String(a.length),
    });
  }
  const v = Float64Array.from(a);
  const factors = new Float64Array(n);
  const diagonal = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const row = v.subarray(k * d, (k + 1) * d);
    for (let i = 0; i < k; i++) applyReflection(row, v, i * d, factors[i]!, i, d);
    const { factor, norm } = reflect(row, k, d);
    factors[k] = factor;
    diagonal[k] = norm;
  }
  return { q: reflectedBasis(v, factors, n, d), diagonal };
}

/** `x -= factor · v · (v · x)` over `[start, d)`, `v[start]` being 1. */
function applyReflection(
  x: Float64Array,
  vectors: Float64Array,
  at: number,
  factor: number,
  start: number,
  d: number,
): void {
  if (factor === 0) return;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let c = start;
  for (; c + 4 <= d; c += 4) {
    s0 += x[c]! * vectors[at + c]!;
    s1 += x[c + 1]! * vectors[at + c + 1]!;
    s2 += x[c + 2]! * vectors[at + c + 2]!;
    s3 += x[c + 3]! * vectors[at + c + 3]!;
  }
  for (; c < d; c++) s0 += x[c]! * vectors[at + c]!;
  addScaled(x, 0, vectors, at, -factor * (s0 + s1 + s2 + s3), start, d);
}

/** Row `k` of the result is the product of all reflections applied to unit vector `k`. */
function reflectedBasis(v: Float64Array, factors: Float64Array, n: number, d: number): Float64Array {
  const q = new Float64Array(n * d);
  for (let k = 0; k < n; k++) {
    const row = q.subarray(k * d, (k + 1) * d);
    row[k] = 1;
    for (let i = k; i >= 0; i--) applyReflection(row, v, i * d, factors[i]!, i, d);
  }
  return q;
}
