import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type BackendProbe,
  type BuildContext,
  type FactorySpec,
  type IndexData,
  type LoadContext,
  LutraError,
  type VectorIndex,
} from '@lutra/core';
import { formatFactory, specFromData } from '@lutra/factory';
import { encodedSize } from '@lutra/faiss-format';
import { assertWhole, type Dress, undress } from '../data/bare.js';
import { emptied } from '../data/empty.js';
import { parametersOfData, parametersOfSpec } from '../data/parameters.js';
import type { FaissBackendOptions } from '../options.js';
import { linksRows, nativeSpec, withoutPolysemous } from '../refusals.js';
import { assertCount, assertThreads } from './call-checks.js';
import { FaissIndex } from './faiss-index.js';
import { Home } from './home.js';
import { IdColumn } from './id-column.js';
import { writeIndexAsync } from './index-file.js';
import { NativeProcess } from './native-process.js';
import { type Source, Supervisor, type SupervisorOptions } from './supervisor.js';

const PACKAGE = 'faiss-node';
const DEFAULT_COPIES = 2;
const MAX_COPIES = 16;

/** Whether faiss-node is there and loads, tried in a process of its own. */
export async function probe(options: FaissBackendOptions): Promise<BackendProbe> {
  const home = new Home();
  try {
    const { module, version } = locate(options);
    const started = await NativeProcess.start({ module, threads: options.threads, copies: 1, dir: home.dir });
    started.release(0);
    return { ok: true, version, details: { binding: PACKAGE, path: module } };
  } catch (e) {
    return { ok: false, reason: e instanceof Error ? e.message : String(e) };
  } finally {
    home.remove();
  }
}

/** An untrained, empty index; the spec has been checked. */
export async function create(
  options: FaissBackendOptions,
  spec: FactorySpec,
  context: BuildContext,
): Promise<VectorIndex> {
  const given = supervisorOptions(options);
  // a graph is linked by one thread, so its process starts with one
  const supervisor = new Supervisor(linksRows(spec) ? { ...given, threads: 1 } : given);
  try {
    const { d, metric, refusals = [] } = context;
    const making = makingOf(spec, d, metric);
    supervisor.settle(making, 0);
    const isTrained = await supervisor.use(async (process) => {
      const answer = await process.call<'create'>(making);
      // what is trained from the start has its empty form now
      if (answer.isTrained) await process.call<'write'>({ op: 'write', path: supervisor.emptyPath });
      return answer.isTrained;
    });
    if (isTrained) supervisor.settle({ path: supervisor.emptyPath, parameters: making.parameters }, 0);
    const { parameters } = making;
    const dress = dressOf(spec);
    const ids = new IdColumn(0);
    return new FaissIndex({
      supervisor,
      d,
      metric,
      spec,
      making,
      refusals,
      dress,
      ids,
      parameters,
      isTrained,
      threads: options.threads,
    });
  } catch (e) {
    supervisor.dispose();
    throw e;
  }
}

/** An index in the state of `data`, which this backend does not refuse. */
export async function load(
  options: FaissBackendOptions,
  data: IndexData,
  context: LoadContext,
): Promise<VectorIndex> {
  // not for the size: it checks every array against the numbers beside it
  encodedSize(data);
  assertWhole(data);
  const spec = specFromData(data);
  const supervisor = new Supervisor(supervisorOptions(options));
  try {
    const { d, metric, isTrained } = data;
    const { data: bare, ids, dress } = undress(data);
    const parameters = parametersOfData(data);
    const making = makingOf(spec, d, metric);
    if (isTrained) await writeIndexAsync(supervisor.emptyPath, emptied(bare));
    if (bare.ntotal > 0) {
      const path = supervisor.newPath();
      await writeIndexAsync(path, bare);
      supervisor.settle({ path, parameters }, 0);
    } else {
      supervisor.settle(isTrained ? { path: supervisor.emptyPath, parameters } : making, 0);
    }
    await supervisor.use(async () => undefined);
    const column = new IdColumn(bare.ntotal, ids);
    const refusals = context.refusals ?? [];
    return new FaissIndex({
      ...{ supervisor, d, metric, spec, making, refusals, dress, ids: column, parameters, isTrained },
      threads: options.threads,
    });
  } catch (e) {
    supervisor.dispose();
    throw e;
  }
}

/** faiss's numbers of its metrics. */
const METRIC_NUMBERS: Readonly<Record<string, number>> = { ip: 0, l2: 1 };

function makingOf(spec: FactorySpec, d: number, metric: string): Extract<Source, { op: 'create' }> {
  const factory = formatFactory(withoutPolysemous(nativeSpec(spec)));
  return { op: 'create', d, factory, metric: METRIC_NUMBERS[metric]!, parameters: parametersOfSpec(spec) };
}

function dressOf(spec: FactorySpec): Dress {
  let depth = 0;
  let inner = spec;
  for (; inner.kind === 'PreTransform'; inner = inner.base) depth++;
  const idMap = inner.kind === 'IdMap' || inner.kind === 'IdMap2' ? inner.kind : undefined;
  return { idMap, depth, directMap: 'none' };
}

function supervisorOptions(options: FaissBackendOptions): SupervisorOptions {
  const { threads, copies = DEFAULT_COPIES } = options;
  assertThreads(threads);
  assertCount('copies', copies);
  if (copies > MAX_COPIES) {
    throw new LutraError('ARGUMENT', `copies: ${copies} is more than ${MAX_COPIES}`, {
      argument: 'copies',
      value: copies,
    });
  }
  return { module: locate(options).module, threads, copies };
}

/** Where faiss-node is: the path given, else beside this package, else where the process works. */
function locate({ module }: FaissBackendOptions): { module: string; version: string } {
  const places = [import.meta.url, join(process.cwd(), 'package.json')];
  for (const place of places) {
    const require = createRequire(place);
    try {
      const path = require.resolve(module ?? PACKAGE);
      return { module: path, version: versionOf(path) };
    } catch {
      // the next place may have it
    }
  }
  const wanted = module ?? PACKAGE;
  const hint = module ? '' : ': npm install faiss-node@0.5.1';
  throw new LutraError('BACKEND', `${wanted} is not installed${hint}`, { backend: 'faiss' });
}

/** The version in the package.json above the file at `path`. */
function versionOf(path: string): string {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        version?: unknown;
      };
      if (typeof version === 'string') return version;
    } catch {
      // the folder above may have one
    }
  }
  return 'unknown';
}
