import {
  BACKEND_SPEC_VERSION,
  type Backend,
  type BackendProbe,
  type BuildContext,
  defineBackend,
  type FactorySpec,
  type IndexData,
  type LoadContext,
  LutraError,
  type VectorIndex,
} from '@lutra/core';
import { checkFactory } from '@lutra/factory';
import type { FaissBackendOptions } from './options.js';
import { KINDS, lacks, METRICS, refusesIndexData, refusesSpec } from './refusals.js';

/**
 * Native faiss 1.7.3 or 1.7.4 through faiss-node, which is loaded on use and in a process of its own for each index. A
 * call never blocks the caller's event loop but {@link VectorIndex.toData}, and no fault of faiss ends the caller.
 */
export function faiss(options: FaissBackendOptions = {}): Backend {
  return defineBackend({
    name: 'faiss',
    specVersion: BACKEND_SPEC_VERSION,
    supports: {
      kinds: KINDS,
      metrics: METRICS,
      searchSync: false,
      rangeSearch: true,
      reconstruct: true,
      removeIds: true,
      mergeFrom: true,
      filter: true,
      save: true,
      load: true,
    },
    async probe(): Promise<BackendProbe> {
      return (await import('#native')).probe(options);
    },
    refuses: (spec: FactorySpec, { metric }: BuildContext) => refusesSpec(spec, metric),
    lacks,
    refusesData: refusesIndexData,
    async create(spec: FactorySpec, context: BuildContext): Promise<VectorIndex> {
      checkFactory(spec, context);
      assertRun(refusesSpec(spec, context.metric));
      return (await import('#native')).create(options, spec, context);
    },
    async load(data: IndexData, context: LoadContext = {}): Promise<VectorIndex> {
      assertRun(refusesIndexData(data));
      return (await import('#native')).load(options, data, context);
    },
  });
}

function assertRun(why: string | undefined): void {
  if (why === undefined) return;
  throw new LutraError('UNSUPPORTED', `backend faiss: ${why}`, { feature: why, by: 'faiss' });
}
