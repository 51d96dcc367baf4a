import type { EdenData, IvfEdenData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import { readEdenQuantizer, writeEdenQuantizer } from '../quantizers/eden-quantizer.js';
import { readHeader, writeHeader } from './header.js';
import { checkRowLists, readIvfHeader, writeIvfHeader } from './ivf.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/** `IxEe` (IndexEDEN): header, quantizer, codes, centre. Before: `IxEd` without the type of scale. */
export const edenRecord: IndexRecord<EdenData> = {
  kinds: ['Eden'],
  fourccs: ['IxEe', 'IxEd'],

  fourcc(): string {
    return 'IxEe';
  },

  *read(r: ByteReader, fourcc: string): Reading<EdenData> {
    const header = yield* readHeader(r);
    const eden = yield* readEdenQuantizer(r, header, fourcc === 'IxEe');
    const codes = yield* r.byteVector('codes');
    const center = yield* r.f32Vector('center');
    const data: EdenData = { kind: 'Eden', ...header, eden, codes, center };
    check(data, r);
    return data;
  },

  write(data: EdenData, out: ByteSink): void {
    writeHeader(data, out);
    writeEdenQuantizer(data.eden, data, out);
    check(data, out);
    out.byteVector('codes', data.codes);
    out.f32Vector('center', data.center);
  },
};

function check(data: EdenData, judge: Judge): void {
  judge.length('codes', data.codes.length, data.ntotal * data.eden.codeSize);
  if (data.isTrained || data.center.length > 0) judge.length('center', data.center.length, data.d);
}

/** `IwEe` (IndexIVFEDEN): the IVF header, quantizer, code size, by_residual, lists. Before: `IwEd` as `IxEd`. */
export const ivfEdenRecord: IndexRecord<IvfEdenData> = {
  kinds: ['IvfEden'],
  fourccs: ['IwEe', 'IwEd'],

  fourcc(): string {
    return 'IwEe';
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<IvfEdenData> {
    const header = yield* readIvfHeader(r, nested);
    const data: IvfEdenData = {
      kind: 'IvfEden',
      ...header,
      eden: yield* readEdenQuantizer(r, header, fourcc === 'IwEe'),
      codeSize: yield* r.u64('codeSize'),
      byResidual: yield* r.bool('byResidual'),
      invlists: yield* readInvertedLists(r, header.nlist),
    };
    checkIvf(data, r);
    return data;
  },

  write(data: IvfEdenData, out: ByteSink, nested: WriteNested): void {
    writeIvfHeader(data, out, nested);
    writeEdenQuantizer(data.eden, data, out);
    checkIvf(data, out);
    out.u64('codeSize', data.codeSize);
    out.bool('byResidual', data.byResidual);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};

function checkIvf(data: IvfEdenData, judge: Judge): void {
  const wanted = data.eden.codeSize;
  judge.value(data.codeSize === wanted, 'codeSize', `${wanted}, as eden.codeSize`, data.codeSize);
  checkRowLists(data.invlists, data.codeSize, judge);
}
