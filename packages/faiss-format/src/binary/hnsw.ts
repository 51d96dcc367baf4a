import type { BinaryHnswCagraData, BinaryHnswData, IndexData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { bool, type FieldTable, i32, readFields, writeFields } from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readHnswGraph, writeHnswGraph } from '../graphs/hnsw-graph.js';
import { checkStorage } from '../graphs/storage.js';
import type { IndexRecord, ReadNested, WriteNested } from '../records/record.js';
import { readBinaryHeader, writeBinaryHeader } from './header.js';

/** `IBHf` (IndexBinaryHNSW): header, graph, the vectors as an IndexBinaryFlat. */
export const binaryHnswRecord: IndexRecord<BinaryHnswData> = {
  kinds: ['BinaryHnsw'],
  fourccs: ['IBHf'],

  fourcc(): string {
    return 'IBHf';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<BinaryHnswData> {
    const header = yield* readBinaryHeader(r);
    const hnsw = yield* readHnswGraph(r, header.ntotal);
    const storage = yield* nested('storage', 'binary');
    checkFlatStorage({ ...header, storage }, r);
    return { kind: 'BinaryHnsw', ...header, hnsw, storage };
  },

  write(data: BinaryHnswData, out: ByteSink, nested: WriteNested): void {
    writeBinaryHeader(data, out);
    checkFlatStorage(data, out);
    writeHnswGraph(data.hnsw, data.ntotal, out);
    nested('storage', data.storage, 'binary');
  },
};

function checkFlatStorage(
  data: Pick<BinaryHnswData, 'd' | 'ntotal' | 'isTrained' | 'metric' | 'metricArg'> & {
    readonly storage: IndexData;
  },
  judge: Judge,
): void {
  checkStorage(data.storage, data, judge);
  judge.value(
    data.storage.kind === 'BinaryFlat',
    'storage',
    'an index of kind BinaryFlat',
    data.storage.kind,
  );
}

type CagraFields = Pick<
  BinaryHnswCagraData,
  'keepMaxSizeLevel0' | 'baseLevelOnly' | 'numBaseLevelSearchEntrypoints'
>;

const CAGRA: FieldTable<CagraFields> = {
  keepMaxSizeLevel0: bool,
  baseLevelOnly: bool,
  numBaseLevelSearchEntrypoints: i32,
};

/** `IBHc` (IndexBinaryHNSWCagra): header, three fields, graph, the vectors as an IndexBinaryFlat. */
export const binaryHnswCagraRecord: IndexRecord<BinaryHnswCagraData> = {
  kinds: ['BinaryHnswCagra'],
  fourccs: ['IBHc'],

  fourcc(): string {
    return 'IBHc';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<BinaryHnswCagraData> {
    const header = yield* readBinaryHeader(r);
    const own = yield* readFields(r, CAGRA);
    const hnsw = yield* readHnswGraph(r, header.ntotal);
    const storage = yield* nested('storage', 'binary');
    checkFlatStorage({ ...header, storage }, r);
    return { kind: 'BinaryHnswCagra', ...header, ...own, hnsw, storage };
  },

  write(data: BinaryHnswCagraData, out: ByteSink, nested: WriteNested): void {
    writeBinaryHeader(data, out);
    checkFlatStorage(data, out);
    writeFields(out, CAGRA, data);
    writeHnswGraph(data.hnsw, data.ntotal, out);
    nested('storage', data.storage, 'binary');
  },
};
