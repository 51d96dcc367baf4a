import { type Backend, LutraError, type Progress, type RowSource, type VectorIndex } from '@lutra/core';
import type { NpyFolder } from '@lutra/npy/node';
import { exactByBackend, type TuneResult, tune } from '@lutra/tune';
import { ts } from 'lutra';
import { voiceSample } from './voice-sample.js';

/** RVC looks at the 8 nearest frames. */
export const RVC_K = 8;

/** How an index of speech is measured. */
export interface MeasureRvcOptions {
  /** The recall that the chosen nprobe is to reach, above 0 to 1. */
  readonly targetRecall: number;
  readonly seed: number;
  readonly apply: boolean;
  readonly backends?: readonly Backend[] | undefined;
  /** Seconds that the choice may take; 60 unless told. */
  readonly timeBudgetSeconds?: number | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was measured, and on which speech. */
export interface RvcMeasurement extends TuneResult {
  /** Files whose frames were the queries, of all. */
  readonly heldOutFiles: number;
  readonly ofFiles: number;
}

/**
 * Recall of an index at RVC's k of 8 for speech that is not in it: frames of files that are held out of the search.
 * @param rows - what the index stores, in the order of its labels
 */
export async function tuneRvcIndex(
  index: VectorIndex,
  folder: NpyFolder,
  rows: RowSource,
  options: MeasureRvcOptions,
): Promise<RvcMeasurement> {
  const { targetRecall, seed, apply, timeBudgetSeconds, onProgress, signal } = options;
  const k = Math.min(RVC_K, index.ntotal);
  const watch = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
  const exact = exactByBackend(ts());
  const sample = await voiceSample(folder, rows, { k, seed, exact, ...watch });
  const { queries, groundTruth, filter, files, ofFiles } = sample;
  const result = await tune(index, {
    ...{ queries, groundTruth, targetRecall, seed, apply, k: groundTruth.k, ...watch },
    ...(filter && { filter }),
    ...(timeBudgetSeconds !== undefined && { timeBudgetSeconds }),
  });
  return { ...result, heldOutFiles: files, ofFiles };
}

const BLOCK = 4096;

/**
 * What `index` stores, read from it in blocks.
 * @throws LutraError `UNSUPPORTED` for an index that does not keep whole vectors
 */
export function storedVectors(index: VectorIndex, path: string): RowSource {
  const { spec } = index;
  const whole =
    spec.kind === 'Flat' || spec.kind === 'RefineFlat' || (spec.kind === 'Ivf' && spec.codec.kind === 'Flat');
  if (!whole) {
    const feature = 'measuring an index that keeps codes alone, without its total_fea.npy';
    throw new LutraError('UNSUPPORTED', `${path}: ${feature} is not done`, { feature, by: '@lutra/rvc' });
  }
  return {
    shape: [index.ntotal, index.d],
    async *blocks({ start = 0, end = index.ntotal, blockRows = BLOCK } = {}) {
      for (let at = start; at < end; at += blockRows) {
        const count = Math.min(blockRows, end - at);
        yield await index.reconstruct(Float64Array.from({ length: count }, (_, i) => at + i));
      }
    },
  };
}
