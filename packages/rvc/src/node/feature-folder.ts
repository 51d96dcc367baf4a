import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LutraError, type Progress } from '@lutra/core';
import { fileError } from '@lutra/core/node';
import { type NpyFolder, openNpyFolder } from '@lutra/npy/node';
import { assertKnown } from '../assert-known.js';
import { FEATURE_DIMENSIONS, featureFolderName, type RvcVersion } from '../rules.js';

/** How to open the features of an experiment. */
export interface FeatureFolderOptions {
  readonly version?: RvcVersion;
  /** Rows with NaN or infinities: refuse unless told. */
  readonly nonFinite?: 'refuse' | 'drop';
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** The features of an experiment, not yet read. */
export interface FeatureFolder {
  readonly version: RvcVersion;
  readonly rows: NpyFolder;
  /** Entries of the folder that are no `.npy` files. RVC loads those too, and fails. */
  readonly ignored: readonly string[];
}

/**
 * Opens `<experiment>/3_feature256` or `…768`.
 * @throws LutraError `ARGUMENT` for a folder that is missing or without rows, for both folders and no version told,
 *   `SHAPE` for files of another dimension, and for each file what `openNpyFile` throws
 */
export async function openFeatures(
  experiment: string,
  options: FeatureFolderOptions,
): Promise<FeatureFolder> {
  const version = options.version ?? (await detectVersion(experiment));
  const path = join(experiment, featureFolderName(version));
  const { nonFinite = 'refuse', onProgress, signal } = options;
  assertKnown('nonFinite', nonFinite, ['refuse', 'drop']);
  const rows = await openNpyFolder(path, { nonFinite, onProgress, signal });
  const [n, d] = rows.shape;
  if (d !== FEATURE_DIMENSIONS[version]) {
    throw new LutraError(
      'SHAPE',
      `${path}: features have ${d} dimensions, ${version} has ${FEATURE_DIMENSIONS[version]}`,
      { expected: String(FEATURE_DIMENSIONS[version]), actual: String(d), path },
    );
  }
  if (n === 0) {
    const dropped = rows.files.reduce((sum, file) => sum + file.dropped, 0);
    const why = dropped > 0 ? `all ${dropped} rows hold NaN or infinities` : 'the files hold no rows';
    throw argument(`${path}: ${why}`, path);
  }
  const taken = new Set(rows.files.map((file) => file.name));
  return { version, rows, ignored: (await entries(path)).filter((name) => !taken.has(name)) };
}

/** The version whose feature folder is there. */
async function detectVersion(experiment: string): Promise<RvcVersion> {
  const names = await entries(experiment);
  const present = (['v1', 'v2'] as const).filter((version) => names.includes(featureFolderName(version)));
  if (present.length === 1) return present[0]!;
  const [v1, v2] = [featureFolderName('v1'), featureFolderName('v2')];
  const what =
    present.length === 0 ? `has neither ${v1} nor ${v2}` : `has both ${v1} and ${v2}: say v1 or v2`;
  throw argument(`${experiment}: ${what}`, experiment);
}

async function entries(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    return (await readdir(path)).sort();
  } catch (e) {
    throw fileError(e, path);
  }
}

function argument(message: string, path: string): LutraError {
  return new LutraError('ARGUMENT', message, { argument: 'experiment', path });
}
