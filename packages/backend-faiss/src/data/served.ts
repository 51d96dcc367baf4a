import {
  type ArrayListsData,
  type BlockListsData,
  type IndexData,
  type InvertedListsData,
  LutraError,
} from '@lutra/core';

/** The IVF classes that are served. */
export type IvfData = Extract<IndexData, { kind: 'IvfFlat' | 'IvfPq' | 'IvfPqFastScan' }>;

/** Whether `data` is an IVF that is served. */
export function isIvf(data: IndexData): data is IvfData {
  return data.kind === 'IvfFlat' || data.kind === 'IvfPq' || data.kind === 'IvfPqFastScan';
}

/** Whether lists hold their entries in the two forms that are served. */
export function hasEntries(lists: InvertedListsData): lists is ArrayListsData | BlockListsData {
  return lists.kind === 'array' || lists.kind === 'block';
}

/** The error for a class that should have been refused. */
export function notServed(data: IndexData): LutraError {
  const feature = data.kind;
  return new LutraError('UNSUPPORTED', `backend faiss does not run ${feature}`, { feature, by: 'faiss' });
}
