import type { LinearTransformData } from '@lutra/core';
import { orthonormalRows } from '../linalg/index.js';
import { floatRandn } from '../random/index.js';
import { LinearTransform } from './linear.js';
import { seedFor } from './training.js';
import type { TrainContext } from './vector-transform.js';

const FAISS_SEED = 12345;

/**
 * A random matrix `(dOut, dIn)` with orthonormal rows, or columns if `dOut > dIn`: faiss's own up to the rounding of its
 * float32 QR.
 * @see `faiss/VectorTransform.cpp`, RandomRotationMatrix::init
 */
export function randomRotation(dIn: number, dOut: number, seed: number): Float32Array {
  const side = Math.max(dIn, dOut);
  const { q } = orthonormalRows(floatRandn(dOut * side, seed), dOut, side);
  if (side === dIn) return Float32Array.from(q);
  const A = new Float32Array(dOut * dIn);
  for (let i = 0; i < dOut; i++) A.set(q.subarray(i * side, i * side + dIn), i * dIn);
  return A;
}

/** `RR`: a rotation that depends on nothing but the seed; training draws it. */
export class RandomRotationTransform extends LinearTransform {
  override get trains(): boolean {
    return true;
  }

  protected override get who(): string {
    return 'random rotation';
  }

  override async train(_x: Float32Array, _n: number, context: TrainContext): Promise<void> {
    this.setMatrix(randomRotation(this.dIn, this.dOut, seedFor(FAISS_SEED, context.seed)));
  }

  override toData(): LinearTransformData {
    return { ...this.linearData(), kind: 'RandomRotation' };
  }
}
