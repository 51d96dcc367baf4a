import type { BinaryFlatData, BinaryFromFloatData, BinaryIdMapData, BinaryIvfData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import { readDirectMap, writeDirectMap } from '../records/direct-map.js';
import { checkIvfHeader, checkRowLists } from '../records/ivf.js';
import type { IndexRecord, ReadNested, WriteNested } from '../records/record.js';
import { readBinaryHeader, writeBinaryHeader } from './header.js';

/** `IBxF` (IndexBinaryFlat): header and `ntotal` vectors. */
export const binaryFlatRecord: IndexRecord<BinaryFlatData> = {
  kinds: ['BinaryFlat'],
  fourccs: ['IBxF'],

  fourcc(): string {
    return 'IBxF';
  },

  *read(r: ByteReader): Reading<BinaryFlatData> {
    const header = yield* readBinaryHeader(r);
    const data: BinaryFlatData = { kind: 'BinaryFlat', ...header, codes: yield* r.byteVector('codes') };
    checkFlat(data, r);
    return data;
  },

  write(data: BinaryFlatData, out: ByteSink): void {
    writeBinaryHeader(data, out);
    checkFlat(data, out);
    out.byteVector('codes', data.codes);
  },
};

function checkFlat(data: BinaryFlatData, judge: Judge): void {
  judge.length('codes', data.codes.length, data.ntotal * data.codeSize);
}

/** `IBwF` (IndexBinaryIVF): header, nlist, nprobe, binary quantizer, direct map, lists. */
export const binaryIvfRecord: IndexRecord<BinaryIvfData> = {
  kinds: ['BinaryIvf'],
  fourccs: ['IBwF'],

  fourcc(): string {
    return 'IBwF';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<BinaryIvfData> {
    const header = yield* readBinaryHeader(r);
    const nlist = yield* r.u64('nlist');
    const nprobe = yield* r.u64('nprobe');
    const at = r.offset;
    const quantizer = yield* nested('quantizer', 'binary');
    r.trail.note('quantizer', at);
    const data: BinaryIvfData = {
      kind: 'BinaryIvf',
      ...header,
      nlist,
      nprobe,
      quantizer,
      directMap: yield* readDirectMap(r, header.ntotal),
      invlists: yield* readInvertedLists(r, nlist),
    };
    checkIvf(data, r);
    return data;
  },

  write(data: BinaryIvfData, out: ByteSink, nested: WriteNested): void {
    writeBinaryHeader(data, out);
    checkIvf(data, out);
    out.u64('nlist', data.nlist);
    out.u64('nprobe', data.nprobe);
    nested('quantizer', data.quantizer, 'binary');
    writeDirectMap(data.directMap, data.ntotal, out);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};

function checkIvf(data: BinaryIvfData, judge: Judge): void {
  checkIvfHeader(data, judge);
  checkRowLists(data.invlists, data.codeSize, judge);
}

/** `IBFf` (IndexBinaryFromFloat): header and an index of the bits as floats. */
export const binaryFromFloatRecord: IndexRecord<BinaryFromFloatData> = {
  kinds: ['BinaryFromFloat'],
  fourccs: ['IBFf'],

  fourcc(): string {
    return 'IBFf';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<BinaryFromFloatData> {
    const header = yield* readBinaryHeader(r);
    return { kind: 'BinaryFromFloat', ...header, base: yield* nested('base') };
  },

  write(data: BinaryFromFloatData, out: ByteSink, nested: WriteNested): void {
    writeBinaryHeader(data, out);
    nested('base', data.base);
  },
};

/** `IBMp`, `IBM2` (IndexBinaryIDMap, IndexBinaryIDMap2): header, binary index, one id a position. */
export const binaryIdMapRecord: IndexRecord<BinaryIdMapData> = {
  kinds: ['BinaryIdMap', 'BinaryIdMap2'],
  fourccs: ['IBMp', 'IBM2'],

  fourcc(data: BinaryIdMapData): string {
    return data.kind === 'BinaryIdMap' ? 'IBMp' : 'IBM2';
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<BinaryIdMapData> {
    const header = yield* readBinaryHeader(r);
    const at = r.offset;
    const base = yield* nested('base', 'binary');
    r.trail.note('base', at);
    const kind = fourcc === 'IBMp' ? 'BinaryIdMap' : 'BinaryIdMap2';
    const data: BinaryIdMapData = { kind, ...header, base, ids: yield* r.idVector('ids') };
    checkIdMap(data, r);
    return data;
  },

  write(data: BinaryIdMapData, out: ByteSink, nested: WriteNested): void {
    writeBinaryHeader(data, out);
    checkIdMap(data, out);
    nested('base', data.base, 'binary');
    out.idVector('ids', data.ids);
  },
};

function checkIdMap(data: BinaryIdMapData, judge: Judge): void {
  judge.value(data.base.d === data.d, 'base', `vectors of dimension ${data.d}`, data.base.d);
  judge.value(data.base.ntotal === data.ntotal, 'base', `${data.ntotal} vectors`, data.base.ntotal);
  judge.length('ids', data.ids.length, data.ntotal);
}
