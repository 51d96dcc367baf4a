import { type LinearFields, LutraError, type TransformData } from '@lutra/core';

/** How far `A · Aᵀ` may be from the identity for `A` to count as orthonormal; faiss's own figure. */
const ORTHONORMAL_WITHIN = 4e-5;

/**
 * The way back through a transform, for one row.
 * @throws LutraError `UNSUPPORTED` where there is none
 * @see faiss/VectorTransform.cpp, reverse_transform
 */
export function reversible(t: TransformData): (y: Float32Array) => Float32Array {
  switch (t.kind) {
    case 'Linear':
    case 'RandomRotation':
    case 'Pca':
      if (!isOrthonormal(t, t.dIn, t.dOut)) return noWayBack(`${t.kind} that is no rotation`);
      return (y) => reverseLinear(t, t.dIn, y);
    case 'Normalization':
      // lengths are lost, as in faiss
      return (y) => y;
    case 'Centering':
      return (y) => y.map((v, i) => v + t.mean[i]!);
    case 'RemapDimensions':
      return (y) => {
        const x = new Float32Array(t.dIn);
        t.map.forEach((from, i) => {
          if (from >= 0) x[from] = y[i]!;
        });
        return x;
      };
    default:
      return noWayBack(t.kind);
  }
}

function noWayBack(what: string): never {
  throw new LutraError('UNSUPPORTED', `reconstruct: there is no way back through a ${what} transform`, {
    feature: `the reverse of ${what}`,
    by: 'faiss',
  });
}

function reverseLinear({ A, b, haveBias }: LinearFields, dIn: number, y: Float32Array): Float32Array {
  const x = new Float64Array(dIn);
  for (let i = 0; i < y.length; i++) {
    const v = y[i]! - (haveBias ? b[i]! : 0);
    for (let j = 0; j < dIn; j++) x[j]! += v * A[i * dIn + j]!;
  }
  return Float32Array.from(x);
}

function isOrthonormal({ A }: LinearFields, dIn: number, dOut: number): boolean {
  if (dOut > dIn) return false;
  for (let i = 0; i < dOut; i++) {
    for (let j = 0; j <= i; j++) {
      let dot = 0;
      for (let k = 0; k < dIn; k++) dot += A[i * dIn + k]! * A[j * dIn + k]!;
      if (Math.abs(dot - (i === j ? 1 : 0)) > ORTHONORMAL_WITHIN) return false;
    }
  }
  return true;
}
