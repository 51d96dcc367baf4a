import { LutraError, type NormalizationData } from '@lutra/core';
import { assertRows } from './transform-checks.js';
import type { TrainContext, VectorTransform } from './vector-transform.js';

/** Divides each row of `x`, `(n, d)`, by its Euclidean length, in place; zero rows stay. */
export function normaliseRows(x: Float32Array, d: number): Float32Array {
  for (let at = 0; at < x.length; at += d) {
    let sum = 0;
    for (let j = at; j < at + d; j++) sum += x[j]! * x[j]!;
    if (sum === 0) continue;
    const scale = 1 / Math.sqrt(sum);
    for (let j = at; j < at + d; j++) x[j] = x[j]! * scale;
  }
  return x;
}

/**
 * `L2norm`: vectors of length 1; a zero vector stays as it is. There is no way back to the length: `reverse` copies.
 * @see `faiss/VectorTransform.cpp`, NormalizationTransform
 */
export class L2NormTransform implements VectorTransform {
  readonly dIn: number;
  readonly dOut: number;
  readonly isTrained = true;
  readonly trains = false;

  /** @throws LutraError `UNSUPPORTED` for another norm than 2, which faiss reads but does not compute either */
  constructor(d: number, norm: number = 2) {
    if (norm !== 2) {
      throw new LutraError('UNSUPPORTED', `l2 norm: only norm 2 is computed, the transform has ${norm}`, {
        feature: `NormalizationTransform with norm ${norm}`,
        by: 'faiss',
      });
    }
    this.dIn = d;
    this.dOut = d;
  }

  async train(_x: Float32Array, _n: number, _context: TrainContext): Promise<void> {}

  apply(x: Float32Array, n: number): Float32Array {
    assertRows('l2 norm', x, n, this.dIn);
    return normaliseRows(x.slice(), this.dIn);
  }

  reverse(y: Float32Array, n: number): Float32Array {
    assertRows('l2 norm', y, n, this.dOut);
    return y.slice();
  }

  toData(): NormalizationData {
    return { kind: 'Normalization', dIn: this.dIn, dOut: this.dOut, isTrained: true, norm: 2 };
  }
}
