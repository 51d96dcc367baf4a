import type { IndexData, IndexHeader } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import type { ReadNested } from '../records/record.js';

/** Reads the vectors of a graph: an index, or nothing if they were left out. */
export function* readStorage(
  r: ByteReader,
  header: IndexHeader,
  nested: ReadNested,
): Reading<IndexData | null> {
  const at = r.offset;
  const storage = yield* nested.orNull('storage');
  r.trail.note('storage', at);
  checkStorage(storage, header, r);
  return storage;
}

/** The vectors of a graph are as many, and as long, as the graph says. */
export function checkStorage(storage: IndexData | null, header: IndexHeader, judge: Judge): void {
  if (storage === null) return;
  judge.value(storage.d === header.d, 'storage', `vectors of dimension ${header.d}`, storage.d);
  judge.value(storage.ntotal === header.ntotal, 'storage', `${header.ntotal} vectors`, storage.ntotal);
}

/** The kinds of index that a class of graph stores its vectors in. */
export function checkStorageKind(
  storage: IndexData | null,
  kinds: readonly IndexData['kind'][],
  judge: Judge,
): void {
  if (storage === null) return;
  judge.value(
    kinds.includes(storage.kind),
    'storage',
    `an index of kind ${kinds.join(' or ')}`,
    storage.kind,
  );
}
