import {
  type Backend,
  type FactorySpec,
  type IdSelector,
  LutraError,
  type SearchParameters,
  type SearchResult,
  type VectorIndex,
} from '@lutra/core';
import { formatFactory } from '@lutra/factory';
import { loadIndex } from './read-index.js';

/** What a search found, with the vectors. */
export interface ReconstructedResult extends SearchResult {
  /** `(nq, k, d)`: what the index remembers of each vector found; NaN where the label is -1. */
  readonly vectors: Float32Array;
}

/**
 * A search, and the stored vectors of what it found, as the index remembers them.
 * @param x - queries, `(nq, d)`
 * @throws LutraError as `search` and `reconstruct` do; `CAPACITY` if there is no memory for `nq · k` vectors
 */
export async function searchAndReconstruct(
  index: VectorIndex,
  x: Float32Array,
  k: number,
  parameters: SearchParameters = {},
): Promise<ReconstructedResult> {
  const found = await index.search(x, k, parameters);
  const { d } = index;
  const vectors = noVectors(found.labels.length * d);
  const ids = [...new Set(found.labels)].filter((label) => label >= 0);
  const stored = await index.reconstruct(ids);
  const place = new Map(ids.map((id, i) => [id, i]));
  for (const [at, label] of found.labels.entries()) {
    const i = place.get(label);
    if (i !== undefined) vectors.set(stored.subarray(i * d, (i + 1) * d), at * d);
  }
  return { ...found, vectors };
}

function noVectors(length: number): Float32Array {
  try {
    return new Float32Array(length).fill(Number.NaN);
  } catch (cause) {
    const message = `searchAndReconstruct: no memory for ${length} numbers`;
    throw new LutraError('CAPACITY', message, { wanted: 4 * length, what: 'vectors' }, { cause });
  }
}

/**
 * Puts other vectors under ids that are stored: they are removed and added anew, so an index that keeps ids (an IVF or
 * IDMap) is wanted. Everything is checked before anything changes.
 * @param ids - stored, each once
 * @param x - `(ids.length, d)`, finite
 * @throws LutraError `ARGUMENT` for an id that is not stored or comes twice, or for NaN and infinities; `SHAPE`;
 *   `UNSUPPORTED` for an index that counts from 0, removes nothing or reconstructs nothing
 */
export async function updateVectors(
  index: VectorIndex,
  ids: ArrayLike<number>,
  x: Float32Array,
): Promise<void> {
  const list = Array.from(ids);
  assertKeepsIds(index.spec);
  if (x.length !== list.length * index.d) {
    const message = `updateVectors: ${x.length} numbers for ${list.length} ids of ${index.d} dimensions`;
    throw new LutraError('SHAPE', message, {
      argument: 'x',
      expected: `(${list.length}, ${index.d})`,
      actual: `${x.length}`,
    });
  }
  const seen = new Set<number>();
  const twice = list.find((id) => seen.size === seen.add(id).size);
  if (twice !== undefined) throw wrong('ids', twice, `id ${twice} comes twice`);
  const bad = x.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw wrong('x', x[bad], `value ${x[bad]} in row ${Math.floor(bad / index.d)} is not finite`);
  if (list.length === 0) return;
  // that they are stored is known before they go
  await index.reconstruct(list);
  await index.removeIds({ kind: 'list', ids: list });
  await index.add(x, { ids: list });
}

function wrong(argument: string, value: unknown, what: string): LutraError {
  return new LutraError('ARGUMENT', `updateVectors: ${what}`, { argument, value });
}

function assertKeepsIds(spec: FactorySpec): void {
  let node = spec;
  while (node.kind === 'PreTransform') node = node.base;
  if (node.kind === 'IdMap' || node.kind === 'IdMap2' || node.kind === 'Ivf') return;
  const feature = `an update of ${formatFactory(spec)}, which counts from 0 and renumbers`;
  throw new LutraError('UNSUPPORTED', `updateVectors: ${feature}, is not done: put IDMap in front`, {
    feature,
    by: 'lutra',
  });
}

/**
 * A new index with the same training and those vectors of `index` that `selector` names; `index` stays as it is. An IVF or
 * IDMap keeps its ids; one that counts from 0 numbers what is copied from 0 on.
 * @param options.backends - who may serve the copy; the engine of `@lutra/backend-ts` unless told
 * @throws LutraError as `toData`, {@link loadIndex} and `removeIds` do
 */
export async function copySubset(
  index: VectorIndex,
  selector: IdSelector,
  options: { readonly backends?: readonly Backend[] } = {},
): Promise<VectorIndex> {
  const copy = await loadIndex(index.toData(), options);
  try {
    await copy.removeIds({ kind: 'not', selector });
    return copy;
  } catch (e) {
    copy.dispose();
    throw e;
  }
}
