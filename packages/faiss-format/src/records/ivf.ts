import type { IndexHeader, InvertedListsData, IvfFields } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readDirectMap, writeDirectMap } from './direct-map.js';
import { readHeader, writeHeader } from './header.js';
import type { ReadNested, WriteNested } from './record.js';

/** What an IVF class starts with: everything but its own fields and the lists. */
export type IvfHeader = IndexHeader & Omit<IvfFields, 'invlists'>;

/** Reads the header, nlist, nprobe, the coarse quantizer and the direct map. */
export function* readIvfHeader(r: ByteReader, nested: ReadNested): Reading<IvfHeader> {
  const start = yield* readStart(r, nested);
  const data = { ...start, directMap: yield* readDirectMap(r, start.ntotal) };
  checkIvfHeader(data, r);
  return data;
}

function* readStart(r: ByteReader, nested: ReadNested): Reading<Omit<IvfHeader, 'directMap'>> {
  const header = yield* readHeader(r);
  const nlist = yield* r.u64('nlist');
  const nprobe = yield* r.u64('nprobe');
  const at = r.offset;
  const quantizer = yield* nested('quantizer');
  r.trail.note('quantizer', at);
  return { ...header, nlist, nprobe, quantizer };
}

/** What the layouts before 2018 start with, and how their lists go on. */
export interface LegacyIvf {
  readonly header: IvfHeader;
  /** Reads the codes of every list, counted in bytes, or in floats. */
  readLists(r: ByteReader, codeSize: number, elementBytes?: 1 | 4): Reading<InvertedListsData>;
}

/** Reads as {@link readIvfHeader}, with the ids of every list between quantizer and direct map. */
export function* readLegacyIvf(r: ByteReader, nested: ReadNested): Reading<LegacyIvf> {
  const start = yield* readStart(r, nested);
  const { nlist } = start;
  const most = Math.floor(r.left / 8);
  r.value(nlist <= most, 'nlist', `at most ${most} lists in the bytes left`, nlist);
  const ids: Float64Array[] = [];
  for (let i = 0; i < nlist; i++) ids.push(yield* r.idVector('invlists.ids', { element: i }));
  const header = { ...start, directMap: yield* readDirectMap(r, start.ntotal) };
  checkIvfHeader(header, r);
  return {
    header,
    *readLists(reader: ByteReader, codeSize: number, elementBytes = 1): Reading<InvertedListsData> {
      const codes: Uint8Array[] = [];
      for (let i = 0; i < nlist; i++) {
        const n = yield* reader.count('invlists.codes', elementBytes);
        reader.length('invlists.codes', n * elementBytes, ids[i]!.length * codeSize);
        codes.push(yield* reader.bytes('invlists.codes', n * elementBytes, i));
      }
      return { kind: 'array', nlist, codeSize, codes, ids };
    },
  };
}

/** Writes the header, nlist, nprobe, the coarse quantizer and the direct map. */
export function writeIvfHeader(data: IvfHeader, out: ByteSink, nested: WriteNested): void {
  writeHeader(data, out);
  checkIvfHeader(data, out);
  out.u64('nlist', data.nlist);
  out.u64('nprobe', data.nprobe);
  nested('quantizer', data.quantizer);
  writeDirectMap(data.directMap, data.ntotal, out);
}

/** What holds between an IVF and its coarse quantizer. */
export function checkIvfHeader(data: IvfHeader, judge: Judge): void {
  const { d, ntotal } = data.quantizer;
  judge.value(d === data.d, 'quantizer', `vectors of dimension ${data.d}`, d);
  const fits = ntotal === data.nlist || ntotal === 0;
  judge.value(fits, 'quantizer', `${data.nlist} centroids, one a list`, ntotal);
}

/** What holds between an IVF whose lists are rows of `codeSize` bytes and those lists. */
export function checkRowLists(lists: InvertedListsData, codeSize: number, judge: Judge): void {
  if (lists.kind === 'missing') return;
  const isRows = lists.kind === 'array' || lists.kind === 'onDisk';
  judge.value(isRows, 'invlists', 'lists of rows (array, onDisk)', lists.kind);
  if (!isRows) return;
  judge.value(lists.codeSize === codeSize, 'invlists.codeSize', String(codeSize), lists.codeSize);
}

/** What holds between an IVF whose lists are blocks of `bbs` vectors in `blockSize` bytes and those lists. */
export function checkBlockLists(
  lists: InvertedListsData,
  { bbs, blockSize }: { bbs: number; blockSize: number },
  judge: Judge,
): void {
  if (lists.kind === 'missing') return;
  judge.value(lists.kind === 'block', 'invlists', 'lists in blocks (block)', lists.kind);
  if (lists.kind !== 'block') return;
  judge.value(lists.nPerBlock === bbs, 'invlists.nPerBlock', `${bbs}, as bbs`, lists.nPerBlock);
  judge.value(lists.blockSize === blockSize, 'invlists.blockSize', String(blockSize), lists.blockSize);
}
