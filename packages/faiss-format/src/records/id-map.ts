import type { IdMapData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readHeader, writeHeader } from './header.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/** `IxMp`, `IxM2` (IndexIDMap, IndexIDMap2): header, index, one id a position. */
export const idMapRecord: IndexRecord<IdMapData> = {
  kinds: ['IdMap', 'IdMap2'],
  fourccs: ['IxMp', 'IxM2'],

  fourcc(data: IdMapData): string {
    return data.kind === 'IdMap' ? 'IxMp' : 'IxM2';
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<IdMapData> {
    const header = yield* readHeader(r);
    const at = r.offset;
    const base = yield* nested('base');
    r.trail.note('base', at);
    const kind = fourcc === 'IxMp' ? 'IdMap' : 'IdMap2';
    const data: IdMapData = { kind, ...header, base, ids: yield* r.idVector('ids') };
    check(data, r);
    return data;
  },

  write(data: IdMapData, out: ByteSink, nested: WriteNested): void {
    writeHeader(data, out);
    check(data, out);
    nested('base', data.base);
    out.idVector('ids', data.ids);
  },
};

function check(data: IdMapData, judge: Judge): void {
  judge.value(data.base.d === data.d, 'base', `vectors of dimension ${data.d}`, data.base.d);
  judge.value(data.base.ntotal === data.ntotal, 'base', `${data.ntotal} vectors`, data.base.ntotal);
  judge.length('ids', data.ids.length, data.ntotal);
}
