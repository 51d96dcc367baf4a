import {
  type CoarseSpec,
  type CodecSpec,
  type FactorySpec,
  type HnswSpec,
  type IvfSpec,
  LutraError,
  type Metric,
  type ScalarQuantizerSpec,
  type TwoLayerSpec,
} from '@lutra/core';
import type { Engine } from './engine.js';
import { isExtraMetric } from './extra-metrics.js';
import type { GraphStorage } from './hnsw/graph-storage.js';
import { HnswGraph } from './hnsw/hnsw-graph.js';
import { BlockLists } from './invlists/block-lists.js';
import { assertListCount } from './invlists/check-lists.js';
import { kernelMatmul } from './kernel-matmul.js';
import type { IndexNode } from './node.js';
import { createAdditive, createAdditiveLists } from './nodes/additive.js';
import { createAdditiveFastScan, createAdditiveFastScanLists } from './nodes/additive-fast-scan.js';
import { CoarseQuantizer } from './nodes/coarse-quantizer.js';
import { createEden, createEdenLists } from './nodes/eden.js';
import { FlatNode } from './nodes/flat.js';
import { FlatMetricNode } from './nodes/flat-metric.js';
import { FlatPanoramaNode } from './nodes/flat-panorama.js';
import { HnswNode } from './nodes/hnsw.js';
import { IdMapNode } from './nodes/id-map.js';
import { IvfNode } from './nodes/ivf.js';
import { IvfFlatCodec } from './nodes/ivf-flat.js';
import { IvfFlatDedupNode } from './nodes/ivf-flat-dedup.js';
import { metricLists } from './nodes/ivf-flat-metric.js';
import { IvfFlatPanoramaCodec } from './nodes/ivf-flat-panorama.js';
import { IvfPqCodec } from './nodes/ivf-pq.js';
import { ivfPqFastScan } from './nodes/ivf-pq-fast-scan.js';
import { IvfPqrNode } from './nodes/ivf-pqr.js';
import { IvfRaBitQFastScanCodec } from './nodes/ivf-rabitq-fast-scan.js';
import { IvfScalarQuantizerCodec } from './nodes/ivf-scalar-quantizer.js';
import { createSpectralHashLists } from './nodes/ivf-spectral-hash.js';
import type { ListCodec } from './nodes/list-codec.js';
import { createLsh } from './nodes/lsh.js';
import { MultiIndexNode } from './nodes/multi-index.js';
import { PqNode } from './nodes/pq.js';
import { pqFastScan } from './nodes/pq-fast-scan.js';
import { PreTransformNode } from './nodes/pre-transform.js';
import { createRaBitQ, raBitQLists } from './nodes/rabitq.js';
import { FAST_SCAN_QUERY_BITS, RaBitQFastScanNode, signIndexes } from './nodes/rabitq-fast-scan.js';
import { RefineNode } from './nodes/refine.js';
import { RefineRows } from './nodes/refine-rows.js';
import { ResidualCoarseNode } from './nodes/residual-coarse.js';
import { ScalarQuantizerNode } from './nodes/scalar-quantizer.js';
import { TwoLayerNode } from './nodes/two-layer.js';
import { DEFAULT_BATCH, realLevels } from './panorama.js';
import { encoderOf } from './quantizers/additive/additive-fields.js';
import type { ResidualEncoder } from './quantizers/additive/residual-encoder.js';
import { ListCoder } from './quantizers/list-coder.js';
import { ListQuantizer } from './quantizers/list-quantizer.js';
import { ProductQuantizer } from './quantizers/product-quantizer.js';
import { RaBitQuantizer } from './quantizers/rabitq.js';
import { RefinedListQuantizer } from './quantizers/refined-list-quantizer.js';
import { SCALAR_KINDS, ScalarQuantizer } from './quantizers/scalar-quantizer.js';
import { TwoLayerCodec } from './quantizers/two-layer.js';
import { createTransform } from './transforms/index.js';

/** The error for a part that this engine does not run. */
export function unsupported(feature: string): LutraError {
  return new LutraError('UNSUPPORTED', `backend ts does not run ${feature}`, { feature, by: 'ts' });
}

/**
 * An untrained, empty tree of nodes for `spec` over `d` dimensions, which have been checked against each other.
 * @param metricArg - p of the lp metric
 */
