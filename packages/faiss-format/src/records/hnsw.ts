import type { HnswCagraData, HnswData, HnswFlatPanoramaData, IndexData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { bool, enumeration, type FieldTable, i32, readFields, writeFields } from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readHnswGraph, writeHnswGraph } from '../graphs/hnsw-graph.js';
import { checkStorage, checkStorageKind, readStorage } from '../graphs/storage.js';
import { readHeader, writeHeader } from './header.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

const FOURCCS: Readonly<Record<HnswData['kind'], string>> = {
  Hnsw: 'IH00',
  HnswFlat: 'IHNf',
  HnswPq: 'IHNp',
  HnswSq: 'IHNs',
  HnswTwoLayer: 'IHN2',
};

const KINDS = Object.keys(FOURCCS) as HnswData['kind'][];

/** What faiss insists on: tables are made for the one, encoding goes through the other. */
const STORAGE: Partial<Record<HnswData['kind'], readonly IndexData['kind'][]>> = {
  HnswPq: ['Pq'],
  HnswTwoLayer: ['TwoLayer', 'IvfPq', 'IvfPqr'],
};

/** `IHNf`, `IHNp`, `IHNs`, `IHN2`, `IH00` (IndexHNSWFlat, …PQ, …SQ, …2Level, IndexHNSW): header, graph, storage. */
export const hnswRecord: IndexRecord<HnswData> = {
  kinds: KINDS,
  fourccs: Object.values(FOURCCS),

  fourcc(data: HnswData): string {
    return FOURCCS[data.kind];
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<HnswData> {
    const kind = KINDS.find((k) => FOURCCS[k] === fourcc) ?? 'Hnsw';
    const header = yield* readHeader(r);
    const hnsw = yield* readHnswGraph(r, header.ntotal);
    const storage = yield* readStorage(r, header, nested);
    checkStorageKind(storage, STORAGE[kind] ?? (storage === null ? [] : [storage.kind]), r);
    return { kind, ...header, hnsw, storage };
  },

  write(data: HnswData, out: ByteSink, nested: WriteNested): void {
    writeHeader(data, out);
    writeHnswGraph(data.hnsw, data.ntotal, out);
    checkStorage(data.storage, data, out);
    const kinds = STORAGE[data.kind];
    if (kinds !== undefined) checkStorageKind(data.storage, kinds, out);
    nested('storage', data.storage);
  },
};

/** `IHfP` (IndexHNSWFlatPanorama): header, levels and norms, graph, storage. */
export const hnswFlatPanoramaRecord: IndexRecord<HnswFlatPanoramaData> = {
  kinds: ['HnswFlatPanorama'],
  fourccs: ['IHfP'],

  fourcc(): string {
    return 'IHfP';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<HnswFlatPanoramaData> {
    const header = yield* readHeader(r);
    const numLevels = yield* r.u64('numLevels');
    const cumSums = yield* r.f32Vector('cumSums');
    checkCumSums({ ...header, numLevels, cumSums }, r);
    const hnsw = yield* readHnswGraph(r, header.ntotal);
    const storage = yield* readStorage(r, header, nested);
    return { kind: 'HnswFlatPanorama', ...header, numLevels, cumSums, hnsw, storage };
  },

  write(data: HnswFlatPanoramaData, out: ByteSink, nested: WriteNested): void {
    writeHeader(data, out);
    checkCumSums(data, out);
    out.u64('numLevels', data.numLevels);
    out.f32Vector('cumSums', data.cumSums);
    writeHnswGraph(data.hnsw, data.ntotal, out);
    checkStorage(data.storage, data, out);
    nested('storage', data.storage);
  },
};

function checkCumSums(
  data: Pick<HnswFlatPanoramaData, 'ntotal' | 'numLevels' | 'cumSums'>,
  judge: Judge,
): void {
  judge.length('cumSums', data.cumSums.length, data.ntotal * (data.numLevels + 1));
}

type CagraFields = Pick<
  HnswCagraData,
  'keepMaxSizeLevel0' | 'baseLevelOnly' | 'numBaseLevelSearchEntrypoints'
>;

const CAGRA: FieldTable<CagraFields> = {
  keepMaxSizeLevel0: bool,
  baseLevelOnly: bool,
  numBaseLevelSearchEntrypoints: i32,
};

const NUMERIC_TYPE = enumeration<HnswCagraData['numericType']>(['f32', 'f16', 'u8', 'i8']);

/** `IHc2` (IndexHNSWCagra): header, four fields, graph, storage. Before: `IHNc` without the numeric type. */
export const hnswCagraRecord: IndexRecord<HnswCagraData> = {
  kinds: ['HnswCagra'],
  fourccs: ['IHc2', 'IHNc'],

  fourcc(): string {
    return 'IHc2';
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<HnswCagraData> {
    const header = yield* readHeader(r);
    const own = yield* readFields(r, CAGRA);
    const numericType = fourcc === 'IHc2' ? yield* NUMERIC_TYPE.read(r, 'numericType') : 'f32';
    const hnsw = yield* readHnswGraph(r, header.ntotal);
    const storage = yield* readStorage(r, header, nested);
    return { kind: 'HnswCagra', ...header, ...own, numericType, hnsw, storage };
  },

  write(data: HnswCagraData, out: ByteSink, nested: WriteNested): void {
    writeHeader(data, out);
    writeFields(out, CAGRA, data);
    NUMERIC_TYPE.write(out, 'numericType', data.numericType);
    writeHnswGraph(data.hnsw, data.ntotal, out);
    checkStorage(data.storage, data, out);
    nested('storage', data.storage);
  },
};
