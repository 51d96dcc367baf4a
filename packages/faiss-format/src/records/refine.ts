import type { RefineData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readHeader, writeHeader } from './header.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/** The range of k_factor that faiss reads since 1.14. */
const MAX_K_FACTOR = 1000;

/** `IxRF` (IndexRefine, IndexRefineFlat): header, base index, refine index, k_factor. */
export const refineRecord: IndexRecord<RefineData> = {
  kinds: ['Refine'],
  fourccs: ['IxRF'],

  fourcc(): string {
    return 'IxRF';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<RefineData> {
    const header = yield* readHeader(r);
    const baseAt = r.offset;
    const base = yield* nested('base');
    const refineAt = r.offset;
    const refine = yield* nested('refine');
    r.trail.note('base', baseAt);
    r.trail.note('refine', refineAt);
    const data: RefineData = { kind: 'Refine', ...header, base, refine, kFactor: yield* r.f32('kFactor') };
    check(data, r);
    return data;
  },

  write(data: RefineData, out: ByteSink, nested: WriteNested): void {
    writeHeader(data, out);
    check(data, out);
    nested('base', data.base);
    nested('refine', data.refine);
    out.f32('kFactor', data.kFactor);
  },
};

function check(data: RefineData, judge: Judge): void {
  for (const part of ['base', 'refine'] as const) {
    judge.value(data[part].d === data.d, part, `vectors of dimension ${data.d}`, data[part].d);
    judge.value(data[part].ntotal === data.ntotal, part, `${data.ntotal} vectors`, data[part].ntotal);
  }
  const ok = data.kFactor >= 1 && data.kFactor <= MAX_K_FACTOR;
  judge.value(ok, 'kFactor', `1 to ${MAX_K_FACTOR}`, data.kFactor);
}
