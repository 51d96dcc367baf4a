/**
 * Solves `A X = B` in place for a symmetric positive definite A, `(n, n)`, and B, `(n, columns)`, by Cholesky's
 * factorisation: A becomes its factor, B the solution.
 */
export function solvePositive(a: Float64Array, n: number, b: Float64Array, columns: number): void {
  for (let i = 0; i < n; i++) {
    const row = a.subarray(i * n, i * n + i + 1);
    for (let j = 0; j <= i; j++) {
      let sum = row[j]!;
      for (let k = 0, at = j * n; k < j; k++, at++) sum -= row[k]! * a[at]!;
      row[j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / a[j * n + j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtractRow(b, i, k, a[i * n + k]!, columns);
    scaleRow(b, i, 1 / a[i * n + i]!, columns);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) subtractRow(b, i, k, a[k * n + i]!, columns);
    scaleRow(b, i, 1 / a[i * n + i]!, columns);
  }
}

function subtractRow(b: Float64Array, to: number, from: number, factor: number, columns: number): void {
  if (factor === 0) return;
  for (let j = 0; j < columns; j++) b[to * columns + j]! -= factor * b[from * columns + j]!;
}

function scaleRow(b: Float64Array, row: number, factor: number, columns: number): void {
  for (let j = 0; j < columns; j++) b[row * columns + j]! *= factor;
}
