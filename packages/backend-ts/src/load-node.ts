import type { IndexData } from '@lutra/core';
import { unsupported } from './create-node.js';
import type { Engine } from './engine.js';
import { isExtraMetric } from './extra-metrics.js';
import { type GraphStorage, refusesStorage } from './hnsw/graph-storage.js';
import { HnswGraph } from './hnsw/hnsw-graph.js';
import type { ArrayLists } from './invlists/array-lists.js';
import { BlockLists } from './invlists/block-lists.js';
import { assertListsHold, wrongLists } from './invlists/check-lists.js';
import { kernelMatmul } from './kernel-matmul.js';
import type { IndexNode } from './node.js';
import { loadAdditive, loadAdditiveLists } from './nodes/additive.js';
import { loadAdditiveFastScan, loadAdditiveFastScanLists } from './nodes/additive-fast-scan.js';
import { CoarseQuantizer } from './nodes/coarse-quantizer.js';
import { loadEden, loadEdenLists } from './nodes/eden.js';
import { FlatNode } from './nodes/flat.js';
import { FlatMetricNode } from './nodes/flat-metric.js';
import { FlatPanoramaNode } from './nodes/flat-panorama.js';
import { assertStorage, HnswNode } from './nodes/hnsw.js';
import { IdMapNode } from './nodes/id-map.js';
import { type IvfData, IvfNode } from './nodes/ivf.js';
import { IvfFlatCodec } from './nodes/ivf-flat.js';
import { IvfFlatDedupNode } from './nodes/ivf-flat-dedup.js';
import { metricLists } from './nodes/ivf-flat-metric.js';
import { IvfFlatPanoramaCodec } from './nodes/ivf-flat-panorama.js';
import { IvfPqCodec } from './nodes/ivf-pq.js';
import { ivfPqFastScan } from './nodes/ivf-pq-fast-scan.js';
import { IvfPqrNode } from './nodes/ivf-pqr.js';
import { IvfRaBitQFastScanCodec } from './nodes/ivf-rabitq-fast-scan.js';
import { IvfScalarQuantizerCodec } from './nodes/ivf-scalar-quantizer.js';
import { loadSpectralHashLists } from './nodes/ivf-spectral-hash.js';
import type { ListCodec } from './nodes/list-codec.js';
import { loadLsh } from './nodes/lsh.js';
import { MultiIndexNode } from './nodes/multi-index.js';
import { PqNode } from './nodes/pq.js';
import { pqFastScan } from './nodes/pq-fast-scan.js';
import { PreTransformNode } from './nodes/pre-transform.js';
import { loadRaBitQ, raBitQLists } from './nodes/rabitq.js';
import { RaBitQFastScanNode } from './nodes/rabitq-fast-scan.js';
import { assertHalves, RefineNode } from './nodes/refine.js';
import { RefineRows } from './nodes/refine-rows.js';
import { ResidualCoarseNode } from './nodes/residual-coarse.js';
import { ScalarQuantizerNode } from './nodes/scalar-quantizer.js';
import { TwoLayerNode } from './nodes/two-layer.js';
import { ListCoder } from './quantizers/list-coder.js';
import { ListQuantizer } from './quantizers/list-quantizer.js';
import { ProductQuantizer } from './quantizers/product-quantizer.js';
import { RaBitQuantizer } from './quantizers/rabitq.js';
import { RefinedListQuantizer } from './quantizers/refined-list-quantizer.js';
import { ScalarQuantizer } from './quantizers/scalar-quantizer.js';
import { TwoLayerCodec } from './quantizers/two-layer.js';
import { loadTransform } from './transforms/index.js';

/**
 * A tree of nodes in the state of `data`, whose arrays are copied into kernel memory, but for those that were given over
 * to the engine.
 * @throws LutraError `UNSUPPORTED` for what the engine does not run
 */
