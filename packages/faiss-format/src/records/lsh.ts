import type { LshData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { bool, type FieldTable, f32Array, i32, readFields, writeFields } from '../bytes/fields.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readTransform, writeTransform } from '../transforms/transform.js';
import { readHeader, writeHeader } from './header.js';
import type { IndexRecord } from './record.js';

const FIELDS: FieldTable<
  Pick<LshData, 'nbits' | 'rotateData' | 'trainThresholds' | 'thresholds' | 'codeSize'>
> = { nbits: i32, rotateData: bool, trainThresholds: bool, thresholds: f32Array, codeSize: i32 };

/**
 * `IxHe` (IndexLSH): header, bits, how they are made, code size, rotation, codes. Before: `IxHE`, whose code size counts
 * words of 8 bytes.
 */
export const lshRecord: IndexRecord<LshData> = {
  kinds: ['Lsh'],
  fourccs: ['IxHe', 'IxHE'],

  fourcc(): string {
    return 'IxHe';
  },

  *read(r: ByteReader, fourcc: string): Reading<LshData> {
    const header = yield* readHeader(r);
    const fields = yield* readFields(r, FIELDS);
    const codeSize = fourcc === 'IxHE' ? 8 * fields.codeSize : fields.codeSize;
    const rotation = yield* readTransform(r, 'rotation');
    const codes = yield* r.byteVector('codes');
    const data: LshData = { kind: 'Lsh', ...header, ...fields, codeSize, rotation, codes };
    check(data, r);
    return data;
  },

  write(data: LshData, out: ByteSink): void {
    writeHeader(data, out);
    check(data, out);
    writeFields(out, FIELDS, data);
    writeTransform(data.rotation, 'rotation', out);
    out.byteVector('codes', data.codes);
  },
};

function check(data: LshData, judge: Judge): void {
  const { rotation, nbits } = data;
  judge.value(nbits >= 0, 'nbits', 'at least 0', nbits);
  const wanted = Math.ceil(nbits / 8);
  judge.value(data.codeSize === wanted, 'codeSize', String(wanted), data.codeSize);
  judge.value(rotation.kind === 'RandomRotation', 'rotation', 'a RandomRotation', rotation.kind);
  const fits = rotation.dIn === data.d && rotation.dOut === nbits;
  judge.value(fits, 'rotation', `${data.d} to ${nbits} dimensions`, `${rotation.dIn} to ${rotation.dOut}`);
  if (data.thresholds.length > 0) judge.length('thresholds', data.thresholds.length, nbits);
  judge.length('codes', data.codes.length, data.ntotal * data.codeSize);
}
