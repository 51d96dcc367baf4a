import type {
  AdditiveFastScanData,
  AdditiveFastScanSpec,
  AdditiveNorm,
  AdditiveQuantizerFields,
  AdditiveQuantizerSpec,
  AdditiveSearchType,
  CoarseSpec,
  CodecSpec,
  FactorySpec,
  HnswGraphData,
  HnswSpec,
  IndexData,
  IvfAdditiveFastScanData,
  IvfFields,
  IvfSpectralHashData,
  Metric,
  ScalarQuantizerFields,
  ScalarQuantizerKind,
  ScalarQuantizerSpec,
  ScalarQuantizerType,
  SpectralHashSpec,
  TransformData,
  TransformSpec,
  TwoLayerData,
  TwoLayerSpec,
} from '@lutra/core';
import { LutraError } from '@lutra/core';

/**
 * The spec that would build the classes of `data`: what a loaded file is called. A file does not keep everything that a
 * string says: a linear transform becomes an OPQ for the product quantizer beneath (M 1 if there is none or it does not
 * divide), and polysemous training, of which a file holds nothing, is taken as a string without `np` has it.
 * @throws LutraError `UNSUPPORTED` for a class that no factory string builds, such as a centring transform; a nesting that
 *   no string builds is described all the same, and is for {@link formatFactory} to refuse
 */
export function specFromData(data: IndexData): FactorySpec {
  switch (data.kind) {
    case 'Flat':
      return { kind: 'Flat' };
    case 'FlatPanorama':
      return { kind: 'FlatPanorama', metric: data.metric as 'l2' | 'ip', ...levelsOf(data) };
    case 'IvfFlatDedup':
      return ivf(data, { kind: 'FlatDedup' });
    case 'IvfFlatPanorama':
      return ivf(data, { kind: 'FlatPanorama', ...levelsOf(data) });
    case 'HnswFlatPanorama':
      return {
        kind: 'Hnsw',
        M: linksOf(data.hnsw),
        storage: { kind: 'FlatPanorama', levels: data.numLevels },
      };
    case 'RefinePanorama':
      return { kind: data.kind, base: specFromData(data.base), refine: specFromData(data.refine) };
    case 'Pq':
      return {
        kind: 'Pq',
        M: data.pq.M,
        nbits: data.pq.nbits,
        polysemous: true,
      };
    case 'PqFastScan':
      return { kind: 'PqFastScan', M: data.pq.M, bbs: data.bbs };
    case 'ScalarQuantizer':
      return scalarQuantizer(data.sq);
    case 'IvfScalarQuantizer':
      return ivf(data, scalarQuantizer(data.sq));
    case 'IvfFlat':
      return ivf(data, { kind: 'Flat' });
    case 'IvfPq':
      return ivf(data, { kind: 'Pq', M: data.pq.M, nbits: data.pq.nbits, polysemous: true });
    case 'IvfPqFastScan':
      return ivf(data, { kind: 'PqFastScan', M: data.pq.M, bbs: data.bbs, residual: data.byResidual });
    case 'IvfPqr':
      return ivf(data, { kind: 'PqR', M: data.pq.M, refineM: data.refinePq.M });
    case 'Lsh':
      return {
        kind: 'Lsh',
        ...(data.nbits !== data.d && { nbits: data.nbits }),
        rotate: data.rotateData,
        trainThresholds: data.trainThresholds,
      };
    case 'AdditiveQuantizer':
      return additive(data.aq, data.metric);
    case 'IvfAdditiveQuantizer':
      return ivf(data, additive(data.aq, data.metric));
    case 'ResidualCoarseQuantizer':
      return { ...additive({ ...data.rq, searchType: 'decompress' }, 'l2'), quantizer: 'RCQ' };
    case 'AdditiveFastScan':
      return additiveFastScan(data);
    case 'IvfAdditiveFastScan':
      return ivf(data, { ...additiveFastScan(data), residual: data.byResidual });
    case 'IvfSpectralHash':
      return ivf(data, spectralHash(data));
    case 'TwoLayer':
      return { kind: 'TwoLayer', ...twoLayer(data) };
    case 'HnswTwoLayer': {
      if (data.storage?.kind !== 'TwoLayer')
        return unsupported(`an HNSW of two levels over ${data.storage?.kind}`);
      const { nbits: _, ...storage } = twoLayer(data.storage);
      return { kind: 'Hnsw', M: linksOf(data.hnsw), storage: { kind: 'TwoLayer', ...storage } };
    }
    case 'Eden':
      return { kind: 'Eden', nbits: data.eden.bits, biased: data.eden.scaleType === 'biased' };
    case 'IvfEden':
      return ivf(data, { kind: 'Eden', nbits: data.eden.bits, biased: data.eden.scaleType === 'biased' });
    case 'RaBitQ':
      return { kind: 'RaBitQ', nbits: data.rabitq.nbBits };
    case 'IvfRaBitQ':
      return ivf(data, { kind: 'RaBitQ', nbits: data.rabitq.nbBits });
    case 'RaBitQFastScan':
      return { kind: 'RaBitQFastScan', nbits: data.rabitq.nbBits, bbs: data.bbs };
    case 'IvfRaBitQFastScan':
      return ivf(data, { kind: 'RaBitQFastScan', nbits: data.rabitq.nbBits, bbs: data.bbs });
    case 'HnswPq':
    case 'HnswSq': {
      if (!data.storage) return unsupported('an HNSW without its vectors');
      const storage = specFromData(data.storage) as HnswSpec['storage'];
      return { kind: 'Hnsw', M: linksOf(data.hnsw), storage };
    }
    case 'HnswFlat':
      return { kind: 'Hnsw', M: linksOf(data.hnsw), storage: { kind: 'Flat' } };
    case 'Refine':
      return data.refine.kind === 'Flat'
        ? { kind: 'RefineFlat', base: specFromData(data.base) }
        : { kind: 'Refine', base: specFromData(data.base), refine: specFromData(data.refine) };
    case 'PreTransform':
      return preTransform(data.transforms, data.base);
    case 'IdMap':
    case 'IdMap2':
      return { kind: data.kind, base: specFromData(data.base) };
    default:
      return unsupported(`index class ${(data as { kind?: unknown }).kind}`);
  }
}

