import type { LatticeData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readHeader, writeHeader } from './header.js';
import type { IndexRecord } from './record.js';

/** `IxLa` (IndexLattice): four numbers, only then the header, and the trained ranges. Codes are not stored. */
export const latticeRecord: IndexRecord<LatticeData> = {
  kinds: ['Lattice'],
  fourccs: ['IxLa'],

  fourcc(): string {
    return 'IxLa';
  },

  *read(r: ByteReader): Reading<LatticeData> {
    const d = yield* r.i32('d');
    const nsq = yield* r.i32('nsq');
    const scaleNbit = yield* r.i32('scaleNbit');
    const r2 = yield* r.i32('r2');
    const header = yield* readHeader(r);
    r.value(header.d === d, 'd', `${d}, as before the header`, header.d);
    const trained = yield* r.f32Vector('trained');
    const data: LatticeData = { kind: 'Lattice', ...header, nsq, scaleNbit, r2, trained };
    check(data, r);
    return data;
  },

  write(data: LatticeData, out: ByteSink): void {
    check(data, out);
    out.i32('d', data.d);
    out.i32('nsq', data.nsq);
    out.i32('scaleNbit', data.scaleNbit);
    out.i32('r2', data.r2);
    writeHeader(data, out);
    out.f32Vector('trained', data.trained);
  },
};

function check(data: LatticeData, judge: Judge): void {
  const { d, nsq, r2 } = data;
  judge.value(nsq > 0 && d > 0 && d % nsq === 0, 'nsq', `a divisor of ${d}`, nsq);
  judge.value(
    Number.isInteger(Math.log2(d / nsq)) && d > nsq,
    'nsq',
    `d / nsq a power of two from 2`,
    d / nsq,
  );
  judge.value(r2 > 0, 'r2', 'above 0', r2);
  judge.value(data.ntotal === 0, 'ntotal', '0, as no codes are stored', data.ntotal);
  if (data.trained.length > 0) judge.length('trained', data.trained.length, 2 * nsq);
}
