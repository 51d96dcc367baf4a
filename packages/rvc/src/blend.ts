import { LutraError, type SearchParameters, type VectorIndex } from '@lutra/core';
import { compatFrame } from './compat.js';

const CHUNK_FRAMES = 256;

export interface BlendOptions {
  /** Neighbours a frame; RVC's 8 unless told. */
  readonly k?: number;
  /** Share of the retrieved features, 0 to 1; RVC's slider, 0.75 unless told. */
  readonly indexRate?: number;
  /** RVC's own arithmetic, its infinities and NaN included. */
  readonly compat?: boolean;
  /** Search parameters that differ from those stored in the index. */
  readonly parameters?: Pick<SearchParameters, 'nprobe' | 'kFactor' | 'efSearch'>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface BlendResult {
  /** `(T, d)` row-major. */
  readonly features: Float32Array;
  readonly frames: number;
  /** Frames that met a stored vector exactly (distance 0). */
  readonly exactFrames: number;
  /** Frames for which nothing was found; they stay as they were. */
  readonly emptyFrames: number;
  /** Frames with fewer than k neighbours, the empty ones included. */
  readonly shortFrames: number;
}

/**
 * Mixes each frame with its neighbours: `rate · sum_i w_i · y_i + (1 - rate) · x`, weights `w_i` proportional to
 * `1 / distance_i²` (the index's squared distance) and summing to 1.
 *
 * Where RVC's arithmetic breaks, this is what happens instead: a neighbour at distance 0 takes all the weight, several
 * share it; missing neighbours (-1) have none; a frame without any neighbour stays as it is. All results are finite for
 * finite input. `compat` gives RVC's numbers: NaN for an exact hit and for an empty list, the last row standing in for
 * missing ones.
 *
 * @param features - `(T, d)` row-major float32; not modified
 * @throws LutraError `SHAPE` if the width is not the index's, `ARGUMENT` for a rate outside 0 to 1, a k below 1, or an
 *   index that is not l2, `STATE` for an empty index (a `trained_…` file instead of an `added_…` one)
 */
export async function blendFeatures(
  index: VectorIndex,
  features: Float32Array,
  options: BlendOptions = {},
): Promise<BlendResult> {
  const { k = 8, indexRate = 0.75, compat = false, signal } = options;
  assertBlendable(index, features, indexRate);
  const { d } = index;
  const frames = features.length / d;
  const out = new Float32Array(features.length);
  const counts = { exactFrames: 0, emptyFrames: 0, shortFrames: 0 };
  const parameters = { ...options.parameters, ...(signal && { signal }) };
  // RVC indexes its array of vectors with the label -1: that is its last row
  const lastRow = compat ? await index.reconstruct([index.ntotal - 1]) : new Float32Array(0);
  for (let start = 0; start < frames; start += CHUNK_FRAMES) {
    const end = Math.min(frames, start + CHUNK_FRAMES);
    const x = features.subarray(start * d, end * d);
    const { labels, distances } = await index.search(x, k, parameters);
    const known = await neighbours(index, labels);
    for (let t = 0; t < end - start; t++) {
      const dis = distances.subarray(t * k, (t + 1) * k);
      const ids = labels.subarray(t * k, (t + 1) * k);
      count(counts, dis, ids);
      const rows = Array.from(ids, (id) => known.get(id) ?? (compat ? lastRow : undefined));
      const frame = x.subarray(t * d, (t + 1) * d);
      const to = out.subarray((start + t) * d, (start + t + 1) * d);
      if (compat) compatFrame(frame, dis, rows as Float32Array[], indexRate, to);
      else blendFrame(frame, dis, rows, indexRate, to);
    }
    options.onProgress?.(end, frames);
  }
  return { features: out, frames, ...counts };
}

function assertBlendable(index: VectorIndex, features: Float32Array, indexRate: number): void {
  if (features.length % index.d !== 0) {
    throw new LutraError('SHAPE', `blend: ${features.length} numbers are no whole frames of ${index.d}`, {
      argument: 'features',
      expected: `a multiple of ${index.d}`,
      actual: String(features.length),
    });
  }
  if (!(indexRate >= 0 && indexRate <= 1)) {
    throw new LutraError('ARGUMENT', `blend: index rate ${indexRate} is not in 0 to 1`, {
      argument: 'indexRate',
      value: indexRate,
      expected: '0 to 1',
    });
  }
  if (index.metric !== 'l2') {
    throw new LutraError('ARGUMENT', `blend: weights come from l2 distances, the index has ${index.metric}`, {
      argument: 'index',
      value: index.metric,
      expected: 'l2',
    });
  }
  if (index.ntotal === 0) {
    const message = 'blend: the index holds no vectors; it may be a trained_ file, the added_ one is wanted';
    throw new LutraError('STATE', message, { state: 'empty' });
  }
}

/** The stored vectors of all labels found, each once. */
async function neighbours(index: VectorIndex, labels: Float64Array): Promise<Map<number, Float32Array>> {
  const ids = [...new Set(labels)].filter((id) => id >= 0);
  const rows = await index.reconstruct(ids);
  return new Map(ids.map((id, i) => [id, rows.subarray(i * index.d, (i + 1) * index.d)]));
}

function count(
  counts: { exactFrames: number; emptyFrames: number; shortFrames: number },
  distances: Float32Array,
  labels: Float64Array,
): void {
  const missing = labels.filter((id) => id < 0).length;
  if (missing > 0) counts.shortFrames++;
  if (missing === labels.length) counts.emptyFrames++;
  else if (distances.some((v, i) => v === 0 && labels[i]! >= 0)) counts.exactFrames++;
}

/** One frame, in float64, by weights relative to the nearest: no overflow, no 0 / 0. */
function blendFrame(
  x: Float32Array,
  distances: Float32Array,
  rows: readonly (Float32Array | undefined)[],
  rate: number,
  out: Float32Array,
): void {
  const weights = neighbourWeights(distances, rows);
  if (!weights) {
    out.set(x);
    return;
  }
  for (let j = 0; j < x.length; j++) {
    let mean = 0;
    for (let i = 0; i < rows.length; i++) if (weights[i]! > 0) mean += weights[i]! * rows[i]![j]!;
    out[j] = rate * mean + (1 - rate) * x[j]!;
  }
}

/** Weights that sum to 1, 0 for missing rows; undefined if all are missing. */
function neighbourWeights(
  distances: Float32Array,
  rows: readonly (Float32Array | undefined)[],
): Float64Array | undefined {
  const present = rows.map((row) => row !== undefined);
  const nearest = distances.reduce(
    (least, v, i) => (present[i] && v < least ? v : least),
    Number.POSITIVE_INFINITY,
  );
  if (!present.includes(true)) return undefined;
  const raw = Float64Array.from(distances, (v, i) => {
    if (!present[i]) return 0;
    // relative to the nearest the largest weight is 1; at distance 0 only exact hits count
    return nearest <= 0 ? (v <= 0 ? 1 : 0) : (nearest / v) ** 2;
  });
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((w) => w / sum);
}
