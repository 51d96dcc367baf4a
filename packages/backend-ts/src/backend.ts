import {
  BACKEND_SPEC_VERSION,
  type Backend,
  type BackendProbe,
  type BuildContext,
  defineBackend,
  type FactorySpec,
  type HnswSpec,
  type IndexData,
  isBinaryIndexData,
  type LoadContext,
  type LoadTarget,
  LutraError,
  METRICS,
  type VectorIndex,
} from '@lutra/core';
import { checkFactory, specFromData, specKinds } from '@lutra/factory';
import { classNameOf, encodedSize } from '@lutra/faiss-format';
import {
  type KernelLevel,
  type KernelSet,
  type LoadKernelsOptions,
  loadKernels,
  MEMORY_LIMIT,
} from '@lutra/kernels';
import { orCapacity } from './allocation-error.js';
import { binaryBackend } from './binary/binary-backend.js';
import { createNode } from './create-node.js';
import { Engine } from './engine.js';
import { isExtraMetric } from './extra-metrics.js';
import { refusesStorage } from './hnsw/graph-storage.js';
import { lacks } from './lacks.js';
import { assertCache, refusesLists } from './lists-on-disk.js';
import { loadNode } from './load-node.js';
import { loadTarget } from './load-target.js';
import type { IndexNode, Vectors } from './node.js';
import { refusesScalar } from './quantizers/scalar-quantizer.js';
import { assertRun, refusesUnnamed } from './refusal.js';
import { spawnWorker } from './spawn-worker.js';
import { IndexThreads } from './threads/index-threads.js';
import type { WorkerLike } from './threads/node-threads.js';
import { TsIndex } from './ts-index.js';

/** What a division costs is well below this, also where the other threads have to be woken. */
const DIVIDE_FROM = 1;
const NORM_FROM_LUT = 'an additive quantizer with norms from tables is not run';
/** Kinds that are run by every metric; the others by l2 and ip. */
const ANY_METRIC: readonly string[] = [
  'Flat',
  'Hnsw',
  'HnswFlat',
  'Ivf',
  'IvfFlat',
  'FlatDedup',
  'IvfFlatDedup',
  'IdMap',
  'IdMap2',
  'PreTransform',
];
const INDEXES: readonly string[] = [
  'Flat',
  'FlatPanorama',
  'FlatDedup',
  'Pq',
  'PqFastScan',
  'ScalarQuantizer',
  'PqR',
  'AdditiveQuantizer',
  'AdditiveFastScan',
  'Lsh',
  'RaBitQ',
  'Eden',
  'SpectralHash',
  'TwoLayer',
  'RaBitQFastScan',
  'Ivf',
  'Hnsw',
  'RefineFlat',
  'Refine',
  'RefinePanorama',
  'IdMap',
  'IdMap2',
];
const TRANSFORMS: readonly string[] = [
  'Pca',
  'L2Norm',
  'RandomRotation',
  'HadamardRotation',
  'Itq',
  'Opq',
  'Pad',
];
const KINDS: readonly string[] = [
  ...INDEXES,
  'PreTransform',
  ...TRANSFORMS,
  'Coarse:Hnsw',
  'Coarse:Index',
  'Coarse:MultiIndex',
];

export interface TsBackendOptions {
  /** Kernels loaded by the caller; the backend loads its own unless told. */
  kernels?: KernelSet;
  /** The level to load; the highest that runs unless told. */
  level?: KernelLevel;
  /** As `loadKernels` takes it: lets Node 20 run the level `relaxed-simd`, by a flag for the whole process. */
  experimentalRelaxedSimd?: boolean;
  /**
   * Starts a worker that runs `@lutra/backend-ts/worker`, for bundlers that do not find that file themselves. Called when
   * a call first wants a thread.
   */
  createWorker?: () => WorkerLike;
  /**
   * Milliseconds that one query is reckoned to take on one thread from which it is divided over the `threads` of its call, by
   * lists or rows; a division costs some tenths of one. 1 unless told.
   */
  divideFrom?: number;
  /**
   * Bytes of the memory of an index that the vectors of a refinement (`…,RFlat`) may take; what is beyond goes to further
   * memories, where it costs a copy of the rows of a query's candidates. Unless told 2 GiB for vectors that are added, and for
   * an index that is read whatever is free.
   */
  refineBytes?: number;
}

/**
 * The engine of Lutra: faiss's index types in TypeScript on WebAssembly kernels, in any runtime. Each index has its own
 * linear memory of up to 4 GiB, which goes with it.
 */
