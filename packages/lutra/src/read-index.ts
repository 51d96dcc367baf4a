import {
  type Backend,
  type IndexData,
  isBinaryIndexData,
  type ListsOnDisk,
  type LoadTarget,
  LutraError,
  type VectorIndex,
} from '@lutra/core';
import { classNameOf, decodeIndex, type ReadOptions, readIndexBlob } from '@lutra/faiss-format';
import { assertBackends, chooseBackend, defaultBackends, probeBackend } from './backend-choice.js';

/** Who may serve a stored index. */
export interface LoadIndexOptions {
  /** Asked in this order; the engine of `@lutra/backend-ts` alone unless told. */
  readonly backends?: readonly Backend[];
}

/**
 * An index in the state of `data`, whose arrays are copied.
 * @throws LutraError `UNSUPPORTED` or `BACKEND` when no backend takes it, with every backend's reason
 */
export async function loadIndex(data: IndexData, options: LoadIndexOptions = {}): Promise<VectorIndex> {
  return loadPrepared(data, options, undefined);
}

/** The backend that comes first, which may have made ready for an index. */
interface Prepared {
  readonly backend: Backend;
  readonly target: LoadTarget | undefined;
}

async function loadPrepared(
  data: IndexData,
  options: LoadIndexOptions,
  prepared: Prepared | undefined,
  listsOnDisk?: ListsOnDisk,
): Promise<VectorIndex> {
  assertFloats(data);
  const backends = options.backends ?? (await defaultBackends());
  const context = listsOnDisk ? { listsOnDisk } : {};
  const refuses = (b: Backend): string | undefined =>
    b.supports.load ? b.refusesData(data, context) : 'does not load stored indexes';
  const feature = `a stored ${data.kind} index with d ${data.d} and metric ${data.metric}`;
  const { backend, refusals } = await chooseBackend(backends, refuses, feature);
  // another one copies what lies in the memory of the first
  const target = prepared?.backend === backend ? prepared.target : undefined;
  return (target ?? backend).load(data, { refusals, ...context });
}

/** @throws LutraError `UNSUPPORTED` for a binary index, whose vectors are another type's */
function assertFloats(data: IndexData): void {
  if (!isBinaryIndexData(data)) return;
  const found = classNameOf(data);
  const message = `found a binary index (${found}) of ${data.d} bits, which readBinaryIndex is for`;
  throw new LutraError('UNSUPPORTED', message, { feature: `${found} as an index of floats`, by: 'lutra' });
}

/**
 * An index that `read` reads, given the means to put its arrays where the first backend that runs here wants them, and that
 * backend.
 * @param listsOnDisk - opens inverted lists that `read` leaves on disk
 * @throws LutraError as {@link loadIndex} and `read` do
 */
export async function loadFrom(
  read: (memory: Memory, first: Backend | undefined) => Promise<IndexData>,
  options: LoadIndexOptions,
  listsOnDisk?: ListsOnDisk,
): Promise<VectorIndex> {
  const backends = options.backends ?? (await defaultBackends());
  assertBackends(backends);
  const prepared = await prepare(backends);
  const { allocate, pieces } = prepared?.target ?? {};
  const data = await read({ allocate, pieces }, prepared?.backend);
  return loadPrepared(data, { backends }, prepared, listsOnDisk);
}

async function prepare(backends: readonly Backend[]): Promise<Prepared | undefined> {
  for (const backend of backends) {
    if (!backend.supports.load || !(await probeBackend(backend)).ok) continue;
    return { backend, target: await backend.prepareLoad?.() };
  }
  return undefined;
}

/**
 * An index from the bytes of a faiss index file.
 * @throws LutraError `FORMAT` for bytes that are no faiss index, `UNSUPPORTED` for an index class that is not read or
 *   served here, `CAPACITY` for ids beyond 2^53
 */
export async function readIndex(source: IndexSource, options: LoadIndexOptions = {}): Promise<VectorIndex> {
  if (!isBlob(source)) bytesOf(source);
  return loadFrom((memory) => readData(source, memory), options);
}

/** Where its arrays go. */
export type Memory = Pick<ReadOptions, 'allocate' | 'pieces'>;

/** Where an index is read from. */
export type IndexSource = Uint8Array | ArrayBuffer | Blob;

/** What a file holds. */
export async function readData(source: IndexSource, memory: Memory): Promise<IndexData> {
  return isBlob(source) ? readIndexBlob(source, memory) : decodeIndex(bytesOf(source), memory);
}

function isBlob(source: unknown): source is Blob {
  return typeof Blob !== 'undefined' && source instanceof Blob;
}

function bytesOf(source: Uint8Array | ArrayBuffer): Uint8Array {
  if (source instanceof Uint8Array) return source;
  if (Object.prototype.toString.call(source) === '[object ArrayBuffer]')
    return new Uint8Array(source as ArrayBuffer);
  throw new LutraError(
    'ARGUMENT',
    `source: expected a Uint8Array, an ArrayBuffer or a Blob, got ${source === null ? 'null' : typeof source}`,
    { argument: 'source', value: source },
  );
}