function unsupported(feature: string): never {
  throw new LutraError('UNSUPPORTED', `factory: no factory string builds ${feature}`, {
    feature,
    by: 'the faiss factory grammar',
  });
}

/** faiss's vectors a batch of a Panorama without a number. */
const DEFAULT_BATCH = 1024;

function levelsOf({ nLevels, batchSize }: { nLevels: number; batchSize: number }): {
  levels: number;
  batch?: number;
} {
  return { levels: nLevels, ...(batchSize !== DEFAULT_BATCH && { batch: batchSize }) };
}

function ivf(data: IvfFields, codec: CodecSpec): FactorySpec {
  return { kind: 'Ivf', nlist: data.nlist, coarse: coarseOf(data.quantizer), codec };
}

function coarseOf(quantizer: IndexData): CoarseSpec {
  switch (quantizer.kind) {
    case 'Flat':
      return { kind: 'Flat' };
    case 'HnswFlat':
      return { kind: 'Hnsw', M: linksOf(quantizer.hnsw) };
    case 'MultiIndexQuantizer': {
      const { M, nbits } = quantizer.pq;
      return M === 2 ? { kind: 'MultiIndex', M, nbits } : unsupported(`a multi-index of ${M} parts`);
    }
    default:
      return { kind: 'Index', index: specFromData(quantizer) };
  }
}

/** Neighbours a node; it has twice as many on the lowest level. */
function linksOf({ cumNneighborPerLevel: cum }: HnswGraphData): number {
  return (cum[1] ?? 0) / 2;
}

/** The factory token of each of faiss's QuantizerType that has one. */
const SQ_TOKENS: Readonly<Partial<Record<ScalarQuantizerKind, ScalarQuantizerType>>> = {
  '8bit': '8',
  '6bit': '6',
  '4bit': '4',
  '0bit': '0',
  fp16: 'fp16',
  bf16: 'bf16',
  '8bit_direct': '8_direct',
  '8bit_direct_signed': '8_direct_signed',
  '1bit_tqmse': 'tqmse1',
  '2bit_tqmse': 'tqmse2',
  '3bit_tqmse': 'tqmse3',
  '4bit_tqmse': 'tqmse4',
  '8bit_tqmse': 'tqmse8',
  '2bit_tq': 'tq2',
  '3bit_tq': 'tq3',
  '4bit_tq': 'tq4',
  '5bit_tq': 'tq5',
};

function scalarQuantizer({ qtype }: ScalarQuantizerFields): ScalarQuantizerSpec {
  const token = SQ_TOKENS[qtype];
  if (token === undefined) return unsupported(`a scalar quantizer of ${qtype}`);
  return { kind: 'ScalarQuantizer', qtype: token };
}

/** faiss writes the search type that a suffix asks for; without one it is that of the metric. */
function additive(aq: AdditiveQuantizerFields, metric: Metric): AdditiveQuantizerSpec {
  const product = aq.kind === 'PRQ' || aq.kind === 'PLSQ';
  const nbits = [...aq.nbits].slice(0, product ? aq.M / aq.nsplits : aq.M);
  const parts: [number, number][] = [];
  for (const bits of nbits) {
    const last = parts.at(-1);
    if (last?.[1] === bits) last[0]++;
    else parts.push([1, bits]);
  }
  return {
    kind: 'AdditiveQuantizer',
    quantizer: aq.kind,
    nsplits: product ? aq.nsplits : 1,
    parts,
    norm: normOf(aq.searchType, metric),
  };
}

