import type { IvfSpectralHashData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import {
  enumeration,
  type FieldTable,
  f32,
  f32Array,
  i32,
  readFields,
  writeFields,
} from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import { readTransform, writeTransform } from '../transforms/transform.js';
import { checkRowLists, readIvfHeader, writeIvfHeader } from './ivf.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

const FIELDS: FieldTable<Pick<IvfSpectralHashData, 'nbit' | 'period' | 'thresholdType' | 'trained'>> = {
  nbit: i32,
  period: f32,
  thresholdType: enumeration<IvfSpectralHashData['thresholdType']>([
    'global',
    'centroid',
    'centroid_half',
    'median',
  ]),
  trained: f32Array,
};

/** `IwSh` (IndexIVFSpectralHash): the IVF header, transform, bits and thresholds, lists. */
export const spectralHashRecord: IndexRecord<IvfSpectralHashData> = {
  kinds: ['IvfSpectralHash'],
  fourccs: ['IwSh'],

  fourcc(): string {
    return 'IwSh';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<IvfSpectralHashData> {
    const header = yield* readIvfHeader(r, nested);
    const transform = yield* readTransform(r, 'transform');
    const fields = yield* readFields(r, FIELDS);
    const invlists = yield* readInvertedLists(r, header.nlist);
    const data: IvfSpectralHashData = {
      kind: 'IvfSpectralHash',
      ...header,
      transform,
      ...fields,
      invlists,
    };
    check(data, r);
    return data;
  },

  write(data: IvfSpectralHashData, out: ByteSink, nested: WriteNested): void {
    writeIvfHeader(data, out, nested);
    check(data, out);
    writeTransform(data.transform, 'transform', out);
    writeFields(out, FIELDS, data);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};

function check(data: IvfSpectralHashData, judge: Judge): void {
  const { transform, nbit } = data;
  const fits = transform.dIn === data.d && transform.dOut === nbit;
  judge.value(fits, 'transform', `${data.d} to ${nbit} dimensions`, `${transform.dIn} to ${transform.dOut}`);
  // one a list and bit; none where the threshold is the same for all lists; more where it is a median
  const whole = nbit > 0 && data.trained.length % nbit === 0;
  judge.value(whole, 'trained', `rows of ${nbit} thresholds`, data.trained.length);
  checkRowLists(data.invlists, Math.ceil(nbit / 8), judge);
}
