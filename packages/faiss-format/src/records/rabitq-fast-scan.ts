import type { IvfRaBitQFastScanData, RaBitQFastScanData, RaBitQuantizerData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { bool, type FieldTable, i32, readFields, u8, u64, writeFields } from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import {
  checkQueryBits,
  factorBytes,
  readRaBitQuantizer,
  writeRaBitQuantizer,
} from '../quantizers/rabit-quantizer.js';
import { readHeader, writeHeader } from './header.js';
import { checkBlockLists, readIvfHeader, writeIvfHeader } from './ivf.js';
import { blocksWithFactors, checkFactors, listsWithFactors } from './rabitq-legacy.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/**
 * `Irfn` (IndexRaBitQFastScan): header, quantizer, centre, kernel fields, blocks of codes and factors. `Irfs` has the
 * factors of all vectors in front of the kernel fields.
 */
export const rabitqFastScanRecord: IndexRecord<RaBitQFastScanData> = {
  kinds: ['RaBitQFastScan'],
  fourccs: ['Irfn', 'Irfs'],

  fourcc(): string {
    return 'Irfn';
  },

  *read(r: ByteReader, fourcc: string): Reading<RaBitQFastScanData> {
    const header = yield* readHeader(r);
    const rabitq = yield* readRaBitQuantizer(r, header.d, true);
    const center = yield* r.f32Vector('center');
    const qb = yield* r.u8('qb');
    const factors = fourcc === 'Irfs' ? yield* r.byteVector('flatStorage') : undefined;
    const data: RaBitQFastScanData = {
      kind: 'RaBitQFastScan',
      ...header,
      rabitq,
      center,
      qb,
      bbs: yield* r.i32('bbs'),
      ntotal2: yield* r.u64('ntotal2'),
      M2: yield* r.u64('M2'),
      codeSize: yield* r.u64('codeSize'),
      codes: yield* r.byteVector('codes'),
    };
    if (factors === undefined) {
      check(data, r);
      return data;
    }
    checkBlocks(data, r);
    const legacy = { rabitq, bbs: data.bbs, M2: data.M2, factors };
    checkFactors(legacy, data.ntotal, r);
    const least = Math.ceil(data.ntotal / data.bbs) * (data.M2 / 2) * data.bbs;
    r.value(data.codes.length >= least, 'codes', `at least ${least} bytes`, data.codes.length);
    const codes = blocksWithFactors(data.codes, data.ntotal, legacy, (i) => i);
    const moved = { ...data, ntotal2: Math.ceil(data.ntotal / data.bbs) * data.bbs, codes };
    check(moved, r);
    return moved;
  },

  write(data: RaBitQFastScanData, out: ByteSink): void {
    writeHeader(data, out);
    writeRaBitQuantizer(data.rabitq, { d: data.d, isMultiBit: true }, out);
    check(data, out);
    out.f32Vector('center', data.center);
    out.u8(data.qb);
    out.i32('bbs', data.bbs);
    out.u64('ntotal2', data.ntotal2);
    out.u64('M2', data.M2);
    out.u64('codeSize', data.codeSize);
    out.byteVector('codes', data.codes);
  },
};

function check(data: RaBitQFastScanData, judge: Judge): void {
  if (data.isTrained || data.center.length > 0) judge.length('center', data.center.length, data.d);
  checkQueryBits(data.qb, 1, judge);
  checkBlocks(data, judge);
  const whole = data.ntotal2 >= data.ntotal && data.ntotal2 % data.bbs === 0;
  judge.value(whole, 'ntotal2', `a multiple of ${data.bbs}, at least ${data.ntotal}`, data.ntotal2);
  // a reset empties the codes and leaves ntotal2
  if (data.ntotal === 0 && data.codes.length === 0) return;
  judge.length('codes', data.codes.length, (data.ntotal2 / data.bbs) * blockSizeOf(data));
}

interface Blocks {
  readonly rabitq: RaBitQuantizerData;
  readonly bbs: number;
  readonly M2: number;
}

/** Bytes of a block: `M2` signs of 4 dimensions each for `bbs` vectors, then the factors of each. */
function blockSizeOf({ rabitq, bbs, M2 }: Blocks): number {
  return (M2 / 2 + factorBytes(rabitq)) * bbs;
}

function checkBlocks({ rabitq, bbs, M2 }: Blocks, judge: Judge): void {
  const M = Math.ceil(rabitq.d / 4);
  judge.value(bbs > 0 && bbs % 32 === 0, 'bbs', 'a multiple of 32 above 0', bbs);
  judge.value(M2 === M + (M % 2), 'M2', `${M + (M % 2)}, a quarter of d rounded up to even`, M2);
}

type IvfOwn = Pick<
  IvfRaBitQFastScanData,
  'byResidual' | 'codeSize' | 'bbs' | 'qbs2' | 'M2' | 'implem' | 'qb' | 'centered'
>;

const IVF_FIELDS: FieldTable<IvfOwn> = {
  byResidual: bool,
  codeSize: u64,
  bbs: i32,
  qbs2: u64,
  M2: u64,
  implem: i32,
  qb: u8,
  centered: bool,
};

/**
 * `Iwrn` (IndexIVFRaBitQFastScan): the IVF header, quantizer, kernel fields, lists in blocks. `Iwrf` has the factors of
 * all vectors in front of the lists.
 */
export const ivfRabitqFastScanRecord: IndexRecord<IvfRaBitQFastScanData> = {
  kinds: ['IvfRaBitQFastScan'],
  fourccs: ['Iwrn', 'Iwrf'],

  fourcc(): string {
    return 'Iwrn';
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<IvfRaBitQFastScanData> {
    const header = yield* readIvfHeader(r, nested);
    const rabitq = yield* readRaBitQuantizer(r, header.d, true);
    const own = yield* readFields(r, IVF_FIELDS);
    const factors = fourcc === 'Iwrf' ? yield* r.byteVector('flatStorage') : undefined;
    let invlists = yield* readInvertedLists(r, header.nlist);
    if (factors !== undefined && invlists.kind === 'block') {
      checkBlocks({ rabitq, ...own }, r);
      const legacy = { rabitq, bbs: own.bbs, M2: own.M2, factors };
      invlists = listsWithFactors(invlists, legacy, r);
    }
    const data: IvfRaBitQFastScanData = {
      kind: 'IvfRaBitQFastScan',
      ...header,
      rabitq,
      ...own,
      invlists,
    };
    checkIvf(data, r);
    return data;
  },

  write(data: IvfRaBitQFastScanData, out: ByteSink, nested: WriteNested): void {
    writeIvfHeader(data, out, nested);
    writeRaBitQuantizer(data.rabitq, { d: data.d, isMultiBit: true }, out);
    checkIvf(data, out);
    writeFields(out, IVF_FIELDS, data);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};

function checkIvf(data: IvfRaBitQFastScanData, judge: Judge): void {
  checkQueryBits(data.qb, 1, judge);
  checkBlocks(data, judge);
  checkBlockLists(data.invlists, { bbs: data.bbs, blockSize: blockSizeOf(data) }, judge);
}
