import type { TwoLayerData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { type FieldTable, i8, readFields, u64, writeFields } from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readHeader, writeHeader } from './header.js';
import { pqCodeSize, readProductQuantizer, writeProductQuantizer } from './product-quantizer.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

const SIZES: FieldTable<Pick<TwoLayerData, 'codeSize1' | 'codeSize2' | 'codeSize'>> = {
  codeSize1: u64,
  codeSize2: u64,
  codeSize: u64,
};

/** `Ix2L` (Index2Layer): header, coarse quantizer and how it is trained, product quantizer, sizes, codes. */
export const twoLayerRecord: IndexRecord<TwoLayerData> = {
  kinds: ['TwoLayer'],
  fourccs: ['Ix2L'],

  fourcc(): string {
    return 'Ix2L';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<TwoLayerData> {
    const header = yield* readHeader(r);
    const at = r.offset;
    const quantizer = yield* nested('quantizer');
    r.trail.note('quantizer', at);
    const data: TwoLayerData = {
      kind: 'TwoLayer',
      ...header,
      quantizer,
      nlist: yield* r.u64('nlist'),
      quantizerTrainsAlone: yield* r.i8('quantizerTrainsAlone'),
      pq: yield* readProductQuantizer(r, header.d),
      ...(yield* readFields(r, SIZES)),
      codes: yield* r.byteVector('codes'),
    };
    check(data, r);
    return data;
  },

  write(data: TwoLayerData, out: ByteSink, nested: WriteNested): void {
    writeHeader(data, out);
    nested('quantizer', data.quantizer);
    out.u64('nlist', data.nlist);
    i8.write(out, 'quantizerTrainsAlone', data.quantizerTrainsAlone);
    writeProductQuantizer(data.pq, data.d, out);
    check(data, out);
    writeFields(out, SIZES, data);
    out.byteVector('codes', data.codes);
  },
};

function check(data: TwoLayerData, judge: Judge): void {
  const { quantizer, nlist, codeSize1, codeSize2, codeSize, pq } = data;
  judge.value(quantizer.d === data.d, 'quantizer', `vectors of dimension ${data.d}`, quantizer.d);
  const fits = quantizer.ntotal === nlist || quantizer.ntotal === 0;
  judge.value(fits, 'quantizer', `${nlist} centroids`, quantizer.ntotal);
  const bytes = bytesOfNumber(nlist);
  judge.value(codeSize1 === bytes, 'codeSize1', `${bytes}, for numbers below ${nlist}`, codeSize1);
  judge.value(codeSize2 === pqCodeSize(pq), 'codeSize2', String(pqCodeSize(pq)), codeSize2);
  judge.value(codeSize === codeSize1 + codeSize2, 'codeSize', String(codeSize1 + codeSize2), codeSize);
  judge.length('codes', data.codes.length, data.ntotal * codeSize);
}

/** Bytes of the largest number below `n`. */
function bytesOfNumber(n: number): number {
  let bytes = 0;
  for (let largest = n - 1; largest > 0; largest = Math.floor(largest / 256)) bytes++;
  return bytes;
}
