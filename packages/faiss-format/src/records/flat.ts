import type { FlatData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readHeader, writeHeader } from './header.js';
import type { IndexRecord } from './record.js';

/** `IxF2`, `IxFI`, `IxFl` (IndexFlatL2, IndexFlatIP, IndexFlat): the header and `ntotal · d` floats. */
export const flatRecord: IndexRecord<FlatData> = {
  kinds: ['Flat'],
  fourccs: ['IxF2', 'IxFI', 'IxFl'],

  fourcc(data: FlatData): string {
    return data.metric === 'l2' ? 'IxF2' : data.metric === 'ip' ? 'IxFI' : 'IxFl';
  },

  *read(r: ByteReader): Reading<FlatData> {
    const header = yield* readHeader(r);
    const data: FlatData = { kind: 'Flat', ...header, vectors: yield* r.f32Vector('vectors') };
    check(data, r);
    return data;
  },

  write(data: FlatData, out: ByteSink): void {
    writeHeader(data, out);
    check(data, out);
    out.f32Vector('vectors', data.vectors);
  },
};

function check(data: FlatData, judge: Judge): void {
  judge.length('vectors', data.vectors.length, data.ntotal * data.d);
}