export function ts(options: TsBackendOptions = {}): Backend {
  const { divideFrom = DIVIDE_FROM, refineBytes } = options;
  for (const [argument, value] of Object.entries({ divideFrom, refineBytes })) {
    if (value === undefined || value >= 0) continue;
    const message = `ts: ${argument} is ${String(value)}, wanted a number from 0`;
    throw new LutraError('ARGUMENT', message, { argument, value });
  }
  let loading: Promise<KernelSet> | undefined;
  const kernels = (): Promise<KernelSet> => {
    loading ??= options.kernels ? Promise.resolve(options.kernels) : loadKernels(kernelOptions(options));
    return loading;
  };
  const threadsOf = <V extends Vectors>(engine: Engine, root: IndexNode<V>): IndexThreads<V> =>
    new IndexThreads(engine, root, { spawn: options.createWorker ?? spawnWorker, divideFrom });
  const newEngine = async (): Promise<Engine> => new Engine((await kernels()).instantiate(), { refineBytes });
  const loadInto = (engine: Engine, data: IndexData, context: LoadContext): VectorIndex => {
    assertRun(refusesData(data, context));
    assertCache(context);
    // not for the size: it checks every array against the numbers beside it
    encodedSize(data);
    engine.listsOnDisk = context.listsOnDisk;
    try {
      const root = orCapacity('load', () => loadNode(engine, data));
      const threads = threadsOf(engine, root);
      const disk = engine.hasListsOnDisk ? engine : undefined;
      return new TsIndex(root, specFromData(data), context.refusals ?? [], threads, disk);
    } catch (e) {
      engine.close();
      throw e;
    }
  };
  return defineBackend({
    name: 'ts',
    specVersion: BACKEND_SPEC_VERSION,
    supports: {
      kinds: KINDS,
      metrics: ['l2', 'ip', ...METRICS.filter(isExtraMetric)],
      searchSync: true,
      rangeSearch: true,
      reconstruct: true,
      removeIds: true,
      mergeFrom: true,
      filter: true,
      maxBytes: MEMORY_LIMIT,
      save: true,
      load: true,
      listsOnDisk: true,
    },
    async probe(): Promise<BackendProbe> {
      try {
        const { level, note, shared } = await kernels();
        const threads = shared ? 'yes' : 'no';
        return { ok: true, details: { level, threads, ...(note !== undefined && { note }) } };
      } catch (e) {
        return { ok: false, reason: e instanceof Error ? e.message : String(e) };
      }
    },
    refuses,
    lacks,
    refusesData,
    async create(spec: FactorySpec, context: BuildContext): Promise<VectorIndex> {
      checkFactory(spec, context);
      assertRun(refuses(spec, context));
      const engine = await newEngine();
      const { d, metric, refusals = [] } = context;
      const metricArg = metric === 'lp' ? Math.fround(context.metricArg ?? 0) : 0;
      const root = orCapacity('create', () => createNode(engine, spec, d, metric, metricArg));
      return new TsIndex(root, spec, refusals, threadsOf(engine, root));
    },
    async load(data: IndexData, context: LoadContext = {}): Promise<VectorIndex> {
      return loadInto(await newEngine(), data, context);
    },
    async prepareLoad(): Promise<LoadTarget> {
      const engine = await newEngine();
      return loadTarget(engine, (data, context) => loadInto(engine, data, context));
    },
    binary: binaryBackend({ engine: newEngine, threads: threadsOf }),
  });
}

function kernelOptions({ level, experimentalRelaxedSimd }: TsBackendOptions): LoadKernelsOptions {
  return { ...(level && { level }), ...(experimentalRelaxedSimd && { experimentalRelaxedSimd }) };
}

function refuses(spec: FactorySpec, { metric, metricArg }: BuildContext): string | undefined {
  if (isExtraMetric(metric)) {
    const other = specKinds(spec).find((kind) => !ANY_METRIC.includes(kind) && !TRANSFORMS.includes(kind));
    if (other !== undefined) return `${other} by metric ${metric} is not run`;
    if (metric === 'lp' && !(metricArg !== undefined && Number.isFinite(metricArg) && metricArg > 0)) {
      return `metric lp is not run without metricArg, its p, above 0`;
    }
  }
  const missing = specKinds(spec).filter((kind) => !KINDS.includes(kind));
  if (missing.length > 0) return `${missing.join(', ')} is not run`;
  if (mentions(spec, 'LSCQ')) return 'LSCQ is not run';
  return graphsOver(spec)
    .map(refusesStorage)
    .find((why) => why !== undefined);
}

