import {
  BACKEND_SPEC_VERSION,
  type Backend,
  type BackendProbe,
  type BuildContext,
  defineBackend,
  type FactorySpec,
  type IndexData,
  isLutraError,
  type LoadContext,
  type Metric,
  type VectorIndex,
} from '@lutra/core';
import { checkFactory, specFromData, specKinds } from '@lutra/factory';
import { type KernelLevel, type KernelSet, loadKernels } from '@lutra/kernels';
import { createNode } from './create-node.js';
import { Engine } from './engine.js';
import { loadNode } from './load-node.js';
import { TsIndex } from './ts-index.js';

const METRICS: readonly Metric[] = ['l2', 'ip'];
const INDEXES: readonly string[] = [
  'Flat',
  'Pq',
  'PqFastScan',
  'Ivf',
  'RefineFlat',
  'Refine',
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
const KINDS: readonly string[] = [...INDEXES, 'PreTransform', ...TRANSFORMS];

export interface TsBackendOptions {
  /** Kernels loaded by the caller; the backend loads its own unless told. */
  kernels?: KernelSet;
  /** The level to load; the highest that runs unless told. */
  level?: KernelLevel;
}

/**
 * The engine of Lutra: faiss's index types in TypeScript on WebAssembly kernels, in any runtime. Each index has its own
 * linear memory of up to 4 GiB, which goes with it.
 */
export function ts(options: TsBackendOptions = {}): Backend {
  let loading: Promise<KernelSet> | undefined;
  const kernels = (): Promise<KernelSet> => {
    loading ??= options.kernels
      ? Promise.resolve(options.kernels)
      : loadKernels(options.level ? { level: options.level } : {});
    return loading;
  };
  return defineBackend({
    name: 'ts',
    specVersion: BACKEND_SPEC_VERSION,
    supports: {
      kinds: KINDS,
      metrics: METRICS,
      searchSync: true,
      rangeSearch: true,
      reconstruct: true,
      removeIds: true,
      mergeFrom: true,
      filter: true,
      save: true,
      load: true,
    },
    async probe(): Promise<BackendProbe> {
      try {
        const { level, note } = await kernels();
        return { ok: true, details: { level, ...(note !== undefined && { note }) } };
      } catch (e) {
        return { ok: false, reason: e instanceof Error ? e.message : String(e) };
      }
    },
    refuses,
    refusesData,
    async create(spec: FactorySpec, context: BuildContext): Promise<VectorIndex> {
      checkFactory(spec, context);
      const engine = new Engine((await kernels()).instantiate());
      return new TsIndex(createNode(engine, spec, context.d, context.metric), spec, context.refusals ?? []);
    },
    async load(data: IndexData, context: LoadContext = {}): Promise<VectorIndex> {
      const engine = new Engine((await kernels()).instantiate());
      return new TsIndex(loadNode(engine, data), specFromData(data), context.refusals ?? []);
    },
  });
}

function refuses(spec: FactorySpec, { metric }: BuildContext): string | undefined {
  if (!METRICS.includes(metric)) return `metric ${metric} is not run`;
  const missing = specKinds(spec).filter((kind) => !KINDS.includes(kind));
  return missing.length === 0 ? undefined : `${missing.join(', ')} is not run`;
}

function refusesData(data: IndexData): string | undefined {
  if (!METRICS.includes(data.metric)) return `metric ${data.metric} is not run`;
  switch (data.kind) {
    case 'Refine':
      return refusesData(data.base) ?? refusesData(data.refine);
    case 'IdMap':
    case 'IdMap2':
    case 'PreTransform':
      return refusesData(data.base);
    case 'IvfFlat':
    case 'IvfPq':
    case 'IvfPqFastScan':
      if (data.quantizer.kind !== 'Flat') return `an IVF over a ${data.quantizer.kind} quantizer is not run`;
      return data.invlists.kind === 'missing' ? 'an IVF without inverted lists is not run' : undefined;
    case 'Flat':
    case 'Pq':
    case 'PqFastScan':
      return undefined;
    default: {
      let name = 'this index';
      try {
        name = specFromData(data).kind;
      } catch (e) {
        if (!isLutraError(e)) throw e;
      }
      return `${name} is not run`;
    }
  }
}
