import type { IndexData } from '@lutra/core';
import { pqCodeSize } from '../records/product-quantizer.js';
import { ownBytes } from './own-bytes.js';
import type { PayloadBytes } from './part-bytes.js';

/** Scalars of an index that tell what it does, by name. */
export type Parameters = Readonly<Record<string, number | boolean | string>>;

/** What an index holds itself, without those nested in it. */
export interface OwnFacts {
  readonly parameters: Parameters;
  readonly bytes: PayloadBytes;
  /** Bytes a vector, before padding; 0 when only nested indexes hold vectors. */
  readonly codeSize: number;
}

/** The facts of one index. */
export function ownFacts(data: IndexData): OwnFacts {
  return { parameters: parametersOf(data), bytes: ownBytes(data), codeSize: codeSizeOf(data) };
}

/** Told elsewhere in the tree, or of no use to a reader. */
const UNTOLD: ReadonlySet<string> = new Set([
  'kind',
  'd',
  'ntotal',
  'isTrained',
  'metric',
  'metricArg',
  'codeSize',
  'codeSize1',
  'codeSize2',
  'encodeSigns',
  'ntotal2',
  'M2',
  'ksub',
  'upperBeam',
  'normMin',
  'normMax',
  'maxTrainPoints',
]);

/** Objects whose scalars are as good as the index's own. */
const QUANTIZERS: readonly string[] = ['pq', 'sq', 'aq', 'rq', 'rabitq', 'eden', 'hnsw', 'nsg', 'nndescent'];

function parametersOf(data: IndexData): Parameters {
  const parameters: Record<string, number | boolean | string> = {};
  if (data.metricArg !== 0) parameters.metricArg = data.metricArg;
  if ('nlist' in data) Object.assign(parameters, { nlist: data.nlist });
  if ('nprobe' in data) Object.assign(parameters, { nprobe: data.nprobe, directMap: data.directMap.kind });
  addScalars(data, parameters);
  for (const [name, value] of Object.entries(data)) {
    if (QUANTIZERS.includes(name)) addScalars(value, parameters);
  }
  const bits = 'aq' in data ? data.aq.nbits : 'rq' in data ? data.rq.nbits : undefined;
  if (bits !== undefined) parameters.nbits = [...new Set(bits)].join(' ');
  if ('aq' in data) parameters.quantizer = data.aq.kind;
  if ('refinePq' in data) parameters.refineM = data.refinePq.M;
  return parameters;
}

function addScalars(object: object, parameters: Record<string, number | boolean | string>): void {
  for (const [name, value] of Object.entries(object)) {
    if (UNTOLD.has(name) || typeof value === 'object' || name in parameters) continue;
    parameters[name] = value;
  }
}

function codeSizeOf(data: IndexData): number {
  switch (data.kind) {
    case 'Flat':
    case 'FlatPanorama':
    case 'IvfFlat':
    case 'IvfFlatDedup':
    case 'IvfFlatPanorama':
      return 4 * data.d;
    case 'Pq':
    case 'PqFastScan':
      return pqCodeSize(data.pq);
    case 'IvfPqr':
      return data.codeSize + pqCodeSize(data.refinePq);
    case 'ScalarQuantizer':
      return data.sq.codeSize;
    case 'RaBitQ':
    case 'RaBitQFastScan':
    case 'IvfRaBitQFastScan':
      return data.rabitq.codeSize;
    case 'Eden':
      return data.eden.codeSize;
    case 'IvfSpectralHash':
      return Math.ceil(data.nbit / 8);
    case 'Hnsw':
    case 'HnswFlat':
    case 'HnswPq':
    case 'HnswSq':
    case 'HnswTwoLayer':
    case 'HnswFlatPanorama':
    case 'HnswCagra':
    case 'BinaryHnsw':
    case 'BinaryHnswCagra':
      // the places of the lowest level, which all vectors have
      return 4 * (data.hnsw.cumNneighborPerLevel[1] ?? 0);
    case 'NsgFlat':
    case 'NsgPq':
    case 'NsgSq':
      return 4 * data.nsg.R;
    case 'NNDescentFlat':
      return 4 * data.nndescent.K;
    case 'BinaryIdMap':
    case 'BinaryIdMap2':
    case 'BinaryFromFloat':
    case 'BinaryMultiHash':
      return 0;
    default:
      return 'codeSize' in data ? data.codeSize : 0;
  }
}
