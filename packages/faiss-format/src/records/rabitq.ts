import type { IvfRaBitQData, RaBitQData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import { checkQueryBits, readRaBitQuantizer, writeRaBitQuantizer } from '../quantizers/rabit-quantizer.js';
import { readHeader, writeHeader } from './header.js';
import { checkRowLists, readIvfHeader, writeIvfHeader } from './ivf.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/** `Ixrq` (IndexRaBitQ of one bit) and `Ixrr` (of more): header, quantizer, codes, centre, bits of a query. */
export const rabitqRecord: IndexRecord<RaBitQData> = {
  kinds: ['RaBitQ'],
  fourccs: ['Ixrq', 'Ixrr'],

  fourcc(data: RaBitQData): string {
    return data.rabitq.nbBits === 1 ? 'Ixrq' : 'Ixrr';
  },

  *read(r: ByteReader, fourcc: string): Reading<RaBitQData> {
    const header = yield* readHeader(r);
    const data: RaBitQData = {
      kind: 'RaBitQ',
      ...header,
      rabitq: yield* readRaBitQuantizer(r, header.d, fourcc === 'Ixrr'),
      codes: yield* r.byteVector('codes'),
      center: yield* r.f32Vector('center'),
      qb: yield* r.u8('qb'),
    };
    check(data, r);
    return data;
  },

  write(data: RaBitQData, out: ByteSink): void {
    writeHeader(data, out);
    writeRaBitQuantizer(data.rabitq, { d: data.d, isMultiBit: data.rabitq.nbBits > 1 }, out);
    check(data, out);
    out.byteVector('codes', data.codes);
    out.f32Vector('center', data.center);
    out.u8(data.qb);
  },
};

function check(data: RaBitQData, judge: Judge): void {
  judge.length('codes', data.codes.length, data.ntotal * data.rabitq.codeSize);
  if (data.isTrained || data.center.length > 0) judge.length('center', data.center.length, data.d);
  checkQueryBits(data.qb, 0, judge);
}

/** `Iwrq` (IndexIVFRaBitQ of one bit) and `Iwrr` (of more): the IVF header, quantizer, three fields, lists. */
export const ivfRabitqRecord: IndexRecord<IvfRaBitQData> = {
  kinds: ['IvfRaBitQ'],
  fourccs: ['Iwrq', 'Iwrr'],

  fourcc(data: IvfRaBitQData): string {
    return data.rabitq.nbBits === 1 ? 'Iwrq' : 'Iwrr';
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<IvfRaBitQData> {
    const header = yield* readIvfHeader(r, nested);
    const data: IvfRaBitQData = {
      kind: 'IvfRaBitQ',
      ...header,
      rabitq: yield* readRaBitQuantizer(r, header.d, fourcc === 'Iwrr'),
      codeSize: yield* r.u64('codeSize'),
      byResidual: yield* r.bool('byResidual'),
      qb: yield* r.u8('qb'),
      invlists: yield* readInvertedLists(r, header.nlist),
    };
    checkIvf(data, r);
    return data;
  },

  write(data: IvfRaBitQData, out: ByteSink, nested: WriteNested): void {
    writeIvfHeader(data, out, nested);
    writeRaBitQuantizer(data.rabitq, { d: data.d, isMultiBit: data.rabitq.nbBits > 1 }, out);
    checkIvf(data, out);
    out.u64('codeSize', data.codeSize);
    out.bool('byResidual', data.byResidual);
    out.u8(data.qb);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};

function checkIvf(data: IvfRaBitQData, judge: Judge): void {
  const wanted = data.rabitq.codeSize;
  judge.value(data.codeSize === wanted, 'codeSize', `${wanted}, as rabitq.codeSize`, data.codeSize);
  checkQueryBits(data.qb, 0, judge);
  checkRowLists(data.invlists, data.codeSize, judge);
}
