import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Backend, LutraError, type Progress, type RowSource, type VectorIndex } from '@lutra/core';
import { fileError } from '@lutra/core/node';
import { openNpyFile } from '@lutra/npy/node';
import { readIndexFile } from 'lutra/node';
import type { RvcVersion } from '../rules.js';
import { openFeatures } from './feature-folder.js';
import { type RvcMeasurement, storedVectors, tuneRvcIndex } from './tune-rvc-index.js';

/** What {@link reportRvcIndex} may be told. */
export interface ReportRvcOptions {
  /** The index file; the experiment's one `added_….index` unless told. */
  readonly index?: string;
  readonly version?: RvcVersion;
  /** 0.95 unless told. */
  readonly targetRecall?: number;
  readonly seed?: number;
  readonly timeBudgetSeconds?: number;
  readonly backends?: readonly Backend[];
  readonly nonFinite?: 'refuse' | 'drop';
  /** Looks at the index with what was measured, before it is given up. */
  readonly inspect?: (index: VectorIndex, report: RvcReport) => void | Promise<void>;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** What an index gives, and what it would take. */
export interface RvcReport extends RvcMeasurement {
  readonly path: string;
}

/**
 * Measures the `added_….index` of an experiment on frames of files held out of the search: what it finds at the nprobe
 * that it stores and at 1, and the least nprobe that reaches a recall. Changes nothing.
 * @param experiment - RVC's `logs/<name>` folder, with its features
 * @throws LutraError `ARGUMENT` for no index or several, and what `openFeatures` and the readers throw; `SHAPE` for
 *   features of another dimension; `UNSUPPORTED` for an index of codes alone without its `total_fea.npy`
 */
export async function reportRvcIndex(experiment: string, options: ReportRvcOptions = {}): Promise<RvcReport> {
  const { targetRecall = 0.95, seed = 1234, backends, signal, onProgress, timeBudgetSeconds } = options;
  const path = options.index ?? (await addedIndex(experiment));
  const { rows: folder } = await openFeatures(experiment, options);
  const index = await readIndexFile(path, { backends, signal });
  try {
    if (folder.shape[1] !== index.d) {
      const message = `${path}: has ${index.d} dimensions, the features have ${folder.shape[1]}`;
      const [expected, actual] = [String(folder.shape[1]), String(index.d)];
      throw new LutraError('SHAPE', message, { expected, actual, path });
    }
    const stored = (await totalFea(experiment, index)) ?? storedVectors(index, path);
    const measured = await tuneRvcIndex(index, folder, stored, {
      ...{ targetRecall, seed, apply: false, backends, timeBudgetSeconds, onProgress, signal },
    });
    const report = { path, ...measured };
    await options.inspect?.(index, report);
    return report;
  } finally {
    index.dispose();
  }
}

async function addedIndex(experiment: string): Promise<string> {
  const names = await readdir(experiment).catch((e: unknown) => {
    throw fileError(e, experiment);
  });
  const found = names.filter((name) => /^added_.*\.index$/.test(name)).sort();
  if (found.length === 1) return join(experiment, found[0]!);
  const what =
    found.length === 0 ? 'has no added_….index' : `has ${found.length} added_….index files: name one`;
  throw new LutraError('ARGUMENT', `${experiment}: ${what}`, { argument: 'index', path: experiment });
}

/** `total_fea.npy` holds what the index does, in its order, if it has as many rows. */
async function totalFea(experiment: string, index: VectorIndex): Promise<RowSource | undefined> {
  const file = await openNpyFile(join(experiment, 'total_fea.npy')).catch(() => undefined);
  return file?.shape[0] === index.ntotal && file.shape[1] === index.d ? file : undefined;
}
