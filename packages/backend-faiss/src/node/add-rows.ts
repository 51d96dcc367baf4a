import { type AddOptions, assertNotAborted, type Rows } from '@lutra/core';
import { appendToFlatFile } from './append-flat.js';
import { wrongCount } from './call-checks.js';
import type { IdColumn } from './id-column.js';
import { rowBlocks } from './row-blocks.js';
import type { Source, Supervisor } from './supervisor.js';

/** What an addition works on. */
export interface Addition {
  readonly n: number | undefined;
  readonly d: number;
  readonly ids: Float64Array | undefined;
  readonly column: IdColumn;
  readonly supervisor: Supervisor;
  readonly making: Extract<Source, { op: 'create' }>;
  readonly bytesPerVector: number;
  readonly options: AddOptions;
}

/** A plain array costs faiss-node as much as this many floats that go through a file. */
const FILE_GAIN = 20;
/** Fewer floats than this are not worth a file. */
const FILE_FLOATS = 1 << 16;

/** Adds rows block by block: as plain arrays, or for many rows of a flat index by way of its file. */
export async function addRows(x: Rows, addition: Addition): Promise<void> {
  const { supervisor, column, bytesPerVector, options } = addition;
  // started, or restarted from its file, before that file is out of date
  await supervisor.use(async () => undefined, options.threads);
  const before = supervisor.source;
  try {
    if (isByFile(addition)) return await addByFile(x, addition);
    supervisor.settle(undefined, 0);
    for await (const block of checkedBlocks(x, addition)) {
      await supervisor.use(async (process) => process.call<'add'>({ op: 'add', x: block }));
    }
  } finally {
    const unchanged = supervisor.source === undefined && column.size === 0 ? before : supervisor.source;
    supervisor.settle(unchanged, column.size * bytesPerVector);
  }
}

function isByFile({ making, n, d, column }: Addition): boolean {
  if (making.factory !== 'Flat') return false;
  if (n === undefined) return column.size * d < FILE_FLOATS;
  return n * d >= FILE_FLOATS && n * FILE_GAIN > column.size;
}

/** The rows in blocks, counted against what was announced; ids and progress follow what the consumer has taken. */
async function* checkedBlocks(x: Rows, addition: Addition): AsyncGenerator<Float32Array> {
  const { n, d, ids, column } = addition;
  const { signal, onProgress } = addition.options;
  let done = 0;
  onProgress?.({ stage: 'add', done, total: n });
  assertNotAborted(signal);
  for await (const block of rowBlocks('add', x, d, signal)) {
    assertNotAborted(signal);
    const rows = block.length / d;
    if (n !== undefined && done + rows > n) throw wrongCount('add', 'rows', n, done + rows);
    if (ids && done + rows > ids.length) throw wrongCount('add', 'ids', done + rows, ids.length);
    if (rows === 0) continue;
    yield block;
    column.append(rows, ids?.subarray(done, done + rows));
    done += rows;
    onProgress?.({ stage: 'add', done, total: n });
  }
  if (n !== undefined && done < n) throw wrongCount('add', 'rows', n, done);
  if (ids && done < ids.length) throw wrongCount('add', 'ids', done, ids.length);
}

async function addByFile(x: Rows, addition: Addition): Promise<void> {
  const { supervisor, column, d } = addition;
  const path = supervisor.newPath();
  const { parameters } = await supervisor.use((process) => process.call<'write'>({ op: 'write', path }));
  supervisor.settle(undefined, 0);
  const { failed } = await appendToFlatFile(path, column.size, d, checkedBlocks(x, addition));
  await supervisor.use((process) => process.call<'read'>({ op: 'read', path, parameters }));
  supervisor.settle({ path, parameters }, 0);
  if (failed) throw failed.reason;
}
