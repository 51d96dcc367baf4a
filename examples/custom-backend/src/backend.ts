import {
  type Backend,
  type BackendProbe,
  type BuildContext,
  defineBackend,
  type FactorySpec,
  LutraError,
  type VectorIndex,
} from '@lutra/core';
import { checkFactory } from '@lutra/factory';
import { LanceIndex } from './lance-index.js';
import { LanceTable, lanceVersion } from './lance-table.js';
import { type Layout, layoutOf } from './layout.js';

export interface LanceBackendOptions {
  /** Where each index makes a folder of its own, which goes with it; the system's temporary folder unless told. */
  readonly folder?: string;
}

// #region backend
/** LanceDB behind the interface of Lutra: vectors and their index on disk, searched by LanceDB's own threads. */
export function lancedb(options: LanceBackendOptions = {}): Backend {
  return defineBackend({
    name: 'lancedb',
    specVersion: 1,
    supports: {
      kinds: ['RefineFlat', 'Ivf', 'Flat', 'Pq'],
      metrics: ['l2', 'ip'],
      searchSync: false,
      rangeSearch: true,
      reconstruct: true,
      removeIds: true,
      mergeFrom: false,
      filter: true,
      predicates: false,
      seed: false,
      save: true,
      load: false,
    },
    probe,
    refuses(spec: FactorySpec, context: BuildContext): string | undefined {
      const layout = layoutOf(spec, context);
      return typeof layout === 'string' ? layout : undefined;
    },
    // RFlat numbers its vectors by their place, and LanceDB has no places to renumber
    lacks: (spec) => (spec.kind === 'RefineFlat' ? ['rangeSearch', 'removeIds'] : []),
    async create(spec: FactorySpec, context: BuildContext): Promise<VectorIndex> {
      checkFactory(spec, context);
      const { d, metric, refusals = [] } = context;
      const layout = assertRun(layoutOf(spec, context));
      const table = await LanceTable.create({ d, metric, layout, parent: options.folder });
      return new LanceIndex(table, spec, refusals);
    },
    refusesData: () => NO_LOAD,
    async load(): Promise<VectorIndex> {
      throw new LutraError('UNSUPPORTED', `lancedb: ${NO_LOAD}`, { feature: 'load', by: 'lancedb' });
    },
  });
}

const NO_LOAD = 'LanceDB learns its own partitions and takes none from a file';

/** A native package is imported here first, so that its absence is an answer and no crash. */
async function probe(): Promise<BackendProbe> {
  try {
    await import('@lancedb/lancedb');
    return { ok: true, version: lanceVersion() };
  } catch (e) {
    const why = e instanceof Error ? e.message.split('\n')[0] : String(e);
    return { ok: false, reason: `@lancedb/lancedb does not load: ${why}` };
  }
}
// #endregion

function assertRun(layout: Layout | string): Layout {
  if (typeof layout !== 'string') return layout;
  throw new LutraError('UNSUPPORTED', `lancedb: ${layout}`, { feature: layout, by: 'lancedb' });
}
