import { multiply64 } from './matmul.js';
import { orthonormalRows } from './orthonormal-rows.js';
import { symmetricEigen } from './symmetric-eigen.js';

/**
 * The orthonormal rows nearest to those of `a`: the factor `U · Vᵀ` of its singular value decomposition `U · Σ · Vᵀ`,
 * which maximises `trace(R · aᵀ)` over all `R` with orthonormal rows (the orthogonal Procrustes problem).
 *
 * `U` comes from the eigenvectors of `a · aᵀ` in float64, so singular values below `1e-8` of the largest drown in
 * rounding; their directions, and those of a rank-deficient `a`, are completed by QR: the rows are orthonormal always.
 * @param a - `(n, d)` row-major, n ≤ d; not modified
 * @returns `(n, d)` row-major
 * @throws LutraError `SHAPE` if `n > d` or `a` has another length, `ARGUMENT` if it holds NaN or infinities
 * @see Schönemann 1966, "A generalized solution of the orthogonal Procrustes problem"
 */
export function polarRows(a: Float64Array, n: number, d: number): Float64Array {
  const gram = multiply64(a, a, { m: n, n, k: d, transposeB: true, lowerOnly: true });
  const { vectors } = symmetricEigen(gram, n);
  // Row i of `images` has the length of singular value i, and the rows are orthogonal but for rounding.
  const images = multiply64(vectors, a, { m: n, n: d, k: n });
  const { q, diagonal } = orthonormalRows(images, n, d);
  for (let i = 0; i < n; i++) {
    if (diagonal[i]! >= 0) continue;
    for (let j = i * d; j < (i + 1) * d; j++) q[j] = -q[j]!;
  }
  return multiply64(vectors, q, { m: n, n: d, k: n, transposeA: true });
}
