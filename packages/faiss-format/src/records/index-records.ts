import type { IndexData } from '@lutra/core';
import { binaryHashRecord, binaryMultiHashRecord } from '../binary/hash.js';
import { binaryHnswCagraRecord, binaryHnswRecord } from '../binary/hnsw.js';
import {
  binaryFlatRecord,
  binaryFromFloatRecord,
  binaryIdMapRecord,
  binaryIvfRecord,
} from '../binary/records.js';
import { additiveFastScanRecord, ivfAdditiveFastScanRecord } from './additive-fast-scan.js';
import { additiveQuantizerRecord, ivfAdditiveQuantizerRecord } from './additive-quantizer.js';
import { multiIndexQuantizerRecord, residualCoarseQuantizerRecord } from './coarse-quantizers.js';
import { edenRecord, ivfEdenRecord } from './eden.js';
import { flatRecord } from './flat.js';
import { hnswCagraRecord, hnswFlatPanoramaRecord, hnswRecord } from './hnsw.js';
import { idMapRecord } from './id-map.js';
import { ivfFlatRecord } from './ivf-flat.js';
import { ivfFlatDedupRecord } from './ivf-flat-dedup.js';
import { ivfIndependentQuantizerRecord } from './ivf-independent-quantizer.js';
import { ivfPqRecord } from './ivf-pq.js';
import { ivfPqFastScanRecord } from './ivf-pq-fast-scan.js';
import { ivfPqrRecord } from './ivf-pqr.js';
import { ivfScalarQuantizerRecord } from './ivf-scalar-quantizer.js';
import { latticeRecord } from './lattice.js';
import { lshRecord } from './lsh.js';
import { nndescentRecord, nsgRecord } from './nsg.js';
import { flatPanoramaRecord, ivfFlatPanoramaRecord } from './panorama.js';
import { pqRecord } from './pq.js';
import { pqFastScanRecord } from './pq-fast-scan.js';
import { preTransformRecord } from './pre-transform.js';
import { ivfRabitqRecord, rabitqRecord } from './rabitq.js';
import { ivfRabitqFastScanRecord, rabitqFastScanRecord } from './rabitq-fast-scan.js';
import type { IndexRecord } from './record.js';
import { refineRecord } from './refine.js';
import { rowwiseMinMaxRecord } from './rowwise-min-max.js';
import { scalarQuantizerRecord } from './scalar-quantizer.js';
import { spectralHashRecord } from './spectral-hash.js';
import { twoLayerRecord } from './two-layer.js';

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
  scalarQuantizerRecord,
  ivfScalarQuantizerRecord,
  hnswRecord,
  hnswFlatPanoramaRecord,
  hnswCagraRecord,
  nsgRecord,
  nndescentRecord,
  rabitqRecord,
  ivfRabitqRecord,
  rabitqFastScanRecord,
  ivfRabitqFastScanRecord,
  edenRecord,
  ivfEdenRecord,
  lshRecord,
  ivfPqrRecord,
  ivfFlatDedupRecord,
  additiveQuantizerRecord,
  ivfAdditiveQuantizerRecord,
  additiveFastScanRecord,
  ivfAdditiveFastScanRecord,
  residualCoarseQuantizerRecord,
  multiIndexQuantizerRecord,
  twoLayerRecord,
  spectralHashRecord,
  ivfIndependentQuantizerRecord,
  flatPanoramaRecord,
  ivfFlatPanoramaRecord,
  rowwiseMinMaxRecord,
  latticeRecord,
  binaryFlatRecord,
  binaryIvfRecord,
  binaryFromFloatRecord,
  binaryHnswRecord,
  binaryHnswCagraRecord,
  binaryIdMapRecord,
  binaryHashRecord,
  binaryMultiHashRecord,
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
