import { assertNotAborted, LutraError, type Progress, type RowSource } from '@lutra/core';
import { miniBatchKmeans, randPerm } from 'lutra';
import { REDUCE_ABOVE, REDUCED_ROWS } from '../rules.js';

/** MiniBatchKMeans's batch in RVC is 256 a processor; a fixed one keeps builds the same on every machine. */
const BATCH_ROWS = 1024;

export interface TrainingSetOptions {
  readonly shuffle: boolean;
  readonly reduce: boolean;
  readonly seed: number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** RVC's `big_npy`. */
export interface TrainingSet {
  /** `(n, d)` row-major. */
  readonly rows: Float32Array;
  readonly n: number;
  readonly d: number;
  /** Whether the rows are k-means centres rather than frames. */
  readonly reduced: boolean;
}

/**
 * All rows of `source`, shuffled by a seeded permutation, and cut down to 10,000 k-means centres when there are over
 * 200,000 of them.
 */
export async function trainingSet(source: RowSource, options: TrainingSetOptions): Promise<TrainingSet> {
  const [n, d] = source.shape;
  const rows = await readAll(source, options);
  if (n <= REDUCE_ABOVE || !options.reduce) return { rows, n, d, reduced: false };
  const centres = await miniBatchKmeans(rows, {
    d,
    k: REDUCED_ROWS,
    batchRows: BATCH_ROWS,
    seed: options.seed,
    onProgress: (p) => options.onProgress?.({ ...p, stage: 'reduce' }),
    ...(options.signal && { signal: options.signal }),
  });
  return { rows: centres, n: REDUCED_ROWS, d, reduced: true };
}

/** Each row goes straight to its place in the shuffled array, so that one copy is held. */
async function readAll(source: RowSource, options: TrainingSetOptions): Promise<Float32Array> {
  const [n, d] = source.shape;
  const rows = allocate(n, d);
  const place = options.shuffle ? inverse(randPerm(n, options.seed)) : undefined;
  let row = 0;
  for await (const block of source.blocks(options.signal ? { signal: options.signal } : {})) {
    assertNotAborted(options.signal);
    for (let at = 0; at < block.length; at += d, row++) {
      rows.set(block.subarray(at, at + d), (place ? place[row]! : row) * d);
    }
    options.onProgress?.({ stage: 'read', done: row, total: n });
  }
  return rows;
}

function allocate(n: number, d: number): Float32Array {
  try {
    return new Float32Array(n * d);
  } catch (cause) {
    throw new LutraError(
      'CAPACITY',
      `rvc: no memory for ${n} rows of ${d}`,
      { wanted: n * d * 4, what: 'rows' },
      { cause },
    );
  }
}

function inverse(order: Uint32Array): Uint32Array {
  const out = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) out[order[i]!] = i;
  return out;
}
