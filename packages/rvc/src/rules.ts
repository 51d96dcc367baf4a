import { LutraError } from '@lutra/core';

/** Which RVC release's habits to follow; see {@link RVC_RULES}. */
export type RvcRules = '2.2' | '2.3';

/** The feature width: `v1` has 256 dimensions in `3_feature256`, `v2` 768 in `3_feature768`. */
export type RvcVersion = 'v1' | 'v2';

/** Dimensions of the features of a version. */
export const FEATURE_DIMENSIONS: Readonly<Record<RvcVersion, number>> = { v1: 256, v2: 768 };

/** Rows above which a set is reduced before indexing. */
export const REDUCE_ABOVE = 200_000;
/** Centres that it is reduced to. */
export const REDUCED_ROWS = 10_000;
/** Rows a list at least, so that k-means is not starved. */
export const ROWS_PER_LIST = 39;

/**
 * What differs between the releases, as far as the files go: 2.3 no longer writes `total_fea.npy`. 2.3 also stops when an
 * `added_` file is there and takes up a `trained_` file, without a look at whether the features are still the same; that
 * is not followed, every build is a new one.
 */
export const RVC_RULES: Readonly<Record<RvcRules, { readonly totalFea: boolean }>> = {
  '2.2': { totalFea: true },
  '2.3': { totalFea: false },
};

/**
 * Inverted lists for `n` rows: `min(trunc(16 · sqrt(n)), floor(n / 39))`, at least 1. (Release 2.2 itself has 0 lists
 * under 39 rows, which cannot be built; 2.3 has the one.)
 */
export function listCount(n: number): number {
  return Math.max(1, Math.min(Math.trunc(16 * Math.sqrt(n)), Math.floor(n / ROWS_PER_LIST)));
}

/**
 * The factory string for `n` rows: `{n}` in `template` becomes {@link listCount}. Whether faiss knows the string is for
 * `parseFactory` to say.
 * @param template - `IVF{n},Flat` unless told
 * @throws LutraError `ARGUMENT` for what is no string
 */
export function factoryFor(n: number, template: string = 'IVF{n},Flat'): string {
  if (typeof template !== 'string') {
    const message = `factory: wanted a string such as 'IVF{n},Flat', got ${typeof template}`;
    throw new LutraError('ARGUMENT', message, { argument: 'factory', value: template });
  }
  return template.replaceAll('{n}', String(listCount(n)));
}

/**
 * The name that RVC gives to an index file: `added_IVF918_Flat_nprobe_1_exp_v1.index`. An index without inverted lists
 * has no nprobe, neither has its name.
 */
export function indexFileName(
  stage: 'trained' | 'added',
  names: { factory: string; nprobe?: number | undefined; experiment: string; version: RvcVersion },
): string {
  const { factory, nprobe, experiment, version } = names;
  const kind = factory.replaceAll(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '');
  const visited = nprobe === undefined ? '' : `_nprobe_${nprobe}`;
  return `${stage}_${kind}${visited}_${experiment}_${version}.index`;
}

/** The folder of features inside an experiment's folder. */
export function featureFolderName(version: RvcVersion): string {
  return `3_feature${FEATURE_DIMENSIONS[version]}`;
}

/** The version whose features have `d` dimensions. @throws LutraError `SHAPE` for another width */
export function versionFor(d: number): RvcVersion {
  if (d === FEATURE_DIMENSIONS.v1) return 'v1';
  if (d === FEATURE_DIMENSIONS.v2) return 'v2';
  throw new LutraError('SHAPE', `features have ${d} dimensions, RVC knows 256 (v1) and 768 (v2)`, {
    expected: '256 or 768',
    actual: String(d),
  });
}
