import type { AdditiveQuantizerData, AdditiveQuantizerFields, IvfAdditiveQuantizerData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import {
  additiveCodeSize,
  readAdditiveQuantizer,
  readOldResidualQuantizer,
  writeAdditiveQuantizer,
} from '../quantizers/additive-quantizer.js';
import { readHeader, writeHeader } from './header.js';
import { checkRowLists, readIvfHeader, writeIvfHeader } from './ivf.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

type Kind = AdditiveQuantizerFields['kind'];

const FOURCCS: Readonly<Record<Kind, string>> = { RQ: 'IxRq', LSQ: 'IxLS', PRQ: 'IxPR', PLSQ: 'IxPL' };
const IVF_FOURCCS: Readonly<Record<Kind, string>> = { RQ: 'IwRQ', LSQ: 'IwLS', PRQ: 'IwPR', PLSQ: 'IwPL' };

/** The quantizer that a fourcc of `table` stands for. */
export function quantizerOf(fourcc: string, table: Readonly<Record<Kind, string>>): Kind {
  return (Object.keys(table) as Kind[]).find((kind) => table[kind] === fourcc) ?? 'RQ';
}

/**
 * `IxRq`, `IxLS`, `IxPR`, `IxPL` (IndexResidualQuantizer and its kin): header, quantizer, code size, codes. Before: `IxRQ`,
 * with the fields of the quantizer in another order.
 */
export const additiveQuantizerRecord: IndexRecord<AdditiveQuantizerData> = {
  kinds: ['AdditiveQuantizer'],
  fourccs: [...Object.values(FOURCCS), 'IxRQ'],

  fourcc(data: AdditiveQuantizerData): string {
    return FOURCCS[data.aq.kind];
  },

  *read(r: ByteReader, fourcc: string): Reading<AdditiveQuantizerData> {
    const header = yield* readHeader(r);
    const aq =
      fourcc === 'IxRQ'
        ? yield* readOldResidualQuantizer(r, header.d)
        : yield* readAdditiveQuantizer(r, quantizerOf(fourcc, FOURCCS), header.d);
    const codeSize = yield* r.u64('codeSize');
    const codes = yield* r.byteVector('codes');
    const data: AdditiveQuantizerData = { kind: 'AdditiveQuantizer', ...header, aq, codeSize, codes };
    check(data, r);
    return data;
  },

  write(data: AdditiveQuantizerData, out: ByteSink): void {
    writeHeader(data, out);
    writeAdditiveQuantizer(data.aq, { d: data.d, name: 'aq' }, out);
    check(data, out);
    out.u64('codeSize', data.codeSize);
    out.byteVector('codes', data.codes);
  },
};

function check(data: AdditiveQuantizerData, judge: Judge): void {
  checkCodeSize(data, judge);
  judge.length('codes', data.codes.length, data.ntotal * data.codeSize);
}

function checkCodeSize(data: AdditiveQuantizerData | IvfAdditiveQuantizerData, judge: Judge): void {
  const wanted = additiveCodeSize(data.aq);
  judge.value(data.codeSize === wanted, 'codeSize', String(wanted), data.codeSize);
}

/** `IwRQ`, `IwLS`, `IwPR`, `IwPL` (IndexIVFResidualQuantizer and its kin): the IVF header, code size, quantizer, two fields, lists. */
export const ivfAdditiveQuantizerRecord: IndexRecord<IvfAdditiveQuantizerData> = {
  kinds: ['IvfAdditiveQuantizer'],
  fourccs: Object.values(IVF_FOURCCS),

  fourcc(data: IvfAdditiveQuantizerData): string {
    return IVF_FOURCCS[data.aq.kind];
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<IvfAdditiveQuantizerData> {
    const header = yield* readIvfHeader(r, nested);
    const data: IvfAdditiveQuantizerData = {
      kind: 'IvfAdditiveQuantizer',
      ...header,
      codeSize: yield* r.u64('codeSize'),
      aq: yield* readAdditiveQuantizer(r, quantizerOf(fourcc, IVF_FOURCCS), header.d),
      byResidual: yield* r.bool('byResidual'),
      usePrecomputedTable: yield* r.i32('usePrecomputedTable'),
      invlists: yield* readInvertedLists(r, header.nlist),
    };
    checkIvf(data, r);
    return data;
  },

  write(data: IvfAdditiveQuantizerData, out: ByteSink, nested: WriteNested): void {
    writeIvfHeader(data, out, nested);
    out.u64('codeSize', data.codeSize);
    writeAdditiveQuantizer(data.aq, { d: data.d, name: 'aq' }, out);
    checkIvf(data, out);
    out.bool('byResidual', data.byResidual);
    out.i32('usePrecomputedTable', data.usePrecomputedTable);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};

function checkIvf(data: IvfAdditiveQuantizerData, judge: Judge): void {
  checkCodeSize(data, judge);
  checkRowLists(data.invlists, data.codeSize, judge);
}