export function createNode(
  engine: Engine,
  spec: FactorySpec,
  d: number,
  metric: Metric,
  metricArg = 0,
): IndexNode {
  switch (spec.kind) {
    case 'Flat':
      if (isExtraMetric(metric)) return new FlatMetricNode(engine, d, metric, metricArg);
      return new FlatNode(engine, d, metric);
    case 'FlatPanorama':
      return new FlatPanoramaNode(engine, d, metric, levelsOf(d, spec));
    case 'Pq':
      return new PqNode(engine, new ProductQuantizer(engine, d, spec.M, spec.nbits), metric);
    case 'PqFastScan':
      return pqFastScan(engine, new ProductQuantizer(engine, d, spec.M, 4), metric, { bbs: spec.bbs });
    case 'ScalarQuantizer':
      return new ScalarQuantizerNode(engine, createScalar(spec, d), metric);
    case 'TwoLayer':
      return createTwoLayer(engine, spec, d);
    case 'Lsh':
      return createLsh(engine, spec, d);
    case 'AdditiveQuantizer':
      if (spec.quantizer === 'RCQ') {
        return new ResidualCoarseNode(
          encoderOf(engine, d, { ...spec, quantizer: 'RQ' }) as ResidualEncoder,
          metric,
        );
      }
      return createAdditive(engine, spec, d, metric);
    case 'AdditiveFastScan':
      return createAdditiveFastScan(engine, spec, d, metric);
    case 'RaBitQ':
      return createRaBitQ(engine, d, metric, spec.nbits);
    case 'Eden':
      return createEden(engine, spec, d, metric);
    case 'RaBitQFastScan':
      return RaBitQFastScanNode.create(engine, d, metric, spec);
    case 'Hnsw':
      return createHnsw(engine, spec, d, metric, metricArg);
    case 'Ivf':
      return createIvf(engine, spec, d, metric, metricArg);
    case 'RefineFlat': {
      const base = createNode(engine, spec.base, d, metric);
      return new RefineNode(engine, base, new RefineRows(engine, new FlatNode(engine, d, metric)));
    }
    case 'Refine': {
      const base = createNode(engine, spec.base, d, metric);
      const refine = createNode(engine, spec.refine, d, metric);
      return new RefineNode(
        engine,
        base,
        spec.refine.kind === 'Flat' ? new RefineRows(engine, refine as FlatNode) : refine,
      );
    }
    case 'RefinePanorama': {
      const base = createNode(engine, spec.base, d, metric);
      const refine = createNode(engine, spec.refine, d, metric);
      return new RefineNode(engine, base, refine, { kind: spec.kind });
    }
    case 'IdMap':
    case 'IdMap2':
      return new IdMapNode(engine, spec.kind, createNode(engine, spec.base, d, metric, metricArg));
    case 'PreTransform': {
      let dOut = d;
      const options = { matmul: kernelMatmul(engine) };
      const chain = spec.transforms.map((t) => {
        const transform = createTransform(t, dOut, options);
        dOut = transform.dOut;
        return transform;
      });
      return new PreTransformNode(engine, d, chain, createNode(engine, spec.base, dOut, metric, metricArg));
    }
    default:
      throw unsupported(spec.kind);
  }
}

function createHnsw(
  engine: Engine,
  { M, storage }: HnswSpec,
  d: number,
  metric: Metric,
  metricArg = 0,
): HnswNode {
  if (storage.kind === 'FlatPanorama') {
    const options = { panoramaLevels: realLevels(d, storage.levels) };
    return new HnswNode(engine, HnswGraph.ofM(engine, M), new FlatNode(engine, d, metric), options);
  }
  const vectors =
    storage.kind === 'TwoLayer'
      ? createTwoLayer(engine, { ...storage, M: storage.M ?? 0, nbits: 8 }, d)
      : createNode(engine, storage as FactorySpec, d, metric, metricArg);
  return new HnswNode(engine, HnswGraph.ofM(engine, M), vectors as GraphStorage);
}

function createTwoLayer(
  engine: Engine,
  { coarse, M, nbits }: Omit<TwoLayerSpec, 'kind'>,
  d: number,
): TwoLayerNode {
  const quantizer =
    coarse.kind === 'Flat'
      ? new FlatNode(engine, d, 'l2')
      : new MultiIndexNode(engine, new ProductQuantizer(engine, d, coarse.M, coarse.nbits));
  const nlist = coarse.kind === 'Flat' ? coarse.nlist : 2 ** (coarse.M * coarse.nbits);
  const pq = new ProductQuantizer(engine, d, M, nbits);
  return new TwoLayerNode(
    engine,
    new TwoLayerCodec(engine, new CoarseQuantizer(engine, quantizer), pq, { nlist }),
  );
}

/** Levels and vectors a batch of a Panorama. */
function levelsOf(d: number, { levels, batch }: { levels: number; batch?: number | undefined }) {
  return { nLevels: realLevels(d, levels), batchSize: batch ?? DEFAULT_BATCH };
}

