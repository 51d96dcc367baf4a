import type { IvfScalarQuantizerData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import { readScalarQuantizer, writeScalarQuantizer } from '../quantizers/scalar-quantizer.js';
import { checkRowLists, readIvfHeader, readLegacyIvf, writeIvfHeader } from './ivf.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/**
 * `IwSq` (IndexIVFScalarQuantizer): the IVF header, quantizer, code size, by_residual, lists. Before: `IwSQ` without
 * by_residual, which was true, and `IvSQ` with ids and codes apart.
 */
export const ivfScalarQuantizerRecord: IndexRecord<IvfScalarQuantizerData> = {
  kinds: ['IvfScalarQuantizer'],
  fourccs: ['IwSq', 'IwSQ', 'IvSQ'],

  fourcc(): string {
    return 'IwSq';
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<IvfScalarQuantizerData> {
    const legacy = fourcc === 'IvSQ' ? yield* readLegacyIvf(r, nested) : undefined;
    const header = legacy?.header ?? (yield* readIvfHeader(r, nested));
    const sq = yield* readScalarQuantizer(r, header);
    const codeSize = yield* r.u64('codeSize');
    const byResidual = fourcc === 'IwSq' ? yield* r.bool('byResidual') : true;
    const invlists =
      legacy === undefined ? yield* readInvertedLists(r, header.nlist) : yield* legacy.readLists(r, codeSize);
    const data: IvfScalarQuantizerData = {
      kind: 'IvfScalarQuantizer',
      ...header,
      sq,
      codeSize,
      byResidual,
      invlists,
    };
    check(data, r);
    return data;
  },

  write(data: IvfScalarQuantizerData, out: ByteSink, nested: WriteNested): void {
    writeIvfHeader(data, out, nested);
    writeScalarQuantizer(data.sq, data, out);
    check(data, out);
    out.u64('codeSize', data.codeSize);
    out.bool('byResidual', data.byResidual);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};

function check(data: IvfScalarQuantizerData, judge: Judge): void {
  const wanted = data.sq.codeSize;
  judge.value(data.codeSize === wanted, 'codeSize', `${wanted}, as sq.codeSize`, data.codeSize);
  checkRowLists(data.invlists, data.codeSize, judge);
}
