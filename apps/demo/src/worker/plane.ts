/*
 * The two directions in which the vectors of a set differ most, by the engine's own PCA.
 */
import type { PreTransformData } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { cosineNormalize } from '@lutra/metrics';
import { randPerm } from 'lutra';
import type { Dataset } from './dataset.js';
import { backendFor } from './engine.js';
import type { Call } from './serve.js';

const SAMPLE = 10_000;
const SHOWN = 20_000;
const SEED = 1234;
const BLOCK = 4096;

export interface Plane {
  /** Places `(n, 2)` of vectors `(n, d)`. */
  project(x: Float32Array): Float32Array;
  /** Places of all rows, `(n, 2)`. */
  readonly rows: Float32Array;
  /** The rows that are drawn, ascending. */
  readonly shown: Float64Array;
  /** Share of the variance that lies in the plane. */
  readonly variance: number;
}

interface Projection {
  /** `(2, d)` and `(2)`: `y = A · x + b`. */
  readonly A: Float32Array;
  readonly b: Float32Array;
  readonly variance: number;
}

/** @param scaled - whether vectors are divided by their length first, as the index does */
export async function makePlane(
  { rows, info: { n, d } }: Dataset,
  scaled: boolean,
  call: Call,
): Promise<Plane> {
  const prepared = (x: Float32Array): Float32Array => (scaled ? cosineNormalize(x, d) : x);
  const sample = prepared(taken(rows, d, chosen(n, SAMPLE)));
  const projection = await principal(sample, d, call);
  const project = (x: Float32Array): Float32Array => apply(projection, prepared(x), d);
  const places = new Float32Array(2 * n);
  for (let row = 0; row < n; row += BLOCK) {
    places.set(project(rows.subarray(row * d, (row + BLOCK) * d)), 2 * row);
  }
  return { project, rows: places, shown: chosen(n, SHOWN), variance: projection.variance };
}

/** Up to `count` of `n` rows, ascending. */
function chosen(n: number, count: number): Float64Array {
  if (n <= count) return Float64Array.from({ length: n }, (_, row) => row);
  return Float64Array.from(randPerm(n, SEED).subarray(0, count)).sort();
}

function taken(rows: Float32Array, d: number, which: Float64Array): Float32Array {
  const out = new Float32Array(which.length * d);
  which.forEach((row, i) => {
    out.set(rows.subarray(row * d, (row + 1) * d), i * d);
  });
  return out;
}

async function principal(sample: Float32Array, d: number, { signal }: Call): Promise<Projection> {
  // there is no plane in fewer than two dimensions, or through fewer than two rows
  if (d < 2 || sample.length / d < 2) {
    const A = new Float32Array(2 * d);
    A[0] = 1;
    return { A, b: new Float32Array(2), variance: d < 2 ? 1 : 0 };
  }
  const index = await backendFor('auto').create(parseFactory('PCA2,Flat'), { d, metric: 'l2' });
  try {
    await index.train(sample, { signal });
    const [transform] = (index.toData() as PreTransformData).transforms;
    if (transform?.kind !== 'Pca') throw new Error('a PCA trains into something else now');
    const total = transform.eigenvalues.reduce((sum, v) => sum + v, 0);
    const held = (transform.eigenvalues[0] ?? 0) + (transform.eigenvalues[1] ?? 0);
    const variance = total > 0 ? held / total : 0;
    return { A: transform.A.slice(), b: transform.b.slice(), variance };
  } finally {
    index.dispose();
  }
}

function apply({ A, b }: Projection, x: Float32Array, d: number): Float32Array {
  const n = x.length / d;
  const out = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    for (let axis = 0; axis < 2; axis++) {
      let sum = b[axis] ?? 0;
      for (let j = 0; j < d; j++) sum += A[axis * d + j]! * x[i * d + j]!;
      out[2 * i + axis] = sum;
    }
  }
  return out;
}
