import type { IndexData, NNDescentData, NsgData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { bool, type FieldTable, i8, i32, i32Array, readFields, writeFields } from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { checkNodes } from '../graphs/hnsw-graph.js';
import { readNsgGraph, writeNsgGraph } from '../graphs/nsg-graph.js';
import { checkStorage, readStorage } from '../graphs/storage.js';
import { readHeader, writeHeader } from './header.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

const FOURCCS: Readonly<Record<NsgData['kind'], string>> = { NsgFlat: 'INSf', NsgPq: 'INSp', NsgSq: 'INSs' };
const KINDS = Object.keys(FOURCCS) as NsgData['kind'][];

type BuildFields = Pick<
  NsgData,
  'GK' | 'buildType' | 'nndescentS' | 'nndescentR' | 'nndescentL' | 'nndescentIter'
>;

const BUILD: FieldTable<BuildFields> = {
  GK: i32,
  buildType: i8,
  nndescentS: i32,
  nndescentR: i32,
  nndescentL: i32,
  nndescentIter: i32,
};

/** `INSf`, `INSp`, `INSs` (IndexNSGFlat, IndexNSGPQ, IndexNSGSQ): header, how it is built, graph, storage. */
export const nsgRecord: IndexRecord<NsgData> = {
  kinds: KINDS,
  fourccs: Object.values(FOURCCS),

  fourcc(data: NsgData): string {
    return FOURCCS[data.kind];
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<NsgData> {
    const kind = KINDS.find((k) => FOURCCS[k] === fourcc) ?? 'NsgFlat';
    const header = yield* readHeader(r);
    const build = yield* readFields(r, BUILD);
    const nsg = yield* readNsgGraph(r);
    const storage: IndexData | null = yield* readStorage(r, header, nested);
    const data: NsgData = { kind, ...header, ...build, nsg, storage };
    check(data, r);
    return data;
  },

  write(data: NsgData, out: ByteSink, nested: WriteNested): void {
    writeHeader(data, out);
    check(data, out);
    writeFields(out, BUILD, data);
    writeNsgGraph(data.nsg, out);
    nested('storage', data.storage);
  },
};

function check(data: NsgData, judge: Judge): void {
  checkStorage(data.storage, data, judge);
  if (data.nsg.graph === null) return;
  judge.value(data.nsg.ntotal === data.ntotal, 'nsg.ntotal', `${data.ntotal} nodes`, data.nsg.ntotal);
}

const NNDESCENT: FieldTable<NNDescentData['nndescent']> = {
  ntotal: i32,
  d: i32,
  K: i32,
  S: i32,
  R: i32,
  L: i32,
  iter: i32,
  searchL: i32,
  randomSeed: i32,
  hasBuilt: bool,
  finalGraph: i32Array,
};

/** `INNf` (IndexNNDescentFlat): header, nine numbers, whether it is built, the graph, storage. */
export const nndescentRecord: IndexRecord<NNDescentData> = {
  kinds: ['NNDescentFlat'],
  fourccs: ['INNf'],

  fourcc(): string {
    return 'INNf';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<NNDescentData> {
    const header = yield* readHeader(r);
    const nndescent = yield* readFields(r, NNDESCENT, 'nndescent.');
    const storage = yield* readStorage(r, header, nested);
    const data: NNDescentData = { kind: 'NNDescentFlat', ...header, nndescent, storage };
    checkNNDescent(data, r);
    return data;
  },

  write(data: NNDescentData, out: ByteSink, nested: WriteNested): void {
    writeHeader(data, out);
    checkNNDescent(data, out);
    writeFields(out, NNDESCENT, data.nndescent, 'nndescent.');
    nested('storage', data.storage);
  },
};

function checkNNDescent(data: NNDescentData, judge: Judge): void {
  checkStorage(data.storage, data, judge);
  const { ntotal, K, hasBuilt, finalGraph } = data.nndescent;
  judge.value(ntotal >= 0, 'nndescent.ntotal', 'at least 0', ntotal);
  if (!hasBuilt) return;
  judge.value(ntotal === data.ntotal, 'nndescent.ntotal', `${data.ntotal} nodes`, ntotal);
  judge.length('nndescent.finalGraph', finalGraph.length, ntotal * Math.max(K, 0));
  checkNodes(finalGraph, ntotal, 'nndescent.finalGraph', judge);
}