export function loadNode(engine: Engine, data: IndexData): IndexNode {
  switch (data.kind) {
    case 'Flat':
      return isExtraMetric(data.metric)
        ? FlatMetricNode.fromData(engine, data)
        : FlatNode.fromData(engine, data);
    case 'FlatPanorama':
      return FlatPanoramaNode.load(engine, data);
    case 'Pq':
      return PqNode.fromData(engine, data);
    case 'PqFastScan':
      return pqFastScan(engine, ProductQuantizer.fromData(engine, data.pq), data.metric, data);
    case 'ScalarQuantizer':
      return ScalarQuantizerNode.fromData(engine, data);
    case 'TwoLayer': {
      const quantizer = new CoarseQuantizer(engine, loadNode(engine, data.quantizer));
      const pq = ProductQuantizer.fromData(engine, data.pq);
      return new TwoLayerNode(engine, new TwoLayerCodec(engine, quantizer, pq, data), data);
    }
    case 'Lsh':
      return loadLsh(engine, data);
    case 'AdditiveFastScan':
      return loadAdditiveFastScan(engine, data);
    case 'AdditiveQuantizer':
      return loadAdditive(engine, data);
    case 'Eden':
      return loadEden(engine, data);
    case 'RaBitQ':
      return loadRaBitQ(engine, data);
    case 'RaBitQFastScan':
      return RaBitQFastScanNode.fromData(engine, data);
    case 'ResidualCoarseQuantizer':
      return ResidualCoarseNode.fromData(engine, data);
    case 'MultiIndexQuantizer':
      return MultiIndexNode.fromData(engine, data);
    case 'HnswFlat':
    case 'HnswPq':
    case 'HnswSq':
    case 'HnswTwoLayer':
    case 'HnswFlatPanorama': {
      const { storage } = data;
      if (!storage || refusesStorage(storage))
        throw unsupported(`HNSW over ${storage?.kind ?? 'no vectors'}`);
      assertStorage(data, storage);
      const vectors = loadNode(engine, storage) as GraphStorage;
      const options = 'numLevels' in data ? { panoramaLevels: data.numLevels } : {};
      return new HnswNode(engine, HnswGraph.fromData(engine, data.hnsw), vectors, options);
    }
    case 'IvfFlat':
    case 'IvfFlatPanorama':
    case 'IvfFlatDedup':
    case 'IvfPq':
    case 'IvfPqFastScan':
    case 'IvfScalarQuantizer':
    case 'IvfSpectralHash':
    case 'IvfEden':
    case 'IvfRaBitQ':
    case 'IvfPqr':
    case 'IvfRaBitQFastScan':
    case 'IvfAdditiveQuantizer':
    case 'IvfAdditiveFastScan':
      return loadIvf(engine, data);
    case 'Refine':
    case 'RefinePanorama': {
      const base = loadNode(engine, data.base);
      const refine =
        data.refine.kind === 'Flat' && !isExtraMetric(data.refine.metric)
          ? RefineRows.fromData(engine, data.refine)
          : loadNode(engine, data.refine);
      assertHalves(base, refine);
      return new RefineNode(engine, base, refine, data);
    }
    case 'IdMap':
    case 'IdMap2':
      return new IdMapNode(engine, data.kind, loadNode(engine, data.base), data.ids);
    case 'PreTransform': {
      const options = { matmul: kernelMatmul(engine) };
      const chain = data.transforms.map((t) => loadTransform(t, options));
      return new PreTransformNode(engine, data.d, chain, loadNode(engine, data.base));
    }
    default:
      throw unsupported(data.kind);
  }
}

