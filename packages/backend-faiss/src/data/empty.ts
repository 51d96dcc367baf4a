import type { IndexData, InvertedListsData } from '@lutra/core';
import { hasEntries, notServed } from './served.js';

const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_FLOATS: Float32Array = new Float32Array(0);
const NO_IDS: Float64Array = new Float64Array(0);
/** A graph without nodes, as faiss writes it. */
const NO_NODES = {
  levels: new Int32Array(0),
  offsets: new Float64Array(1),
  neighbors: new Int32Array(0),
  entryPoint: -1,
  maxLevel: -1,
};

/** `data` with its training and without its vectors; arrays of the training are shared. */
export function emptied(data: IndexData): IndexData {
  switch (data.kind) {
    case 'Flat':
      return { ...data, ntotal: 0, vectors: NO_FLOATS };
    case 'Pq':
      return { ...data, ntotal: 0, codes: NO_BYTES };
    case 'PqFastScan':
      return { ...data, ntotal: 0, ntotal2: 0, codes: NO_BYTES };
    case 'IvfFlat':
    case 'IvfPq':
    case 'IvfPqFastScan':
      return { ...data, ntotal: 0, directMap: { kind: 'none' }, invlists: emptyLists(data.invlists) };
    case 'HnswFlat':
      return {
        ...data,
        ntotal: 0,
        hnsw: { ...data.hnsw, ...NO_NODES },
        storage: data.storage && emptied(data.storage),
      };
    case 'Refine':
      return { ...data, ntotal: 0, base: emptied(data.base), refine: emptied(data.refine) };
    case 'PreTransform':
      return { ...data, ntotal: 0, base: emptied(data.base) };
    case 'IdMap':
    case 'IdMap2':
      return { ...data, ntotal: 0, base: emptied(data.base), ids: NO_IDS };
    default:
      throw notServed(data);
  }
}

function emptyLists(lists: InvertedListsData): InvertedListsData {
  if (!hasEntries(lists)) return lists;
  const codes = lists.codes.map(() => NO_BYTES);
  return { ...lists, codes, ids: lists.ids.map(() => NO_IDS) };
}