function createIvf(engine: Engine, spec: IvfSpec, d: number, metric: Metric, metricArg: number): IndexNode {
  assertListCount(spec.nlist);
  const quantizer = new CoarseQuantizer(engine, createCoarse(engine, spec.coarse, d, metric, metricArg));
  if (spec.codec.kind === 'Flat' || spec.codec.kind === 'FlatDedup') {
    const codec = isExtraMetric(metric)
      ? metricLists(engine, quantizer, spec.nlist, metricArg)
      : new IvfFlatCodec(engine, d, metric, spec.nlist);
    const ivf = new IvfNode(engine, quantizer, codec, { metricArg });
    return spec.codec.kind === 'Flat' ? ivf : new IvfFlatDedupNode(ivf, codec.lists);
  }
  if (spec.codec.kind === 'PqR') {
    const pq = new ProductQuantizer(engine, d, spec.codec.M, 8);
    const refinePq = new ProductQuantizer(engine, d, spec.codec.refineM, 8);
    const refined = new RefinedListQuantizer(quantizer, pq, refinePq);
    const ivf = new IvfNode(engine, quantizer, new IvfPqCodec(engine, refined, spec.nlist));
    return new IvfPqrNode(engine, ivf, refined);
  }
  return new IvfNode(engine, quantizer, createCodec(engine, spec.codec, quantizer, spec.nlist));
}

/** The index that will hold the centroids. */
function createCoarse(
  engine: Engine,
  coarse: CoarseSpec,
  d: number,
  metric: Metric,
  metricArg: number,
): IndexNode {
  switch (coarse.kind) {
    case 'Flat':
      return createNode(engine, coarse, d, metric, metricArg);
    case 'Hnsw':
      return createHnsw(engine, { kind: 'Hnsw', M: coarse.M, storage: { kind: 'Flat' } }, d, metric);
    case 'Index':
      return createNode(engine, coarse.index, d, metric);
    case 'MultiIndex':
      return new MultiIndexNode(engine, new ProductQuantizer(engine, d, coarse.M, coarse.nbits));
    default:
      throw unsupported(`IVF over a ${coarse.kind} quantizer`);
  }
}

function createCodec(engine: Engine, codec: CodecSpec, quantizer: CoarseQuantizer, nlist: number): ListCodec {
  const { d, metric } = quantizer;
  switch (codec.kind) {
    case 'FlatPanorama':
      return new IvfFlatPanoramaCodec(engine, d, metric, nlist, levelsOf(d, codec));
    case 'Pq': {
      const pq = new ProductQuantizer(engine, d, codec.M, codec.nbits);
      return new IvfPqCodec(engine, new ListQuantizer(quantizer, pq, { byResidual: true }), nlist);
    }
    case 'PqFastScan': {
      const pq = new ProductQuantizer(engine, d, codec.M, 4);
      const lists = new BlockLists(engine, nlist, codec.bbs, codec.M + (codec.M % 2), pq.codeSize);
      const byResidual = codec.residual;
      return ivfPqFastScan(engine, new ListQuantizer(quantizer, pq, { byResidual }), lists);
    }
    case 'ScalarQuantizer': {
      const sq = createScalar(codec, d);
      const byResidual = sq.qtype !== '0bit' && !sq.isTurbo;
      return new IvfScalarQuantizerCodec(engine, new ListCoder(quantizer, sq, { byResidual }), nlist);
    }
    case 'AdditiveQuantizer':
      return createAdditiveLists(engine, codec, quantizer, nlist);
    case 'AdditiveFastScan':
      return createAdditiveFastScanLists(engine, codec, quantizer, nlist);
    case 'SpectralHash':
      return createSpectralHashLists(engine, codec, quantizer, nlist);
    case 'Eden':
      return createEdenLists(engine, codec, quantizer, nlist);
    case 'RaBitQ':
      return raBitQLists(engine, quantizer, nlist, { nbBits: codec.nbits });
    case 'RaBitQFastScan': {
      const state = { qb: FAST_SCAN_QUERY_BITS };
      const rabitq = new RaBitQuantizer(engine, { d, metric, nbBits: codec.nbits }, state);
      const extra = rabitq.codeSize - Math.ceil(d / 8);
      const lists = new BlockLists(engine, nlist, codec.bbs, signIndexes(d), rabitq.codeSize, extra);
      return new IvfRaBitQFastScanCodec(engine, quantizer, rabitq, lists);
    }
    default:
      throw unsupported(`IVF with ${codec.kind}`);
  }
}

function createScalar({ qtype }: ScalarQuantizerSpec, d: number): ScalarQuantizer {
  return new ScalarQuantizer(d, SCALAR_KINDS[qtype]);
}
