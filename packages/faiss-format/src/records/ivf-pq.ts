import type { IvfPqData, IvfPqrData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import { checkRowLists, readIvfHeader, readLegacyIvf, writeIvfHeader } from './ivf.js';
import { pqCodeSize, readProductQuantizer, writeProductQuantizer } from './product-quantizer.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/** What IVFPQ and IVFPQR have in common. */
export type IvfPqFields = Omit<IvfPqData, 'kind'> & { readonly kind: (IvfPqData | IvfPqrData)['kind'] };

/**
 * `IwPQ` (IndexIVFPQ): the IVF header, by_residual, code size, quantizer, lists of codes. Before: `IvPQ` with ids and
 * codes apart.
 */
export const ivfPqRecord: IndexRecord<IvfPqData> = {
  kinds: ['IvfPq'],
  fourccs: ['IwPQ', 'IvPQ'],

  fourcc(): string {
    return 'IwPQ';
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<IvfPqData> {
    return { kind: 'IvfPq', ...(yield* readIvfPq(r, fourcc === 'IvPQ', nested)) };
  },

  write(data: IvfPqData, out: ByteSink, nested: WriteNested): void {
    writeIvfPq(data, out, nested);
  },
};

/** Reads the fields of an IVFPQ, in the layout of today or the one before. */
export function* readIvfPq(
  r: ByteReader,
  isLegacy: boolean,
  nested: ReadNested,
): Reading<Omit<IvfPqFields, 'kind'>> {
  const legacy = isLegacy ? yield* readLegacyIvf(r, nested) : undefined;
  const header = legacy?.header ?? (yield* readIvfHeader(r, nested));
  const byResidual = yield* r.bool('byResidual');
  const codeSize = yield* r.u64('codeSize');
  const pq = yield* readProductQuantizer(r, header.d);
  const invlists =
    legacy === undefined ? yield* readInvertedLists(r, header.nlist) : yield* legacy.readLists(r, codeSize);
  const data = { ...header, byResidual, codeSize, pq, invlists };
  check(data, r);
  return data;
}

/** Writes the fields of an IVFPQ. */
export function writeIvfPq(data: IvfPqFields, out: ByteSink, nested: WriteNested): void {
  writeIvfHeader(data, out, nested);
  out.bool('byResidual', data.byResidual);
  out.u64('codeSize', data.codeSize);
  writeProductQuantizer(data.pq, data.d, out);
  check(data, out);
  writeInvertedLists(data.invlists, data.nlist, out);
}

function check(data: Omit<IvfPqFields, 'kind'>, judge: Judge): void {
  const wanted = pqCodeSize(data.pq);
  judge.value(data.codeSize === wanted, 'codeSize', String(wanted), data.codeSize);
  checkRowLists(data.invlists, data.codeSize, judge);
}
