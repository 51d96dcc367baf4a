import { join } from 'node:path';
import { LutraError, type Progress, type VectorIndex } from '@lutra/core';
import { tuneRecordPath, writeTuneRecord } from '@lutra/tune/node';
import { type Backend, indexFactory } from 'lutra';
import { writeIndexFile } from 'lutra/node';
import { factoryFor, indexFileName, type RvcVersion } from '../rules.js';
import type { RvcMeasurement } from './tune-rvc-index.js';

/** The two files of an index, and how long it took. */
export interface RvcIndexFiles {
  /** As built: the template with `{n}` filled in. */
  readonly factory: string;
  /** Trained, without vectors. */
  readonly trained: string;
  /** With all vectors: the one that RVC loads. */
  readonly added: string;
  readonly trainSeconds: number;
  readonly addSeconds: number;
  /** What the measured nprobe gives, and the record of it; where one was asked for. */
  readonly tuned?: { readonly why: string; readonly reached: boolean; readonly record: string };
}

/** An index about to be trained, and the names of its files. */
export interface IndexPlan {
  readonly factory: string;
  readonly trained: string;
  readonly added: string;
  readonly nprobe: number | undefined;
  /** The names that the files have with another nprobe. */
  readonly named: (nprobe: number | undefined) => { readonly trained: string; readonly added: string };
}

export interface PlanOptions {
  readonly n: number;
  readonly d: number;
  readonly version: RvcVersion;
  readonly experiment: string;
  readonly outDir: string;
  readonly nprobe?: number;
  readonly backends?: readonly Backend[];
}

/**
 * What each template comes to for `n` rows. Each index is made once and given back, so that a bad string or parameter is
 * known before the features are read.
 * @throws LutraError what `indexFactory` and `setParameters` throw; `ARGUMENT` for two indexes of one name
 */
export async function planIndexes(
  templates: readonly string[],
  options: PlanOptions,
): Promise<readonly IndexPlan[]> {
  if (!Array.isArray(templates) || templates.length === 0) {
    throw new LutraError('ARGUMENT', 'factories: wanted a list of at least one factory string', {
      argument: 'factories',
      value: templates,
    });
  }
  const plans: IndexPlan[] = [];
  for (const template of templates) {
    const plan = await planIndex(template, options);
    if (plans.some(({ added }) => added === plan.added)) {
      throw new LutraError('ARGUMENT', `factories: two indexes would be written to ${plan.added}`, {
        argument: 'factories',
        value: template,
      });
    }
    plans.push(plan);
  }
  return plans;
}

async function planIndex(template: string, options: PlanOptions): Promise<IndexPlan> {
  const { n, d, backends, outDir } = options;
  const factory = factoryFor(n, template);
  const index = await createIndex(factory, d, options.nprobe, backends);
  const { nprobe } = index.parameters;
  index.dispose();
  const named: IndexPlan['named'] = (visited) => {
    const names = { ...options, factory, nprobe: visited };
    const path = (stage: 'trained' | 'added'): string => join(outDir, indexFileName(stage, names));
    return { trained: path('trained'), added: path('added') };
  };
  return { factory, ...named(nprobe), nprobe, named };
}

/** RVC's nprobe of 1 is that of every new index; another must be one that the index has. */
async function createIndex(
  factory: string,
  d: number,
  nprobe: number | undefined,
  backends: readonly Backend[] | undefined,
): Promise<VectorIndex> {
  const index = await indexFactory(factory, { d, metric: 'l2', backends });
  if (nprobe === undefined) return index;
  try {
    index.setParameters({ nprobe });
    return index;
  } catch (e) {
    index.dispose();
    throw e;
  }
}

export interface BuildOptions {
  readonly seed: number;
  readonly backends?: readonly Backend[];
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
  /** Measures the filled index and stores in it what reaches the recall. */
  readonly tune?: (index: VectorIndex) => Promise<RvcMeasurement>;
}

/**
 * Trains on `rows`, `(n, d)`, writes the trained index, adds them, writes it again. With a measured nprobe, which is part
 * of both names, the trained index is written last.
 */
export async function buildIndex(
  rows: Float32Array,
  d: number,
  plan: IndexPlan,
  options: BuildOptions,
): Promise<RvcIndexFiles> {
  const { seed, backends, signal, onProgress, tune } = options;
  const { factory, trained, added, nprobe } = plan;
  const watch = {
    signal,
    onProgress: onProgress && ((p: Progress) => onProgress({ ...p, stage: `${factory} ${p.stage}` })),
  };
  const index = await createIndex(factory, d, nprobe, backends);
  try {
    const trainSeconds = await timed(() => index.train(rows, { seed, ...watch }));
    if (tune === undefined) await writeIndexFile(trained, index, watch);
    const addSeconds = await timed(() => index.add(rows, watch));
    const seconds = { trainSeconds, addSeconds };
    if (tune !== undefined) return { factory, ...seconds, ...(await writeTuned(index, plan, tune, watch)) };
    await writeIndexFile(added, index, watch);
    return { factory, trained, added, ...seconds };
  } finally {
    index.dispose();
  }
}

async function writeTuned(
  index: VectorIndex,
  plan: IndexPlan,
  tune: (index: VectorIndex) => Promise<RvcMeasurement>,
  watch: { signal?: AbortSignal | undefined },
): Promise<Pick<RvcIndexFiles, 'trained' | 'added' | 'tuned'>> {
  const { why, reached, record } = await tune(index);
  const { trained, added } = plan.named(index.parameters.nprobe);
  await writeIndexFile(added, index, watch);
  const path = tuneRecordPath(added);
  await writeTuneRecord(path, record);
  index.reset();
  await writeIndexFile(trained, index, watch);
  return { trained, added, tuned: { why, reached, record: path } };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
