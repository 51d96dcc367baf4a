import { access, constants, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LutraError, type Progress, type RowSource } from '@lutra/core';
import { fileError } from '@lutra/core/node';
import { NpyWriter, openNpyFolder } from '@lutra/npy/node';
import { type Backend, indexFactory } from 'lutra';
import { writeIndexFile } from 'lutra/node';
import {
  FEATURE_DIMENSIONS,
  factoryFor,
  featureFolderName,
  indexFileName,
  RVC_RULES,
  type RvcRules,
  type RvcVersion,
} from '../rules.js';
import { trainingSet } from './training-set.js';

const WRITE_ROWS = 8192;

export interface TrainRvcOptions {
  /** `v1` (256 dimensions, unless told) or `v2` (768). */
  readonly version?: RvcVersion;
  /** `2.2` unless told; `2.3` writes no `total_fea.npy`. */
  readonly rules?: RvcRules;
  /** Factory strings with `{n}` for RVC's list count; `['IVF{n},Flat']` unless told. */
  readonly factories?: readonly string[];
  /** Stored in the files as RVC stores it; 1 unless told. */
  readonly nprobe?: number;
  /** Shuffle the rows as RVC does, by a seeded permutation; true unless told. */
  readonly shuffle?: boolean;
  /** Cut sets over 200,000 rows down to 10,000 k-means centres; true unless told. */
  readonly reduce?: boolean;
  /** Rows with NaN or infinities: refuse unless told. */
  readonly nonFinite?: 'refuse' | 'drop';
  /** The experiment's name in file names; the folder's own unless told. */
  readonly experiment?: string;
  /** Where to write; the experiment's folder unless told. */
  readonly outDir?: string;
  readonly seed?: number;
  readonly backends?: readonly Backend[];
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface RvcIndexFiles {
  readonly factory: string;
  readonly trained: string;
  readonly added: string;
  readonly trainSeconds: number;
  readonly addSeconds: number;
}

export interface RvcTrainReport {
  /** Rows read, before any reduction. */
  readonly frames: number;
  readonly files: number;
  readonly d: number;
  /** Rows indexed. */
  readonly rows: number;
  readonly reduced: boolean;
  readonly totalFea: string | undefined;
  readonly indexes: readonly RvcIndexFiles[];
}

/**
 * RVC's index build: the features of `<experiment>/3_feature256` (or `3_feature768`) in code-point order of their file
 * names, shuffled, reduced if they are many, written as `total_fea.npy`, and indexed: `trained_….index` without vectors
 * and `added_….index` with them, each appearing whole or not at all.
 * @param experiment - RVC's `logs/<name>` folder
 * @throws LutraError `ARGUMENT` for a missing or empty folder, an unwritable one, or rows that are not finite, `SHAPE`
 *   for the other version's features, `SYNTAX` for a factory string, `ABORTED`, and what reading a file throws
 */
export async function trainRvcIndex(
  experiment: string,
  options: TrainRvcOptions = {},
): Promise<RvcTrainReport> {
  const { version = 'v1', rules = '2.2', seed = 1234, signal, onProgress } = options;
  assertKnown('version', version, FEATURE_DIMENSIONS);
  assertKnown('rules', rules, RVC_RULES);
  const outDir = options.outDir ?? experiment;
  const watch = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
  const folder = await openFeatures(experiment, version, options);
  await assertWritable(outDir);
  const { shuffle = true, reduce = true } = options;
  const set = await trainingSet(folder, { shuffle, reduce, seed, ...watch });
  const totalFea = RVC_RULES[rules].totalFea ? join(outDir, 'total_fea.npy') : undefined;
  if (totalFea) await writeRows(totalFea, set.rows, set.d);
  const names = { version, experiment: options.experiment ?? basename(resolve(experiment)), outDir };
  const indexes: RvcIndexFiles[] = [];
  for (const template of options.factories ?? ['IVF{n},Flat']) {
    indexes.push(await buildIndex(set.rows, set.d, factoryFor(set.n, template), names, { ...options, seed }));
  }
  const { n: rows, d, reduced } = set;
  return { frames: folder.shape[0], files: folder.files.length, d, rows, reduced, totalFea, indexes };
}

async function openFeatures(
  experiment: string,
  version: RvcVersion,
  options: TrainRvcOptions,
): Promise<RowSource & { files: readonly unknown[] }> {
  const path = join(experiment, featureFolderName(version));
  const { nonFinite = 'refuse', signal, onProgress } = options;
  const watch = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
  const folder = await openNpyFolder(path, { nonFinite, ...watch });
  const [n, d] = folder.shape;
  if (d !== FEATURE_DIMENSIONS[version]) {
    throw new LutraError(
      'SHAPE',
      `${path}: features have ${d} dimensions, ${version} has ${FEATURE_DIMENSIONS[version]}`,
      {
        expected: String(FEATURE_DIMENSIONS[version]),
        actual: String(d),
        path,
      },
    );
  }
  if (n === 0)
    throw new LutraError('ARGUMENT', `${path}: the files hold no rows`, { argument: 'experiment', path });
  return folder;
}

async function assertWritable(path: string): Promise<void> {
  try {
    if (!(await stat(path)).isDirectory())
      throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
    await access(path, constants.W_OK);
  } catch (e) {
    throw fileError(e, path);
  }
}

function assertKnown(argument: string, value: string, known: object): void {
  if (Object.hasOwn(known, value)) return;
  const expected = Object.keys(known).join(' or ');
  throw new LutraError('ARGUMENT', `${argument}: ${value} is not ${expected}`, { argument, value, expected });
}

async function writeRows(path: string, rows: Float32Array, d: number): Promise<void> {
  const writer = await NpyWriter.create(path, { d });
  try {
    for (let at = 0; at < rows.length; at += WRITE_ROWS * d)
      await writer.write(rows.subarray(at, at + WRITE_ROWS * d));
    await writer.close();
  } catch (e) {
    await writer.abort();
    throw e;
  }
}

async function buildIndex(
  rows: Float32Array,
  d: number,
  factory: string,
  names: { version: RvcVersion; experiment: string; outDir: string },
  options: TrainRvcOptions & { seed: number },
): Promise<RvcIndexFiles> {
  const { nprobe = 1, seed, backends, signal, onProgress } = options;
  const watch = {
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (p: Progress) => onProgress({ ...p, stage: `${factory} ${p.stage}` }) }),
  };
  const index = await indexFactory(factory, { d, metric: 'l2', ...(backends && { backends }) });
  try {
    if ('nprobe' in index.parameters) index.setParameters({ nprobe });
    const path = (stage: 'trained' | 'added') =>
      join(names.outDir, indexFileName(stage, { factory, nprobe, ...names }));
    const trainSeconds = await timed(() => index.train(rows, { seed, ...watch }));
    await writeIndexFile(path('trained'), index, watch);
    const addSeconds = await timed(() => index.add(rows, watch));
    await writeIndexFile(path('added'), index, watch);
    return { factory, trained: path('trained'), added: path('added'), trainSeconds, addSeconds };
  } finally {
    index.dispose();
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