function loadIvf(engine: Engine, data: IvfData): IndexNode {
  if (data.invlists.kind === 'missing') throw unsupported('IVF without inverted lists');
  assertListsHold(data.ntotal, data.invlists);
  const quantizer = new CoarseQuantizer(engine, loadNode(engine, data.quantizer));
  const { nprobe, ntotal, directMap, metricArg } = data;
  const state = { nprobe, ntotal, directMap, metricArg };
  if (data.kind === 'IvfPqr') {
    if (data.invlists.kind !== 'array' && data.invlists.kind !== 'onDisk') throw wrongLists(data);
    const pq = ProductQuantizer.fromData(engine, data.pq);
    const refinePq = ProductQuantizer.fromData(engine, data.refinePq);
    const refined = new RefinedListQuantizer(quantizer, pq, refinePq, data);
    const codec = new IvfPqCodec(engine, refined, data.nlist);
    codec.lists.load(data.invlists);
    return new IvfPqrNode(engine, new IvfNode(engine, quantizer, codec, state), refined, data);
  }
  const codec = loadCodec(engine, data, quantizer);
  if (data.kind === 'IvfFlatDedup') {
    const held = ntotal - data.instances.length / 2;
    return new IvfFlatDedupNode(
      new IvfNode(engine, quantizer, codec, { ...state, ntotal: held }),
      codec.lists,
      data,
    );
  }
  return new IvfNode(engine, quantizer, codec, state);
}

function loadCodec(engine: Engine, data: IvfData, quantizer: CoarseQuantizer): ListCodec {
  const { invlists } = data;
  if (data.kind === 'IvfPqFastScan') {
    if (invlists.kind !== 'block') throw wrongLists(data);
    const pq = ProductQuantizer.fromData(engine, data.pq);
    const lists = BlockLists.fromData(engine, invlists, data.M2, pq.codeSize);
    return ivfPqFastScan(engine, new ListQuantizer(quantizer, pq, data), lists, data);
  }
  if (data.kind === 'IvfAdditiveFastScan') {
    if (invlists.kind !== 'block') throw wrongLists(data);
    return loadAdditiveFastScanLists(engine, data, quantizer, invlists);
  }
  if (data.kind === 'IvfRaBitQFastScan') {
    if (invlists.kind !== 'block') throw wrongLists(data);
    const rabitq = new RaBitQuantizer(engine, data.rabitq, data);
    const extra = rabitq.codeSize - Math.ceil(data.d / 8);
    const lists = BlockLists.fromData(engine, invlists, data.M2, rabitq.codeSize, extra);
    return new IvfRaBitQFastScanCodec(engine, quantizer, rabitq, lists, data);
  }
  if (data.kind === 'IvfFlatPanorama') {
    if (invlists.kind !== 'panorama') throw wrongLists(data);
    const codec = new IvfFlatPanoramaCodec(engine, data.d, data.metric, data.nlist, data);
    codec.lists.load(invlists);
    return codec;
  }
  if (invlists.kind !== 'array' && invlists.kind !== 'onDisk') throw wrongLists(data);
  const codec = loadArrayCodec(engine, data, quantizer);
  codec.lists.load(invlists);
  return codec;
}

function loadArrayCodec(
  engine: Engine,
  data: IvfData,
  quantizer: CoarseQuantizer,
): ListCodec & { readonly lists: ArrayLists } {
  const { nlist } = data;
  switch (data.kind) {
    case 'IvfPq': {
      const pq = ProductQuantizer.fromData(engine, data.pq);
      return new IvfPqCodec(engine, new ListQuantizer(quantizer, pq, data), nlist);
    }
    case 'IvfScalarQuantizer': {
      const sq = ScalarQuantizer.fromData(data.sq);
      return new IvfScalarQuantizerCodec(engine, new ListCoder(quantizer, sq, data), nlist);
    }
    case 'IvfAdditiveQuantizer':
      return loadAdditiveLists(engine, data, quantizer);
    case 'IvfSpectralHash':
      return loadSpectralHashLists(engine, data, quantizer);
    case 'IvfEden':
      return loadEdenLists(engine, data, quantizer);
    case 'IvfRaBitQ':
      return raBitQLists(engine, quantizer, nlist, { ...data, nbBits: data.rabitq.nbBits });
    default:
      if (isExtraMetric(data.metric)) return metricLists(engine, quantizer, nlist, data.metricArg);
      return new IvfFlatCodec(engine, data.d, data.metric, nlist);
  }
}
