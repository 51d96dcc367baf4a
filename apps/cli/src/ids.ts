import { type FactorySpec, type IndexData, type InvertedListsData, LutraError } from '@lutra/core';
import { formatFactory } from 'lutra';
import { assertFile } from './paths.js';
import { readIntegers } from './vectors.js';

/**
 * The ids in an `.npy` file, one for each of the `n` rows of `input`.
 * @throws LutraError `SHAPE` for another count, `ARGUMENT` for a negative one
 */
export async function readIds(path: string, n: number, input: string): Promise<Float64Array> {
  await assertFile(path, 'an .npy file of ids');
  const { values, shape } = await readIntegers(path);
  if (values.length !== n || shape.some((side) => side !== 1 && side !== n)) {
    throw new LutraError(
      'SHAPE',
      `${path}: expected one id for each of the ${n} rows of ${input}, got shape (${shape.join(', ')})`,
      { argument: 'ids', expected: `(${n})`, actual: `(${shape.join(', ')})`, path },
    );
  }
  const negative = values.findIndex((id) => id < 0);
  if (negative >= 0) {
    throw new LutraError(
      'ARGUMENT',
      `${path}: expected ids of at least 0, got ${values[negative]} at ${negative}`,
      { argument: 'ids', value: values[negative], path },
    );
  }
  return values;
}

/** `ids` without those of the rows `dropped`. */
export function keptIds(ids: Float64Array, dropped: readonly number[]): Float64Array {
  if (dropped.length === 0) return ids;
  const gone = new Set(dropped);
  return ids.filter((_, row) => !gone.has(row));
}

/** @throws LutraError `ARGUMENT` for a factory string whose index counts from 0 and cannot keep ids */
export function assertKeepsIds(spec: FactorySpec): void {
  if (keepsIds(spec)) return;
  const text = formatFactory(spec);
  throw new LutraError(
    'ARGUMENT',
    `--ids: ${text} cannot keep ids, its vectors are counted from 0; ${text},IDMap can`,
    { argument: 'ids' },
  );
}

function keepsIds(spec: FactorySpec): boolean {
  if (spec.kind === 'PreTransform') return keepsIds(spec.base);
  return spec.kind === 'IdMap' || spec.kind === 'IdMap2' || spec.kind === 'Ivf';
}

/** The ids that an index stores, in parts; undefined for one that counts from 0. */
export function idsOf(data: IndexData): readonly Float64Array[] | undefined {
  if (data.kind === 'IdMap' || data.kind === 'IdMap2') return [data.ids];
  if (data.kind === 'PreTransform') return idsOf(data.base);
  // A refinement finds its vectors by place, so its ids are places even over inverted lists.
  if ('invlists' in data) return idsOfLists(data.invlists);
  return undefined;
}

function idsOfLists(lists: InvertedListsData): readonly Float64Array[] {
  return 'ids' in lists ? lists.ids : [];
}

/** The largest id, -1 if there is none. */
export function largestId(parts: readonly Float64Array[]): number {
  let largest = -1;
  for (const ids of parts) for (const id of ids) largest = Math.max(largest, id);
  return largest;
}

/** The smallest id that is in both, undefined if none is. */
export function commonId(a: readonly Float64Array[], b: readonly Float64Array[]): number | undefined {
  const known = sorted(a);
  const asked = sorted(b);
  for (let i = 0, j = 0; i < known.length && j < asked.length; ) {
    if (known[i] === asked[j]) return known[i];
    if (known[i]! < asked[j]!) i++;
    else j++;
  }
  return undefined;
}

function sorted(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((n, ids) => n + ids.length, 0));
  let at = 0;
  for (const ids of parts) {
    all.set(ids, at);
    at += ids.length;
  }
  return all.sort();
}
