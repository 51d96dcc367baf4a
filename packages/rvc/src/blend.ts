import { LutraError, type SearchParameters, type VectorIndex } from '@lutra/core';
import { assertBlendable } from './assert-blendable.js';
import { blendFrame, neighbourWeights } from './blend-frame.js';
import { compatFrame } from './compat.js';

const CHUNK_FRAMES = 256;

/** How {@link blendFeatures} mixes. */
export interface BlendOptions {
  /** Neighbours a frame; RVC's 8 unless told. */
  readonly k?: number;
  /** Share of the retrieved features, 0 to 1; 0.75 unless told. 0 gives the features back and searches nothing. */
  readonly indexRate?: number;
  /** RVC's own arithmetic, its infinities and NaN included. */
  readonly compat?: boolean;
  /** Search parameters that differ from those stored in the index. */
  readonly parameters?: Pick<SearchParameters, 'nprobe' | 'kFactor' | 'efSearch' | 'sketches'>;
  readonly signal?: AbortSignal;
  /** In frames. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The mixed features, and how often the special cases came up; all counts are 0 for an index rate of 0. */
export interface BlendResult {
  /** `(frames, d)` row-major. */
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
 * `1 / distance_i²` (the index's distance is squared itself: the fourth power of the Euclidean one) and summing to 1.
 *
 * Where RVC's arithmetic breaks, this is what happens instead: a neighbour at distance 0 takes all the weight, several
 * share it; missing neighbours (-1) have none; a frame without any neighbour stays as it is; distances of any size are
 * weighed against the nearest, so nothing overflows. All results are finite for finite vectors. `compat` gives RVC's
 * numbers: NaN for an exact hit and for an empty list.
 *
 * @param features - `(T, d)` row-major float32; not modified
 * @throws LutraError `SHAPE` for what is not whole frames of the index's width, `ARGUMENT` for frames with NaN or infinities,
 *   a rate outside 0 to 1, a k below 1, a parameter that the index does not have, or an index that is not l2, `STATE` for an
 *   empty index (a `trained_…` file instead of an `added_…` one), `ABORTED`
 */
export async function blendFeatures(
  index: VectorIndex,
  features: Float32Array,
  options: BlendOptions = {},
): Promise<BlendResult> {
  const { k = 8, indexRate = 0.75, compat = false, signal, onProgress } = options;
  assertBlendable(index, features, { k, indexRate });
  const { d } = index;
  const frames = features.length / d;
  const counts = { exactFrames: 0, emptyFrames: 0, shortFrames: 0 };
  // RVC leaves the index alone then, exact hits and all
  if (indexRate === 0) return { features: features.slice(), frames, ...counts };
  const out = outputOf(features.length);
  const parameters = { ...options.parameters, ...(signal && { signal }) };
  for (let start = 0; start < frames; start += CHUNK_FRAMES) {
    const end = Math.min(frames, start + CHUNK_FRAMES);
    const x = features.subarray(start * d, end * d);
    const { labels, distances } = await index.search(x, k, parameters);
    const known = await neighbours(index, labels);
    for (let t = 0; t < end - start; t++) {
      const scores = distances.subarray(t * k, (t + 1) * k);
      const ids = labels.subarray(t * k, (t + 1) * k);
      const rows = Array.from(ids, (id) => known.get(id));
      const frame = x.subarray(t * d, (t + 1) * d);
      const to = out.subarray((start + t) * d, (start + t + 1) * d);
      const weighed = neighbourWeights(scores, rows);
      if (weighed.exact) counts.exactFrames++;
      if (weighed.found === 0) counts.emptyFrames++;
      if (weighed.found < k) counts.shortFrames++;
      if (compat) compatFrame(frame, scores, rows, indexRate, to);
      else blendFrame(frame, weighed, rows, indexRate, to);
    }
    onProgress?.(end, frames);
  }
  return { features: out, frames, ...counts };
}

/** The stored vectors of all labels found, each once. */
async function neighbours(index: VectorIndex, labels: Float64Array): Promise<Map<number, Float32Array>> {
  const ids = [...new Set(labels)].filter((id) => id >= 0);
  const rows = await index.reconstruct(ids);
  return new Map(ids.map((id, i) => [id, rows.subarray(i * index.d, (i + 1) * index.d)]));
}

function outputOf(length: number): Float32Array {
  try {
    return new Float32Array(length);
  } catch (cause) {
    const message = `blend: no memory for ${length} numbers`;
    throw new LutraError('CAPACITY', message, { wanted: length * 4, what: 'features' }, { cause });
  }
}
