/** Vectors in levels: batches that hold the first dimensions of all their vectors, then the next, as Panorama writes them. */
export interface LevelLayout {
  readonly d: number;
  readonly nLevels: number;
  readonly batchSize: number;
}

/** Vectors a batch where a factory string does not say. */
export const DEFAULT_BATCH = 1024;

/** As many levels as `wanted` comes to: each has as many dimensions, the last perhaps fewer, and none is empty. */
export function realLevels(d: number, wanted: number): number {
  return Math.ceil(d / Math.ceil(d / wanted));
}

/**
 * The vectors, `(n, d)`, in levels, with the norms of what is behind each level; unused places are zero.
 * @see faiss/impl/Panorama.cpp
 */
export function toLevels(
  vectors: Float32Array,
  n: number,
  layout: LevelLayout,
): { codes: Uint8Array; cumSums: Float32Array } {
  const { d, nLevels, batchSize } = layout;
  const slots = Math.ceil(n / batchSize) * batchSize;
  const out = new Float32Array(slots * d);
  const cumSums = new Float32Array(slots * (nLevels + 1));
  const width = Math.ceil(d / nLevels);
  for (let i = 0; i < n; i++) {
    const place = i % batchSize;
    const batch = i - place;
    for (let from = 0; from < d; from += width) {
      const w = Math.min(width, d - from);
      out.set(vectors.subarray(i * d + from, i * d + from + w), batch * d + from * batchSize + place * w);
    }
    writeCumSums(vectors.subarray(i * d, (i + 1) * d), width, nLevels, (level, norm) => {
      cumSums[batch * (nLevels + 1) + level * batchSize + place] = norm;
    });
  }
  return { codes: new Uint8Array(out.buffer), cumSums };
}

/** Tells the norm of what is behind each level: from dimension `level · width` on. */
function writeCumSums(
  row: Float32Array,
  width: number,
  nLevels: number,
  write: (level: number, norm: number) => void,
): void {
  let sum = 0;
  write(nLevels, 0);
  for (let level = nLevels - 1; level >= 0; level--) {
    const end = Math.min((level + 1) * width, row.length);
    for (let j = level * width; j < end; j++) sum = Math.fround(sum + Math.fround(row[j]! * row[j]!));
    write(level, Math.sqrt(sum));
  }
}

/** The norms behind each level of the vectors, `(n, nLevels + 1)`. */
export function cumSumsOf(vectors: Float32Array, n: number, d: number, nLevels: number): Float32Array {
  return toLevels(vectors, n, { d, nLevels, batchSize: 1 }).cumSums;
}

/** The inverse of {@link toLevels}: the first `n` vectors of `codes`, `(n, d)`. */
export function fromLevels(
  codes: Uint8Array,
  n: number,
  { d, nLevels, batchSize }: LevelLayout,
): Float32Array {
  const aligned = codes.byteOffset % 4 === 0 ? codes : codes.slice();
  const from = new Float32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  const vectors = new Float32Array(n * d);
  const width = Math.ceil(d / nLevels);
  for (let i = 0; i < n; i++) {
    const place = i % batchSize;
    for (let j = 0; j < d; j += width) {
      const w = Math.min(width, d - j);
      const at = (i - place) * d + j * batchSize + place * w;
      vectors.set(from.subarray(at, at + w), i * d + j);
    }
  }
  return vectors;
}
