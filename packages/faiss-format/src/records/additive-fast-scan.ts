import type {
  AdditiveFastScanData,
  AdditiveFastScanFields,
  AdditiveQuantizerFields,
  IvfAdditiveFastScanData,
} from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { bool, type FieldTable, i32, readFields, u64, writeFields } from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import { readAdditiveQuantizer, writeAdditiveQuantizer } from '../quantizers/additive-quantizer.js';
import { quantizerOf } from './additive-quantizer.js';
import { readHeader, writeHeader } from './header.js';
import { checkBlockLists, readIvfHeader, writeIvfHeader } from './ivf.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

type Kind = AdditiveQuantizerFields['kind'];

const FOURCCS: Readonly<Record<Kind, string>> = { RQ: 'IRfs', LSQ: 'ILfs', PRQ: 'IPRf', PLSQ: 'IPLf' };
const IVF_FOURCCS: Readonly<Record<Kind, string>> = { RQ: 'IVRf', LSQ: 'IVLf', PRQ: 'NPRf', PLSQ: 'NPLf' };

type Own = Omit<AdditiveFastScanFields, 'aq'>;

const HEAD: FieldTable<Pick<Own, 'implem' | 'bbs' | 'qbs' | 'M' | 'nbits' | 'ksub' | 'codeSize'>> = {
  implem: i32,
  bbs: i32,
  qbs: i32,
  M: u64,
  nbits: u64,
  ksub: u64,
  codeSize: u64,
};

const TAIL: FieldTable<Pick<Own, 'M2' | 'rescaleNorm' | 'normScale' | 'maxTrainPoints'>> = {
  M2: u64,
  rescaleNorm: bool,
  normScale: i32,
  maxTrainPoints: u64,
};

/** `IRfs`, `ILfs`, `IPRf`, `IPLf` (IndexResidualQuantizerFastScan and its kin): header, quantizer, kernel fields, blocks. */
export const additiveFastScanRecord: IndexRecord<AdditiveFastScanData> = {
  kinds: ['AdditiveFastScan'],
  fourccs: Object.values(FOURCCS),

  fourcc(data: AdditiveFastScanData): string {
    return FOURCCS[data.aq.kind];
  },

  *read(r: ByteReader, fourcc: string): Reading<AdditiveFastScanData> {
    const header = yield* readHeader(r);
    const data: AdditiveFastScanData = {
      kind: 'AdditiveFastScan',
      ...header,
      aq: yield* readAdditiveQuantizer(r, quantizerOf(fourcc, FOURCCS), header.d),
      ...(yield* readFields(r, HEAD)),
      ntotal2: yield* r.u64('ntotal2'),
      ...(yield* readFields(r, TAIL)),
      codes: yield* r.byteVector('codes'),
    };
    check(data, r);
    return data;
  },

  write(data: AdditiveFastScanData, out: ByteSink): void {
    writeHeader(data, out);
    writeAdditiveQuantizer(data.aq, { d: data.d, name: 'aq' }, out);
    check(data, out);
    writeFields(out, HEAD, data);
    out.u64('ntotal2', data.ntotal2);
    writeFields(out, TAIL, data);
    out.byteVector('codes', data.codes);
  },
};

function check(data: AdditiveFastScanData, judge: Judge): void {
  checkShared(data, judge);
  const { bbs, ntotal, ntotal2 } = data;
  const whole = ntotal2 >= ntotal && ntotal2 % bbs === 0;
  judge.value(whole, 'ntotal2', `a multiple of ${bbs}, at least ${ntotal}`, ntotal2);
  // a reset empties the codes and leaves ntotal2
  if (ntotal === 0 && data.codes.length === 0) return;
  judge.length('codes', data.codes.length, (ntotal2 / bbs) * blockSize(data));
}

function checkShared(data: AdditiveFastScanFields, judge: Judge): void {
  const M2 = data.M + (data.M % 2);
  judge.value(data.M > 0, 'M', 'at least 1', data.M);
  judge.value(data.ksub === 16, 'ksub', '16', data.ksub);
  judge.value(data.bbs > 0 && data.bbs % 32 === 0, 'bbs', 'a multiple of 32 above 0', data.bbs);
  judge.value(data.M2 === M2, 'M2', `${M2}, M rounded up to even`, data.M2);
  judge.value(data.qbs >= 0, 'qbs', 'at least 0', data.qbs);
}

function blockSize({ bbs, M2 }: AdditiveFastScanFields): number {
  return (bbs * M2) / 2;
}

/** `IVRf`, `IVLf`, `NPRf`, `NPLf` (IndexIVFResidualQuantizerFastScan and its kin): the IVF header, quantizer, kernel fields, lists. */
export const ivfAdditiveFastScanRecord: IndexRecord<IvfAdditiveFastScanData> = {
  kinds: ['IvfAdditiveFastScan'],
  fourccs: Object.values(IVF_FOURCCS),

  fourcc(data: IvfAdditiveFastScanData): string {
    return IVF_FOURCCS[data.aq.kind];
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<IvfAdditiveFastScanData> {
    const header = yield* readIvfHeader(r, nested);
    const data: IvfAdditiveFastScanData = {
      kind: 'IvfAdditiveFastScan',
      ...header,
      aq: yield* readAdditiveQuantizer(r, quantizerOf(fourcc, IVF_FOURCCS), header.d),
      byResidual: yield* r.bool('byResidual'),
      ...(yield* readFields(r, HEAD)),
      qbs2: yield* r.u64('qbs2'),
      ...(yield* readFields(r, TAIL)),
      invlists: yield* readInvertedLists(r, header.nlist),
    };
    checkIvf(data, r);
    return data;
  },

  write(data: IvfAdditiveFastScanData, out: ByteSink, nested: WriteNested): void {
    writeIvfHeader(data, out, nested);
    writeAdditiveQuantizer(data.aq, { d: data.d, name: 'aq' }, out);
    checkIvf(data, out);
    out.bool('byResidual', data.byResidual);
    writeFields(out, HEAD, data);
    out.u64('qbs2', data.qbs2);
    writeFields(out, TAIL, data);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};

function checkIvf(data: IvfAdditiveFastScanData, judge: Judge): void {
  checkShared(data, judge);
  checkBlockLists(data.invlists, { bbs: data.bbs, blockSize: blockSize(data) }, judge);
}
