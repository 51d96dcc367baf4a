import { LutraError } from '@lutra/core';
import { accumulateReflections, tridiagonalise } from './tridiagonal.js';

const EPSILON = 2 ** -52;
/** Sweeps an eigenvalue at most; two are usual. */
const MAX_SWEEPS = 60;

/** An orthonormal basis of eigenvectors and their eigenvalues. */
export interface SymmetricEigen {
  /** `(n)`, descending. */
  readonly values: Float64Array;
  /** `(n, n)` row-major: row `i` is the unit eigenvector of `values[i]`, its sign arbitrary. */
  readonly vectors: Float64Array;
}

/**
 * The eigenvalues and eigenvectors of a symmetric matrix, by Householder tridiagonalisation and implicit QL in float64;
 * about `9 · n ** 3` operations.
 * @param a - `(n, n)` row-major; only its lower triangle counts; not modified
 * @throws LutraError `SHAPE` if `a` is not square, `ARGUMENT` if it holds NaN or infinities
 * @see Golub & Van Loan, "Matrix computations", §8.3
 */
export function symmetricEigen(a: Float64Array, n: number): SymmetricEigen {
  if (a.length !== n * n) {
    throw new LutraError('SHAPE', `eigen: a wants ${n * n} elements, has ${a.length}`, {
      argument: 'a',
      expected: String(n * n),
      actual: String(a.length),
    });
  }
  const scale = largest(a);
  const work = a.map((v) => (scale === 0 ? 0 : v / scale));
  const { diagonal, offDiagonal, factors } = tridiagonalise(work, n);
  accumulateReflections(work, factors, n);
  diagonalise(diagonal, offDiagonal, work, n);
  return sorted(diagonal, work, n, scale);
}

function largest(a: Float64Array): number {
  let max = 0;
  for (const v of a) {
    if (!Number.isFinite(v)) {
      throw new LutraError('ARGUMENT', `eigen: a holds ${v}, wants finite numbers`, {
        argument: 'a',
        value: v,
      });
    }
    max = Math.max(max, Math.abs(v));
  }
  return max;
}

/** Implicit QL on the tridiagonal matrix `(d, e)`; columns of `z` turn into eigenvectors. */
function diagonalise(d: Float64Array, e: Float64Array, z: Float64Array, n: number): void {
  const cosines = new Float64Array(n);
  const sines = new Float64Array(n);
  let norm = 0;
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(d[i]!) + Math.abs(e[i]!));
  const negligible = norm * EPSILON * EPSILON;
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      const m = blockEnd(d, e, l, n, negligible);
      if (m === l) break;
      if (sweep === MAX_SWEEPS) {
        throw new LutraError('ARGUMENT', `eigen: value ${l} of ${n} not found in ${sweep} sweeps`, {
          argument: 'a',
        });
      }
      const start = sweepQl(d, e, l, m, cosines, sines);
      rotateColumns(z, n, start, m, cosines, sines);
    }
  }
}

/** The last index of the unreduced block that starts at `l`. */
function blockEnd(d: Float64Array, e: Float64Array, l: number, n: number, negligible: number): number {
  let m = l;
  while (m < n - 1) {
    const size = EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!));
    if (Math.abs(e[m]!) <= size + negligible) break;
    m++;
  }
  return m;
}

/** One sweep with Wilkinson's shift over the block `[l, m]`; returns the first column that its rotations reach. */
function sweepQl(
  d: Float64Array,
  e: Float64Array,
  l: number,
  m: number,
  cosines: Float64Array,
  sines: Float64Array,
): number {
  const half = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  const root = Math.sqrt(half * half + 1);
  let g = d[m]! - d[l]! + e[l]! / (half + (half < 0 ? -root : root));
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] = d[i + 1]! - p;
      e[m] = 0;
      return i + 1;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    const t = (d[i]! - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    cosines[i] = c;
    sines[i] = s;
  }
  d[l] = d[l]! - p;
  e[l] = g;
  e[m] = 0;
  return l;
}

/**
 * Applies the rotations of the column pairs `(m - 1, m) … (start, start + 1)` to each row of `z`. Four rows at a time:
 * one row's chain waits for its own last product.
 */
function rotateColumns(
  z: Float64Array,
  n: number,
  start: number,
  m: number,
  cosines: Float64Array,
  sines: Float64Array,
): void {
  let row = 0;
  for (; row + 4 <= n; row += 4) {
    let r0 = row * n + m;
    let r1 = r0 + n;
    let r2 = r1 + n;
    let r3 = r2 + n;
    let h0 = z[r0]!;
    let h1 = z[r1]!;
    let h2 = z[r2]!;
    let h3 = z[r3]!;
    for (let i = m - 1; i >= start; i--) {
      const c = cosines[i]!;
      const s = sines[i]!;
      const z0 = z[r0 - 1]!;
      const z1 = z[r1 - 1]!;
      const z2 = z[r2 - 1]!;
      const z3 = z[r3 - 1]!;
      z[r0--] = s * z0 + c * h0;
      z[r1--] = s * z1 + c * h1;
      z[r2--] = s * z2 + c * h2;
      z[r3--] = s * z3 + c * h3;
      h0 = c * z0 - s * h0;
      h1 = c * z1 - s * h1;
      h2 = c * z2 - s * h2;
      h3 = c * z3 - s * h3;
    }
    z[r0] = h0;
    z[r1] = h1;
    z[r2] = h2;
    z[r3] = h3;
  }
  for (; row < n; row++) {
    let r = row * n + m;
    let h = z[r]!;
    for (let i = m - 1; i >= start; i--) {
      const zi = z[r - 1]!;
      z[r--] = sines[i]! * zi + cosines[i]! * h;
      h = cosines[i]! * zi - sines[i]! * h;
    }
    z[r] = h;
  }
}

/** Largest eigenvalue first, its eigenvector as a row. */
function sorted(d: Float64Array, z: Float64Array, n: number, scale: number): SymmetricEigen {
  const order = Array.from(d.keys()).sort((i, j) => d[j]! - d[i]! || i - j);
  const values = new Float64Array(n);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    values[to] = d[from]! * scale;
    for (let j = 0; j < n; j++) vectors[to * n + j] = z[j * n + from]!;
  });
  return { values, vectors };
}
