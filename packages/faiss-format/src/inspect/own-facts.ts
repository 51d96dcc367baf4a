import type { FlatData, IndexData, InvertedListsData, IvfFields, PqData, PqFastScanData } from '@lutra/core';
import { pqCodeSize } from '../records/product-quantizer.js';
import { NO_BYTES, type PayloadBytes } from './part-bytes.js';

/** Scalars of an index that tell what it does, by name. */
export type Parameters = Readonly<Record<string, number | boolean | string>>;

/** What an index holds itself, without those nested in it. */
export interface OwnFacts {
  readonly parameters: Parameters;
  readonly bytes: PayloadBytes;
  /** Bytes a vector, before padding; 0 when only nested indexes hold vectors. */
  readonly codeSize: number;
}

/** The facts of one index by its class. */
export function ownFacts(data: IndexData): OwnFacts {
  switch (data.kind) {
    case 'Flat':
      return flat(data);
    case 'Pq':
    case 'PqFastScan':
      return productQuantized(data);
    case 'IvfFlat':
    case 'IvfPq':
    case 'IvfPqFastScan':
      return inverted(data);
    case 'Refine':
      return { parameters: { kFactor: data.kFactor }, bytes: NO_BYTES, codeSize: 0 };
    case 'PreTransform':
      return { parameters: {}, bytes: NO_BYTES, codeSize: 0 };
    case 'IdMap':
    case 'IdMap2':
      return { parameters: {}, bytes: { ...NO_BYTES, ids: 8 * data.ids.length }, codeSize: 0 };
  }
}

function flat(data: FlatData): OwnFacts {
  return {
    parameters: data.metricArg === 0 ? {} : { metricArg: data.metricArg },
    bytes: { ...NO_BYTES, vectors: data.vectors.byteLength },
    codeSize: 4 * data.d,
  };
}

function productQuantized(data: PqData | PqFastScanData): OwnFacts {
  const { M, nbits, centroids } = data.pq;
  const own: Parameters =
    data.kind === 'Pq'
      ? { searchType: data.searchType, polysemousHt: data.polysemousHt }
      : { bbs: data.bbs, implem: data.implem, qbs: data.qbs };
  return {
    parameters: { M, nbits, ...own },
    bytes: { ...NO_BYTES, codes: data.codes.byteLength, centroids: centroids.byteLength },
    codeSize: pqCodeSize(data.pq),
  };
}

function inverted(data: Extract<IndexData, IvfFields>): OwnFacts {
  const shared = { nlist: data.nlist, nprobe: data.nprobe, directMap: data.directMap.kind };
  const map = data.directMap;
  const mapBytes =
    map.kind === 'array' ? map.places.byteLength : map.kind === 'hash' ? map.pairs.byteLength : 0;
  const lists = listBytes(data.invlists);
  const ids = lists.ids + mapBytes;
  if (data.kind === 'IvfFlat') {
    return { parameters: shared, bytes: { ...NO_BYTES, vectors: lists.codes, ids }, codeSize: 4 * data.d };
  }
  const { M, nbits, centroids } = data.pq;
  const own: Parameters =
    data.kind === 'IvfPq' ? {} : { bbs: data.bbs, implem: data.implem, qbs2: data.qbs2 };
  return {
    parameters: { ...shared, byResidual: data.byResidual, M, nbits, ...own },
    bytes: { ...NO_BYTES, codes: lists.codes, ids, centroids: centroids.byteLength },
    codeSize: data.codeSize,
  };
}

function listBytes(lists: InvertedListsData): { codes: number; ids: number } {
  const bytes = { codes: 0, ids: 0 };
  if (lists.kind === 'missing') return bytes;
  for (const codes of lists.codes) bytes.codes += codes.byteLength;
  for (const ids of lists.ids) bytes.ids += 8 * ids.length;
  return bytes;
}
