/** `T` of `A = Q · T · Qᵀ`, and what `Q` is made of. */
export interface Tridiagonal {
  /** `(n)`. */
  readonly diagonal: Float64Array;
  /** `(n)`: entry `i` couples `i` and `i + 1`, the last is 0. */
  readonly offDiagonal: Float64Array;
  /** `(n)`: reflection `k` is `I - factors[k] · v · vᵀ`, 0 where none was needed. */
  readonly factors: Float64Array;
}

/**
 * Householder tridiagonalisation in place. Reads the lower triangle of `a`, `(n, n)` row-major, and leaves the vector
 * `v` of reflection `k` in row `k` from column `k + 1` on: {@link accumulateReflections} takes it from there.
 */
export function tridiagonalise(a: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const factors = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    diagonal[k] = a[k * n + k]!;
    if (k === n - 1) break;
    const v = a.subarray(k * n, (k + 1) * n);
    for (let j = k + 1; j < n; j++) v[j] = a[j * n + k]!;
    const { factor, norm } = reflect(v, k + 1, n);
    factors[k] = factor;
    offDiagonal[k] = norm;
    if (factor === 0) continue;
    lowerTimes(w, a, v, k + 1, n);
    let dot = 0;
    for (let j = k + 1; j < n; j++) dot += w[j]! * v[j]!;
    const shift = (factor * factor * dot) / 2;
    for (let j = k + 1; j < n; j++) w[j] = factor * w[j]! - shift * v[j]!;
    for (let j = k + 1; j < n; j++) subtractRankTwo(a, j * n, v, w, v[j]!, w[j]!, k + 1, j + 1);
  }
  return { diagonal, offDiagonal, factors };
}

/**
 * Turns `x[start … end - 1]` into the vector of the reflection that maps it to `(norm, 0, …, 0)`, first element 1.
 * The sign of `norm` is against that of `x[start]`, as in LAPACK; `factor` is 0, and `norm` the first element, if all
 * others are 0 already.
 */
export function reflect(x: Float64Array, start: number, end: number): { factor: number; norm: number } {
  const alpha = x[start]!;
  let rest = 0;
  for (let j = start + 1; j < end; j++) rest += x[j]! * x[j]!;
  x[start] = 1;
  if (rest === 0) return { factor: 0, norm: alpha };
  const length = Math.sqrt(alpha * alpha + rest);
  const norm = alpha >= 0 ? -length : length;
  const scale = 1 / (alpha - norm);
  for (let j = start + 1; j < end; j++) x[j] = x[j]! * scale;
  return { factor: (norm - alpha) / norm, norm };
}

/** `w = A · v` over `[start, n)`, `A` symmetric and given by its lower triangle. */
function lowerTimes(w: Float64Array, a: Float64Array, v: Float64Array, start: number, n: number): void {
  w.fill(0, start, n);
  for (let j = start; j < n; j++) {
    const row = j * n;
    const vj = v[j]!;
    let s0 = 0;
    let s1 = 0;
    let c = start;
    for (; c + 2 <= j; c += 2) {
      const a0 = a[row + c]!;
      const a1 = a[row + c + 1]!;
      s0 += a0 * v[c]!;
      s1 += a1 * v[c + 1]!;
      w[c] = w[c]! + a0 * vj;
      w[c + 1] = w[c + 1]! + a1 * vj;
    }
    for (; c < j; c++) {
      s0 += a[row + c]! * v[c]!;
      w[c] = w[c]! + a[row + c]! * vj;
    }
    w[j] = w[j]! + s0 + s1 + a[row + j]! * vj;
  }
}

function subtractRankTwo(
  a: Float64Array,
  row: number,
  v: Float64Array,
  w: Float64Array,
  vj: number,
  wj: number,
  start: number,
  end: number,
): void {
  for (let c = start; c < end; c++) a[row + c] = a[row + c]! - vj * w[c]! - wj * v[c]!;
}

/** Replaces what {@link tridiagonalise} left in `a` by `Q`, `(n, n)` row-major. */
export function accumulateReflections(a: Float64Array, factors: Float64Array, n: number): void {
  const v = new Float64Array(n);
  const y = new Float64Array(n);
  for (let k = n - 1; k >= 0; k--) {
    const row = k * n;
    v.set(a.subarray(row, row + n));
    a.fill(0, row, row + n);
    a[row + k] = 1;
    for (let j = k + 1; j < n; j++) a[j * n + k] = 0;
    const factor = factors[k]!;
    if (factor === 0) continue;
    y.fill(0);
    for (let j = k + 1; j < n; j++) addScaled(y, 0, a, j * n, v[j]! * factor, k + 1, n);
    for (let j = k + 1; j < n; j++) addScaled(a, j * n, y, 0, -v[j]!, k + 1, n);
  }
}

/** `to[toRow + c] += scale · from[fromRow + c]` for `c` in `[start, end)`. */
export function addScaled(
  to: Float64Array,
  toRow: number,
  from: Float64Array,
  fromRow: number,
  scale: number,
  start: number,
  end: number,
): void {
  for (let c = start; c < end; c++) to[toRow + c] = to[toRow + c]! + scale * from[fromRow + c]!;
}
