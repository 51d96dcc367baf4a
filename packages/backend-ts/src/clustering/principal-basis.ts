import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { orthonormalRows } from '../linalg/index.js';
import { floatRand, floatRandn } from '../random/float-rand.js';

/** Rows that are looked at, at most. */
const SAMPLE_ROWS = 1024;
/** Enough for directions that are much alike in weight; a better basis rules out no more pairs worth having. */
const ITERATIONS = 4;
const SEED = 1234;

/**
 * `count` orthonormal directions, `(count, d)`, that hold most of the `n` rows at `rows`, `(n, d)`, the weightiest first:
 * the leading eigenvectors of their second moments, nearly.
 * @see Rutishauser 1970, "Simultaneous iteration method for symmetric matrices"; left out: the rotation within the span
 */
export function principalBasis(engine: Engine, rows: Ptr, n: number, d: number, count: number): Float32Array {
  const { kernels, memory } = engine;
  const s = Math.min(n, SAMPLE_ROWS);
  const sample = memory.alloc(s * d * 4);
  const turned = memory.alloc(s * d * 4);
  const basis = memory.alloc(count * d * 4);
  const along = memory.alloc(s * count * 4);
  try {
    for (let i = 0; i < s; i++) {
      const row = memory.f32(rows + Math.floor((i * n) / s) * d * 4, d);
      memory.f32(sample + i * d * 4, d).set(row);
    }
    transpose(memory.f32(sample, s * d), s, d, memory.f32(turned, s * d));
    let q = Float32Array.from(orthonormalRows(centred(floatRand(count * d, SEED)), count, d).q);
    for (let iteration = 0; iteration < ITERATIONS; iteration++) {
      memory.f32(basis, count * d).set(q);
      kernels.ipBlock(basis, count, sample, s, d, along);
      kernels.ipBlock(along, count, turned, d, s, basis);
      q = Float32Array.from(orthonormalRows(scaled(memory.f32(basis, count * d)), count, d).q);
    }
    return q;
  } finally {
    for (const ptr of [sample, turned, basis, along]) memory.free(ptr);
  }
}

/** The first `n` of the directions in `basis`, `(…, d)`, turned at random in their span: rows along them have components of like size. */
export function turnedBasis(basis: Float32Array, n: number, d: number): Float32Array {
  const turn = orthonormalRows(floatRandn(n * n, SEED), n, n).q;
  const out = new Float32Array(n * d);
  const row = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    row.fill(0);
    for (let m = 0; m < n; m++) {
      const factor = turn[i * n + m]!;
      for (let j = 0; j < d; j++) row[j]! += factor * basis[m * d + j]!;
    }
    out.set(row, i * d);
  }
  return out;
}

/** `row - mean`, f32 `(d)`, to `out`, which may be the row. */
export function centerRow(engine: Engine, row: Ptr, mean: Ptr, d: number, out: Ptr): void {
  const { floats } = engine;
  const [x, m, y] = [row >>> 2, mean >>> 2, out >>> 2];
  for (let j = 0; j < d; j++) floats[y + j] = floats[x + j]! - floats[m + j]!;
}

function centred(x: Float32Array): Float32Array {
  return x.map((v) => v - 0.5);
}

/** By the largest magnitude, so that squares neither overflow nor vanish. */
function scaled(x: Float32Array): Float64Array {
  let largest = 0;
  for (const v of x) largest = Math.max(largest, Math.abs(v));
  const factor = largest > 0 && largest < Infinity ? 1 / largest : 0;
  return Float64Array.from(x, (v) => (factor === 0 ? 0 : v * factor));
}

/** x `(n, d)` as `(d, n)`. */
export function transpose(x: Float32Array, n: number, d: number, out: Float32Array): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) out[j * n + i] = x[i * d + j]!;
}
