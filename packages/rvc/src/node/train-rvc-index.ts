import { basename, join, resolve } from 'node:path';
import { assertNotAborted, LutraError, type Progress, type RowSource, type VectorIndex } from '@lutra/core';
import { type NpyFolder, NpyWriter } from '@lutra/npy/node';
import type { Backend } from 'lutra';
import { assertKnown } from '../assert-known.js';
import {
  FEATURE_DIMENSIONS,
  REDUCE_ABOVE,
  REDUCED_ROWS,
  RVC_RULES,
  type RvcRules,
  type RvcVersion,
} from '../rules.js';
import { openFeatures } from './feature-folder.js';
import { buildIndex, planIndexes, type RvcIndexFiles } from './index-build.js';
import { assertOutputs } from './output-files.js';
import { type TrainingSet, trainingSet } from './training-set.js';
import { type RvcMeasurement, tuneRvcIndex } from './tune-rvc-index.js';

const WRITE_ROWS = 8192;

/** How {@link trainRvcIndex} builds; without options as RVC 2.2 does. */
export interface TrainRvcOptions {
  /** `v1` (256 dimensions) or `v2` (768); that of the feature folder that is there unless told. */
  readonly version?: RvcVersion;
  /** `2.2` unless told; `2.3` writes no `total_fea.npy`. */
  readonly rules?: RvcRules;
  /** Factory strings with `{n}` for RVC's list count; `['IVF{n},Flat']` unless told. */
  readonly factories?: readonly string[];
  /** Stored in the files as RVC stores it; 1 unless told. */
  readonly nprobe?: number;
  /**
   * Measure, and store the least nprobe (and kFactor) whose recall at k 8 reaches this for speech that is not in the index:
   * for frames of files held out of the search. It is then part of the file names, and a record lies beside the index.
   * An index that cannot reach it keeps its parameters.
   */
  readonly targetRecall?: number;
  /** Shuffle the rows as RVC does, by a seeded permutation; true unless told. */
  readonly shuffle?: boolean;
  /** Cut sets over 200,000 rows down to 10,000 k-means centres; true unless told. */
  readonly reduce?: boolean;
  /** Rows with NaN or infinities: refuse unless told. */
  readonly nonFinite?: 'refuse' | 'drop';
  /** The experiment's name in file names; the folder's own unless told. */
  readonly experiment?: string;
  /** Where to write, a folder that exists; the experiment's unless told. */
  readonly outDir?: string;
  /** Of the shuffle, the reduction and the training; 1234 unless told. */
  readonly seed?: number;
  /** Who builds; the engine of `@lutra/backend-ts` unless told. */
  readonly backends?: readonly Backend[];
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** What was read and written. */
export interface RvcTrainReport {
  readonly version: RvcVersion;
  /** Rows read, before any reduction; without the dropped ones. */
  readonly frames: number;
  /** Rows left out for NaN or infinities. */
  readonly dropped: number;
  readonly files: number;
  /** Entries of the feature folder that are no `.npy` files, which RVC would try to load. */
  readonly ignored: readonly string[];
  readonly d: number;
  /** Rows indexed. */
  readonly rows: number;
  /** Whether those are k-means centres rather than frames. */
  readonly reduced: boolean;
  readonly totalFea: string | undefined;
  readonly indexes: readonly RvcIndexFiles[];
}

/**
 * RVC's index build: the features of `<experiment>/3_feature256` (or `3_feature768`) in code-point order of their file
 * names, shuffled, reduced if they are many, written as `total_fea.npy`, and indexed: `trained_….index` without vectors
 * and `added_….index` with them, each appearing whole or not at all. Files of these names are replaced.
 *
 * The same files, options and seed give the same bytes. Memory: the rows once, and once more inside the index.
 * @param experiment - RVC's `logs/<name>` folder
 * @throws LutraError `ARGUMENT` for a missing or empty folder, one that cannot be written to, or rows that are not
 *   finite, `SHAPE` for the other version's features, `SYNTAX` for a factory string, `ABORTED`, and what reading a file
 *   throws. Options, headers, factory strings and the out folder are checked before the rows are read
 */
export async function trainRvcIndex(
  experiment: string,
  options: TrainRvcOptions = {},
): Promise<RvcTrainReport> {
  const { rules = '2.2', seed = 1234, reduce = true, shuffle = true, nprobe, backends } = options;
  const { signal, onProgress, outDir = experiment, factories = ['IVF{n},Flat'] } = options;
  if (options.version !== undefined) assertKnown('version', options.version, Object.keys(FEATURE_DIMENSIONS));
  assertKnown('rules', rules, Object.keys(RVC_RULES));
  assertSeed(seed);
  assertTarget(options);
  const name = experimentName(options.experiment ?? basename(resolve(experiment)));
  assertNotAborted(signal);
  const { version, rows, ignored } = await openFeatures(experiment, options);
  const [frames, d] = rows.shape;
  const n = reduce && frames > REDUCE_ABOVE ? REDUCED_ROWS : frames;
  const naming = { version, experiment: name, outDir };
  const plans = await planIndexes(factories, { ...naming, n, d, nprobe, backends });
  const totalFea = RVC_RULES[rules].totalFea ? join(outDir, 'total_fea.npy') : undefined;
  const outputs = plans.flatMap(({ trained, added }) => [trained, added]);
  await assertOutputs(totalFea ? [totalFea, ...outputs] : outputs);

  const watch = { signal, onProgress };
  const set = await trainingSet(rows, { shuffle, reduce, seed, ...watch });
  if (totalFea) await writeRows(totalFea, set, watch);
  const indexes: RvcIndexFiles[] = [];
  for (const plan of plans) {
    const measure = options.targetRecall === undefined ? undefined : measurer(set, rows, options, seed);
    indexes.push(
      await buildIndex(set.rows, d, plan, { seed, backends, ...watch, ...(measure && { tune: measure }) }),
    );
  }
  const dropped = rows.files.reduce((sum, file) => sum + file.dropped, 0);
  const read = { version, frames, dropped, files: rows.files.length, ignored };
  return { ...read, d, rows: set.n, reduced: set.reduced, totalFea, indexes };
}

function assertTarget({ targetRecall, nprobe }: TrainRvcOptions): void {
  if (targetRecall === undefined) return;
  const fault =
    nprobe !== undefined
      ? `wanted one of targetRecall and nprobe, got ${targetRecall} and ${nprobe}`
      : targetRecall > 0 && targetRecall <= 1
        ? undefined
        : `${targetRecall} is no recall above 0 to 1`;
  if (fault === undefined) return;
  const details = { argument: 'targetRecall', value: targetRecall };
  throw new LutraError('ARGUMENT', `targetRecall: ${fault}`, details);
}

/** Measures an index of all rows of `set` by frames of `folder`. */
function measurer(
  set: TrainingSet,
  folder: NpyFolder,
  { targetRecall, backends, onProgress, signal }: TrainRvcOptions,
  seed: number,
): (index: VectorIndex) => Promise<RvcMeasurement> {
  const { rows, n, d } = set;
  const source: RowSource = {
    shape: [n, d],
    async *blocks({ start = 0, end = n, blockRows = WRITE_ROWS } = {}) {
      for (let at = start; at < end; at += blockRows)
        yield rows.subarray(at * d, Math.min(end, at + blockRows) * d);
    },
  };
  const options = { targetRecall: targetRecall!, seed, apply: true, backends, onProgress, signal };
  return (index) => tuneRvcIndex(index, folder, source, options);
}

function assertSeed(seed: number): void {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return;
  const message = `seed: ${seed} is not a whole number below 2^32`;
  throw new LutraError('ARGUMENT', message, { argument: 'seed', value: seed });
}

/** A name becomes part of file names. */
function experimentName(name: string): string {
  if (name !== '' && !/[/\\\0]/.test(name)) return name;
  const message = `experiment: ${JSON.stringify(name)} is no name for files, wanted one without / and \\`;
  throw new LutraError('ARGUMENT', message, { argument: 'experiment', value: name });
}

async function writeRows(
  path: string,
  { rows, n, d }: TrainingSet,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (progress: Progress) => void },
): Promise<void> {
  const writer = await NpyWriter.create(path, { d });
  try {
    for (let row = 0; row < n; row += WRITE_ROWS) {
      assertNotAborted(signal);
      await writer.write(rows.subarray(row * d, (row + WRITE_ROWS) * d));
      onProgress?.({ stage: 'total_fea.npy', done: writer.rows, total: n });
    }
    assertNotAborted(signal);
    await writer.close();
  } catch (e) {
    await writer.abort();
    throw e;
  }
}
