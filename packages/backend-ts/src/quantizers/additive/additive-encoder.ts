import type { Task } from '../../task.js';

/**
 * How the indices into the codebooks of an additive quantizer, and the codebooks themselves, are found. What the codes then
 * mean is the same for all.
 */
export interface AdditiveEncoder {
  readonly d: number;
  /** Bits of the index into each codebook. */
  readonly nbits: readonly number[];
  /** Parts of a vector, each with codebooks of its own; 1 but for product quantizers. */
  readonly parts: number;
  /** Rows that training in an IVF looks at, at most. */
  readonly maxTrainRows: number;
  /** Learns from x, `(n, d)`: rows of `d / parts` floats, `2 ** nbits[m]` of them, codebook after codebook. */
  train(x: Float32Array, n: number, task: Task): Promise<Float32Array>;
  /** Takes codebooks over, as {@link train} gives them. */
  load(codebooks: Float32Array): void;
  /** Indices, `(n, M)`, for x, `(n, d)`. */
  encode(x: Float32Array, n: number): Int32Array;
}

/** Numbers in all codebooks. */
export function codebookFloats({ d, parts, nbits }: Pick<AdditiveEncoder, 'd' | 'parts' | 'nbits'>): number {
  return (d / parts) * nbits.reduce((sum, b) => sum + 2 ** b, 0);
}

/** The vectors of indices `(n, M)`, `(n, d)`. */
export function decodeIndices(
  encoder: Pick<AdditiveEncoder, 'd' | 'parts' | 'nbits'>,
  codebooks: Float32Array,
  indices: Int32Array,
  n: number,
): Float32Array {
  const { d, parts, nbits } = encoder;
  const M = nbits.length;
  const dsub = d / parts;
  const out = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    let book = 0;
    for (let m = 0; m < M; m++) {
      const row = book + indices[i * M + m]! * dsub;
      const to = i * d + Math.floor((m * parts) / M) * dsub;
      for (let j = 0; j < dsub; j++) out[to + j]! += codebooks[row + j]!;
      book += dsub * 2 ** nbits[m]!;
    }
  }
  return out;
}
