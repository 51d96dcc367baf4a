import { type Matmul, multiply64 } from '../linalg/index.js';
import type { Task } from '../task.js';

/** faiss's own seed of most things; see {@link TrainContext}. */
const DEFAULT_SEED = 1234;
/** Multiplications at one go, some 30 to 70 ms in plain TypeScript. */
const WORK = 1 << 27;
const MAX_BLOCK_ROWS = 4096;

/** The seed that stands where faiss has the constant `faissSeed`. */
export function seedFor(faissSeed: number, seed: number): number {
  return faissSeed + (seed - DEFAULT_SEED);
}

/** The mean row of `x`, `(n, d)`, summed in float64. */
export function meanRow(x: Float32Array, n: number, d: number): Float32Array {
  const sums = new Float64Array(d);
  for (let at = 0; at < n * d; at += d) {
    for (let j = 0; j < d; j++) sums[j] = sums[j]! + x[at + j]!;
  }
  return Float32Array.from(sums, (s) => s / n);
}

/** `x`, `(n, d)`, less `mean` in each row, as `(n, dPadded)` with zeros behind. */
export function centred(
  x: Float32Array,
  mean: Float32Array,
  n: number,
  dPadded: number = mean.length,
): Float32Array {
  const d = mean.length;
  const out = new Float32Array(n * dPadded);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) out[i * dPadded + j] = x[i * d + j]! - mean[j]!;
  }
  return out;
}

/** `(rows, columns)` row-major turned over. */
export function transposed(x: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(x.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = x[i * columns + j]!;
  }
  return out;
}

/** Row ranges whose products with `perRow` multiplications a row take tens of milliseconds each. */
function* rowBlocks(n: number, perRow: number): Generator<[start: number, end: number]> {
  const rows = Math.min(MAX_BLOCK_ROWS, Math.max(64, Math.ceil(WORK / Math.max(1, perRow))));
  for (let start = 0; start < n; start += rows) yield [start, Math.min(n, start + rows)];
}

/** `x · aᵀ` with pauses: `x` `(n, d)`, `a` `(m, d)`, the result `(n, m)`. */
export async function project(
  x: Float32Array,
  a: Float32Array,
  shape: { n: number; d: number; m: number },
  matmul: Matmul,
  task: Task,
): Promise<Float32Array> {
  const { n, d, m } = shape;
  const out = new Float32Array(n * m);
  for (const [start, end] of rowBlocks(n, d * m)) {
    out.set(matmul(x.subarray(start * d, end * d), a, end - start, m, d, true), start * m);
    await task.breathe();
  }
  return out;
}

/**
 * `aᵀ · b` with pauses, blocks of rows added up in float64: `a` `(n, da)`, `b` `(n, db)`, the result `(da, db)`.
 * If `a` is `b`, only the lower triangle of the result is sure to be there.
 * @param matmul - computes a block in float32; without it blocks are float64 too
 */
export async function crossProduct(
  a: Float32Array,
  b: Float32Array,
  shape: { n: number; da: number; db: number },
  matmul: Matmul | undefined,
  task: Task,
): Promise<Float64Array> {
  const { n, da, db } = shape;
  const sum = new Float64Array(da * db);
  for (const [start, end] of rowBlocks(n, da * db)) {
    const k = end - start;
    const aRows = a.subarray(start * da, end * da);
    const bRows = b.subarray(start * db, end * db);
    const part =
      matmul === undefined
        ? multiply64(aRows, bRows, { m: da, n: db, k, transposeA: true, lowerOnly: a === b })
        : matmul(transposed(aRows, k, da), bRows, da, db, k, false);
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + part[i]!;
    await task.breathe();
  }
  return sum;
}
