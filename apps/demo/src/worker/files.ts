/*
 * Files that a user brings: .npy, .npz, .index. They are read here, in ranges, so that the page stays free.
 */
import { type IndexData, LutraError, type RowSource, type VectorIndex } from '@lutra/core';
import { readIndexBlob } from '@lutra/faiss-format';
import { compareCodePoints, openNpy, readNpz, toRows } from '@lutra/npy';
import { loadIndex } from 'lutra';
import type { Engine, IndexInfo } from '../protocol.js';
import { describe } from './build.js';
import { type Dataset, partsOf, suggestionFor } from './dataset.js';
import { backendFor } from './engine.js';
import type { Call } from './serve.js';
import { metricOf, type Session } from './session.js';

/** Vectors that the page holds at most, in bytes: they stay in memory, the index takes as much again. */
const MOST_BYTES = 2 ** 31 - 2 ** 20;
const RECONSTRUCT_ROWS = 2048;

interface Named {
  readonly name: string;
  readonly source: RowSource;
}

/** What the files hold: a set, an index, or an index with its vectors beside it. */
export async function openFiles(
  session: Session,
  files: readonly File[],
  call: Call,
): Promise<{ dataset: Dataset['info']; index: IndexInfo | undefined }> {
  const sorted = [...files].sort((a, b) => compareCodePoints(a.name, b.name));
  const ending = (file: File): string => file.name.toLowerCase().split('.').at(-1) ?? '';
  const arrays = sorted.filter((file) => ['npy', 'npz'].includes(ending(file)));
  const others = sorted.filter((file) => !arrays.includes(file));
  if (sorted.length === 0) throw wrongFiles('page: no file was given');
  if (others.length > 1) {
    throw wrongFiles(
      `page: ${others.length} files are neither .npy nor .npz, and only one index is opened at a time`,
    );
  }
  const rows = arrays.length > 0 ? await openArrays(arrays, call) : undefined;
  const [indexFile] = others;
  if (indexFile) return openIndex(session, indexFile, rows, call);
  session.setDataset(rows!);
  return { dataset: rows!.info, index: undefined };
}

function wrongFiles(message: string): LutraError {
  return new LutraError('ARGUMENT', message, { argument: 'files' });
}

async function openArrays(files: readonly File[], call: Call): Promise<Dataset> {
  const named: Named[] = [];
  for (const file of files) {
    call.step({ stage: `opening ${file.name}`, done: 0, total: undefined });
    if (file.name.toLowerCase().endsWith('.npz')) named.push(...(await openArchive(file, call)));
    else named.push({ name: file.name, source: await naming(file.name, openNpy(file)) });
  }
  const d = named[0]!.source.shape[1];
  const other = named.find(({ source }) => source.shape[1] !== d);
  if (other) {
    const text = `${other.name}: rows of ${other.source.shape[1]} numbers, those of ${named[0]!.name} have ${d}`;
    throw new LutraError('SHAPE', text, { expected: `(n, ${d})`, actual: `(n, ${other.source.shape[1]})` });
  }
  const rows = await readAll(named, d, call);
  const name = files.length === 1 ? files[0]!.name.replace(/\.np[yz]$/i, '') : 'vectors';
  const provenance = `Your ${files.length === 1 ? 'file' : `${files.length} files`}, read in this tab; nothing leaves it.`;
  const n = rows.length / d;
  return {
    info: {
      ...{ kind: 'files', name, n, d, metric: 'l2', provenance, heldOut: [] },
      parts: partsOf(named.map(({ name: part, source }) => [part.replace(/\.npy$/i, ''), source.shape[0]])),
      suggestion: suggestionFor(n, d),
    },
    ...{ rows, heldOut: undefined, ids: undefined },
  };
}

/** Errors say which file they are about. */
async function naming<T>(name: string, opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (e) {
    if (!(e instanceof LutraError)) throw e;
    throw new LutraError(e.code, `${name}: ${e.message}`, e.details, { cause: e });
  }
}

/** The two-dimensional arrays of an archive. */
async function openArchive(file: File, { signal }: Call): Promise<Named[]> {
  const arrays = await naming(file.name, readNpz(file, { signal }));
  const tables = [...arrays].filter(([, { shape }]) => shape.length === 2);
  if (tables.length === 0) {
    const shapes = [...arrays].map(([name, { shape }]) => `${name} (${shape.join(', ')})`).join(', ');
    const text = `${file.name}: no array of rows (n, d) among ${shapes || 'no arrays'}`;
    throw new LutraError('SHAPE', text, { expected: '(n, d)', actual: shapes });
  }
  return tables.map(([name, array]) => ({ name, source: toRows(array) }));
}

async function readAll(named: readonly Named[], d: number, { signal, step }: Call): Promise<Float32Array> {
  const n = named.reduce((sum, { source }) => sum + source.shape[0], 0);
  if (n === 0)
    throw new LutraError('SHAPE', 'page: the files hold no rows', { expected: '(n, d)', actual: '(0, d)' });
  const rows = allocate(n * d);
  let at = 0;
  for (const { name, source } of named) {
    for await (const block of source.blocks({ signal })) {
      rows.set(block, at);
      at += block.length;
      step({ stage: 'reading', done: at / d, total: n });
    }
    assertFinite(name, rows.subarray(at - source.shape[0] * d, at), d);
  }
  return rows;
}