function twoLayer({ quantizer, nlist, pq }: TwoLayerData): Omit<TwoLayerSpec, 'kind'> {
  const { M, nbits } = pq;
  if (quantizer.kind === 'Flat') return { coarse: { kind: 'Flat', nlist }, M, nbits };
  if (quantizer.kind !== 'MultiIndexQuantizer') return unsupported(`two layers over ${quantizer.kind}`);
  return { coarse: { kind: 'MultiIndex', M: quantizer.pq.M, nbits: quantizer.pq.nbits }, M, nbits };
}

/** What stands in front of `,SH`; faiss writes other transforms too where they were put there by hand. */
function spectralHash(data: IvfSpectralHashData): SpectralHashSpec {
  const { transform: t, nbit, period, thresholdType } = data;
  if (thresholdType === 'centroid_half')
    return unsupported('a spectral hash with thresholds of half a period');
  const named =
    t.kind === 'Itq' ? 'Itq' : t.kind !== 'Pca' ? undefined : t.randomRotation ? 'PcaRotated' : 'Pca';
  if (named === undefined) return unsupported(`a spectral hash behind a transform ${t.kind}`);
  return {
    kind: 'SpectralHash',
    transform: named,
    ...(nbit !== data.d && { nbits: nbit }),
    period,
    threshold: thresholdType,
  };
}

function additiveFastScan(data: AdditiveFastScanData | IvfAdditiveFastScanData): AdditiveFastScanSpec {
  const { quantizer, nsplits, parts, norm } = additive(data.aq, data.metric);
  return {
    kind: 'AdditiveFastScan',
    quantizer: quantizer as AdditiveFastScanSpec['quantizer'],
    nsplits,
    M: parts[0]?.[0] ?? 0,
    bbs: data.bbs,
    norm,
  };
}

function normOf(searchType: AdditiveSearchType, metric: Metric): AdditiveNorm {
  if (searchType === (metric === 'l2' ? 'decompress' : 'LUT_nonorm')) return 'default';
  if (searchType === 'LUT_nonorm') return 'none';
  const suffix = searchType.replace(/^norm_/, '');
  const known = ['float', 'qint8', 'qint4', 'cqint8', 'cqint4', 'lsq2x4', 'rq2x4'] as const;
  return (
    known.find((norm) => norm === suffix) ?? unsupported(`an additive quantizer of search type ${searchType}`)
  );
}

function preTransform(chain: readonly TransformData[], base: IndexData): FactorySpec {
  const M = partsBelow(base);
  const transforms = chain.map((t) => transform(t, M));
  const below = specFromData(base);
  const [first, ...rest] = transforms;
  if (first === undefined) return below;
  // Two chains in a row do what one chain does.
  if (below.kind === 'PreTransform') {
    return { ...below, transforms: [first, ...rest, ...below.transforms] };
  }
  return { kind: 'PreTransform', transforms: [first, ...rest], base: below };
}

/** The sub-quantizers of the first product quantizer beneath, for which an OPQ will have been fitted. */
function partsBelow(data: IndexData): number {
  switch (data.kind) {
    case 'Pq':
    case 'PqFastScan':
    case 'IvfPq':
    case 'IvfPqFastScan':
    case 'IvfPqr':
      return data.pq.M;
    case 'Refine':
    case 'RefinePanorama':
    case 'PreTransform':
    case 'IdMap':
    case 'IdMap2':
      return partsBelow(data.base);
    default:
      return 1;
  }
}

const sized = (t: TransformData): { dOut?: number } => (t.dOut === t.dIn ? {} : { dOut: t.dOut });

function transform(t: TransformData, M: number): TransformSpec {
  switch (t.kind) {
    case 'Linear':
      return { kind: 'Opq', M: t.dOut % M === 0 ? M : 1, ...sized(t) };
    case 'RandomRotation':
      return { kind: 'RandomRotation', ...sized(t) };
    case 'Pca':
      return { kind: 'Pca', dOut: t.dOut, whiten: t.eigenPower !== 0, rotate: t.randomRotation };
    case 'Itq':
      return { kind: 'Itq', ...(t.doPca && { dOut: t.dOut }) };
    case 'Normalization':
      return t.norm === 2 ? { kind: 'L2Norm' } : unsupported(`a normalisation by the ${t.norm}-norm`);
    case 'RemapDimensions':
      return isPad(t.map, t.dIn) ? { kind: 'Pad', dOut: t.dOut } : unsupported('a remapping of dimensions');
    case 'HadamardRotation':
      return { kind: 'HadamardRotation', ...(t.seed !== DEFAULT_SEED && { seed: t.seed }) };
    case 'Centering':
      return unsupported('a centring transform');
    case 'ItqMatrix':
      return unsupported('an ITQ matrix outside its transform');
    default:
      return unsupported(`transform ${(t as { kind?: unknown }).kind}`);
  }
}

/** faiss's seed of `HR` without a number. */
const DEFAULT_SEED = 12345;

/** The first `dIn` dimensions in place and nothing behind them. */
function isPad(map: Int32Array, dIn: number): boolean {
  return map.length >= dIn && map.every((from, i) => (i < dIn ? from === i : from === -1));
}
