import type { RefineData, RefinePanoramaData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readHeader, writeHeader } from './header.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/** The range of k_factor that faiss reads since 1.14. */
const MAX_K_FACTOR = 1000;

/** `IxRF` (IndexRefine, IndexRefineFlat) and `IxRP` (IndexRefinePanorama): header, base index, refine index, k_factor. */
export const refineRecord: IndexRecord<RefineData | RefinePanoramaData> = {
  kinds: ['Refine', 'RefinePanorama'],
  fourccs: ['IxRF', 'IxRP'],

  fourcc(data: RefineData | RefinePanoramaData): string {
    return data.kind === 'Refine' ? 'IxRF' : 'IxRP';
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<RefineData | RefinePanoramaData> {
    const header = yield* readHeader(r);
    const baseAt = r.offset;
    const base = yield* nested('base');
    const refineAt = r.offset;
    const refine = yield* nested('refine');
    r.trail.note('base', baseAt);
    r.trail.note('refine', refineAt);
    const kind = fourcc === 'IxRF' ? 'Refine' : 'RefinePanorama';
    const data = { kind, ...header, base, refine, kFactor: yield* r.f32('kFactor') } as const;
    check(data, r);
    return data;
  },

  write(data: RefineData | RefinePanoramaData, out: ByteSink, nested: WriteNested): void {
    writeHeader(data, out);
    check(data, out);
    nested('base', data.base);
    nested('refine', data.refine);
    out.f32('kFactor', data.kFactor);
  },
};

function check(data: RefineData | RefinePanoramaData, judge: Judge): void {
  for (const part of ['base', 'refine'] as const) {
    judge.value(data[part].d === data.d, part, `vectors of dimension ${data.d}`, data[part].d);
    judge.value(data[part].ntotal === data.ntotal, part, `${data.ntotal} vectors`, data[part].ntotal);
  }
  checkKFactor(data.kFactor, judge);
}

/** The k_factor of an index that re-ranks. */
export function checkKFactor(kFactor: number, judge: Judge): void {
  const ok = kFactor >= 1 && kFactor <= MAX_K_FACTOR;
  judge.value(ok, 'kFactor', `1 to ${MAX_K_FACTOR}`, kFactor);
}
