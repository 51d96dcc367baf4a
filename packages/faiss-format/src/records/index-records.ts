import type { IndexData } from '@lutra/core';
import { flatRecord } from './flat.js';
import { idMapRecord } from './id-map.js';
import { ivfFlatRecord } from './ivf-flat.js';
import { ivfPqRecord } from './ivf-pq.js';
import { ivfPqFastScanRecord } from './ivf-pq-fast-scan.js';
import { pqRecord } from './pq.js';
import { pqFastScanRecord } from './pq-fast-scan.js';
import { preTransformRecord } from './pre-transform.js';
import type { IndexRecord } from './record.js';
import { refineRecord } from './refine.js';

// each record takes its own kind of data, and is only ever given that: the lookups below choose it by kind or fourcc
const RECORDS = [
  flatRecord,
  pqRecord,
  pqFastScanRecord,
  ivfFlatRecord,
  ivfPqRecord,
  ivfPqFastScanRecord,
  refineRecord,
  preTransformRecord,
  idMapRecord,
] as unknown as readonly IndexRecord[];

/** The record that reads a fourcc. */
export const RECORD_BY_FOURCC: ReadonlyMap<string, IndexRecord> = new Map(
  RECORDS.flatMap((record) => record.fourccs.map((fourcc) => [fourcc, record] as const)),
);

/** The record that writes a kind of data. */
export const RECORD_BY_KIND: ReadonlyMap<IndexData['kind'], IndexRecord> = new Map(
  RECORDS.flatMap((record) => record.kinds.map((kind) => [kind, record] as const)),
);

/** How deep indexes may nest; faiss reads no deeper. */
export const MAX_NESTING = 50;