function assertFinite(name: string, rows: Float32Array, d: number): void {
  for (let i = 0; i < rows.length; i++) {
    if (Number.isFinite(rows[i]!)) continue;
    const text = `${name}: row ${Math.floor(i / d)} holds ${rows[i]} at position ${i % d}, which no index can compare`;
    throw new LutraError('ARGUMENT', text, { argument: 'rows', value: rows[i] });
  }
}

function allocate(count: number): Float32Array {
  const wanted = 4 * count;
  try {
    if (wanted <= MOST_BYTES) return new Float32Array(count);
  } catch {
    // told below, as for too many
  }
  const text = `page: ${wanted} bytes of vectors do not fit in this tab, which holds up to ${MOST_BYTES}`;
  throw new LutraError('CAPACITY', text, { wanted, limit: MOST_BYTES, what: 'vectors' });
}

async function openIndex(
  session: Session,
  file: File,
  rows: Dataset | undefined,
  call: Call,
): Promise<{ dataset: Dataset['info']; index: IndexInfo }> {
  call.step({ stage: `opening ${file.name}`, done: 0, total: undefined });
  const start = performance.now();
  const engine: Engine = { level: 'auto', threads: 1 };
  const backend = backendFor(engine.level);
  const data = await naming(file.name, readIndexBlob(file, { signal: call.signal }));
  const index = await naming(file.name, loadIndex(data, { backends: [backend] }));
  const seconds = (performance.now() - start) / 1000;
  try {
    if (index.ntotal === 0) {
      throw new LutraError('STATE', `${file.name}: the index holds no vectors`, { state: 'empty' });
    }
    const dataset = rows ? matching(rows, index, file.name) : await remembered(index, data, file.name, call);
    const built = await describe(
      { index, backend, engine },
      { stages: [{ name: 'read', seconds }], seconds },
      noteOf(rows, data),
    );
    session.setDataset(dataset);
    session.setBuilt(built);
    return { dataset: dataset.info, index: built.info };
  } catch (e) {
    index.dispose();
    throw e;
  }
}

/** The vectors beside an index, if they are as many and as wide. */
function matching(rows: Dataset, index: VectorIndex, name: string): Dataset {
  const { n, d } = rows.info;
  if (n === index.ntotal && d === index.d)
    return { ...rows, info: { ...rows.info, metric: metricOf(index) } };
  const text = `${name}: holds ${index.ntotal} vectors of ${index.d} dimensions, the .npy files ${n} of ${d}`;
  throw new LutraError('SHAPE', text, { expected: `(${index.ntotal}, ${index.d})`, actual: `(${n}, ${d})` });
}

/** The vectors as the index remembers them. */
async function remembered(
  index: VectorIndex,
  data: IndexData,
  file: string,
  { signal, step }: Call,
): Promise<Dataset> {
  const { d, ntotal: n } = index;
  const ids = idsOf(data) ?? Float64Array.from({ length: n }, (_, i) => i);
  const counting = ids.every((id, i) => id === i);
  const rows = allocate(n * d);
  for (let at = 0; at < n; at += RECONSTRUCT_ROWS) {
    if (signal.aborted) throw new LutraError('ABORTED', 'stopped by the caller', {});
    rows.set(await index.reconstruct(ids.subarray(at, at + RECONSTRUCT_ROWS)), at * d);
    step({ stage: 'vectors', done: Math.min(at + RECONSTRUCT_ROWS, n), total: n });
    await new Promise((resolve) => setTimeout(resolve));
  }
  const provenance = `Your index file, read in this tab; nothing leaves it.`;
  const name = file.replace(/\.[^.]*$/, '') || 'index';
  return {
    info: {
      ...{ kind: 'index', name, n, d, metric: metricOf(index), provenance, parts: [], heldOut: [] },
      suggestion: suggestionFor(n, d),
    },
    ...{ rows, heldOut: undefined, ids: counting ? undefined : ids },
  };
}

/** The labels of all vectors, ascending; undefined where they count from 0. */
function idsOf(data: IndexData): Float64Array | undefined {
  if (data.kind === 'IdMap' || data.kind === 'IdMap2') return data.ids.slice().sort();
  if ('invlists' in data && 'ids' in data.invlists) {
    const lists = data.invlists.ids;
    const all = new Float64Array(lists.reduce((n, ids) => n + ids.length, 0));
    let at = 0;
    for (const ids of lists) {
      all.set(ids as Float64Array, at);
      at += ids.length;
    }
    return all.sort();
  }
  return 'base' in data ? idsOf(data.base as IndexData) : undefined;
}

/** Whether vectors stand in the index as they were given. */
function keepsVectors(data: IndexData): boolean {
  if (data.kind === 'Flat' || data.kind === 'IvfFlat' || data.kind === 'HnswFlat') return true;
  if (data.kind === 'Refine') return data.refine.kind === 'Flat';
  return (data.kind === 'IdMap' || data.kind === 'IdMap2') && keepsVectors(data.base);
}

function noteOf(rows: Dataset | undefined, data: IndexData): string | undefined {
  if (rows || keepsVectors(data)) return undefined;
  return (
    'The file keeps codes, not vectors: what is shown and what recall is measured against are the vectors as the codes ' +
    'remember them. Drop the .npy file together with the index to compare with the real ones.'
  );
}