/** Whether some part of a spec is the additive quantizer `name`. */
function mentions(spec: object, name: string): boolean {
  if ('quantizer' in spec && spec.quantizer === name) return true;
  return Object.values(spec).some(
    (part) => typeof part === 'object' && part !== null && mentions(part, name),
  );
}

/** What is stored under the graphs of `spec`. */
function graphsOver(spec: FactorySpec): HnswSpec['storage'][] {
  if (spec.kind === 'Hnsw') return [spec.storage];
  if (spec.kind === 'Ivf') return spec.coarse.kind === 'Index' ? graphsOver(spec.coarse.index) : [];
  if ('refine' in spec) return [...graphsOver(spec.base), ...graphsOver(spec.refine)];
  return 'base' in spec ? graphsOver(spec.base) : [];
}

function refusesData(data: IndexData, context?: LoadContext): string | undefined {
  return refusesPart(data) ?? refusesLists(data, context) ?? refusesUnnamed(() => specFromData(data));
}

function refusesPart(data: IndexData): string | undefined {
  if (isExtraMetric(data.metric) && !ANY_METRIC.includes(data.kind)) {
    return `${data.kind} by metric ${data.metric} is not run`;
  }
  if (data.metricArg !== 0 && !/^(Ivf)?Flat(Dedup)?$/.test(data.kind)) {
    return `${data.kind} with metric argument ${data.metricArg} of its own is not run`;
  }
  switch (data.kind) {
    case 'Refine':
    case 'RefinePanorama':
      return refusesBelow(data, data.base) ?? refusesBelow(data, data.refine);
    case 'IdMap':
    case 'IdMap2':
    case 'PreTransform':
      return refusesBelow(data, data.base);
    case 'IvfFlat':
    case 'IvfFlatPanorama':
    case 'IvfFlatDedup':
    case 'IvfPq':
    case 'IvfPqFastScan':
    case 'IvfScalarQuantizer':
    case 'IvfPqr':
    case 'IvfSpectralHash':
    case 'IvfEden':
    case 'IvfRaBitQ':
    case 'IvfRaBitQFastScan':
    case 'IvfAdditiveQuantizer':
    case 'IvfAdditiveFastScan':
      if ('rescaleNorm' in data && data.rescaleNorm && data.normScale > 1 && data.metric === 'l2') {
        return 'an IVF with rescaled norms is not run';
      }
      if ('sq' in data && refusesScalar(data.sq) !== undefined) return refusesScalar(data.sq);
      if ('aq' in data && data.aq.searchType === 'norm_from_LUT') return NORM_FROM_LUT;
      if (data.invlists.kind === 'missing') return 'an IVF without inverted lists is not run';
      return data.quantizer.kind === 'MultiIndexQuantizer' ? undefined : refusesBelow(data, data.quantizer);
    case 'TwoLayer':
      if (data.quantizer.kind === 'MultiIndexQuantizer' || data.quantizer.kind === 'Flat') return undefined;
      return `TwoLayer over ${data.quantizer.kind} is not run`;
    case 'ScalarQuantizer':
      return refusesScalar(data.sq);
    case 'AdditiveQuantizer':
    case 'AdditiveFastScan':
      return data.aq.searchType === 'norm_from_LUT' ? NORM_FROM_LUT : undefined;
    case 'HnswFlat':
    case 'HnswPq':
    case 'HnswSq':
    case 'HnswTwoLayer':
    case 'HnswFlatPanorama':
      if (!data.storage || refusesStorage(data.storage)) return refusesStorage(data.storage);
      return refusesBelow(data, data.storage);
    case 'Flat':
    case 'FlatPanorama':
    case 'Pq':
    case 'PqFastScan':
    case 'Lsh':
    case 'ResidualCoarseQuantizer':
    case 'Eden':
    case 'RaBitQ':
    case 'RaBitQFastScan':
      return undefined;
    default:
      return `${data.kind} (${classNameOf(data)}) is not run${isBinaryIndexData(data) ? ' as an index of floats' : ''}`;
  }
}

function refusesBelow(data: IndexData, part: IndexData): string | undefined {
  const why = refusesPart(part);
  if (why !== undefined || part.metric === data.metric) return why;
  return `${data.kind} by ${data.metric} over ${part.kind} by ${part.metric} is not run`;
}
