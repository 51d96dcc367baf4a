/**
 * A two-dimensional array of rows, float32 unless told, that can be read more than once, whole or in ranges, without being
 * held: an `.npy` file, a folder of them, a table. `@lutra/npy` makes them.
 */
export interface RowSource<Block = Float32Array> {
  /** `(n, d)` in rows and elements; `n` is known before anything is read. */
  readonly shape: readonly [n: number, d: number];
  /**
   * The rows `[start, end)` in order, in blocks of at most `blockRows` rows, each `(rows, d)` row-major.
   * A block may be reused by the next: copy what must last.
   */
  blocks(options?: RowRange): AsyncIterable<Block>;
}

/** A range of rows and how many of them come at a time. */
export interface RowRange {
  /** First row, 0 unless told. */
  start?: number;
  /** One past the last row, `n` unless told. */
  end?: number;
  /** Rows a block at most. */
  blockRows?: number;
  signal?: AbortSignal;
}

/**
 * Vectors given to an index, row-major `(n, d)`: one array, a re-readable source, or a stream of blocks whose lengths
 * are multiples of `d`. A stream never sits in memory whole.
 */
export type Rows = Float32Array | RowSource | AsyncIterable<Float32Array>;

/** Whether `x` is a {@link RowSource}. */
export function isRowSource<Block = Float32Array>(x: unknown): x is RowSource<Block> {
  if (typeof x !== 'object' || x === null) return false;
  const s = x as { shape?: unknown; blocks?: unknown };
  return Array.isArray(s.shape) && s.shape.length === 2 && typeof s.blocks === 'function';
}
