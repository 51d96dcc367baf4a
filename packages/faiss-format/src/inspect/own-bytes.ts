import type { IndexData } from '@lutra/core';
import { RECORD_BY_KIND } from '../records/index-records.js';
import { NO_BYTES, type PayloadBytes } from './part-bytes.js';

/** What the arrays of an index are for, by the member that holds them, or the object that holds that. */
const PARTS: Readonly<Record<string, keyof PayloadBytes>> = {
  vectors: 'vectors',
  more: 'vectors',
  codes: 'codes',
  refineCodes: 'codes',
  ids: 'ids',
  places: 'ids',
  pairs: 'ids',
  instances: 'ids',
  table: 'ids',
  cumSums: 'centroids',
  pq: 'centroids',
  refinePq: 'centroids',
  sq: 'centroids',
  aq: 'centroids',
  rq: 'centroids',
  center: 'centroids',
  trained: 'centroids',
  thresholds: 'centroids',
  hnsw: 'graph',
  nsg: 'graph',
  nndescent: 'graph',
  transform: 'transforms',
  rotation: 'transforms',
};

/** Kinds whose codes are the vectors as they are. */
const PLAIN: ReadonlySet<IndexData['kind']> = new Set([
  'IvfFlat',
  'IvfFlatDedup',
  'IvfFlatPanorama',
  'FlatPanorama',
]);

/** Bytes in the file of the arrays of an index, without those of the indexes nested in it. */
export function ownBytes(data: IndexData): PayloadBytes {
  const bytes: { -readonly [K in keyof PayloadBytes]: number } = { ...NO_BYTES };
  add(data, undefined, bytes);
  if (!PLAIN.has(data.kind)) return bytes;
  return { ...bytes, vectors: bytes.vectors + bytes.codes, codes: 0 };
}

function add(
  object: object,
  part: keyof PayloadBytes | undefined,
  bytes: { -readonly [K in keyof PayloadBytes]: number },
): void {
  for (const [name, value] of Object.entries(object)) {
    if (typeof value !== 'object' || value === null || isIndex(value) || name === 'transforms') continue;
    const own = part ?? PARTS[name];
    if (!ArrayBuffer.isView(value)) add(value, own, bytes);
    else if (own !== undefined) bytes[own] += value.byteLength;
  }
}

/** The indexes nested in an index, by the member that holds them. */
export function nestedIndexes(data: IndexData): readonly (readonly [role: string, index: IndexData])[] {
  return Object.entries(data).filter((entry): entry is [string, IndexData] => isIndex(entry[1]));
}

function isIndex(value: unknown): value is IndexData {
  const kind = (value as { kind?: unknown } | null)?.kind;
  return typeof value === 'object' && RECORD_BY_KIND.has(kind as IndexData['kind']);
}
