import type { BinaryHashData, BinaryMultiHashData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import type { IndexRecord, ReadNested, WriteNested } from '../records/record.js';
import { bitsAt } from './bit-string.js';
import { readBinaryHeader, writeBinaryHeader } from './header.js';

/** The fewest bytes that a list, and a table, take. */
const SMALLEST_LIST = 16;
const SMALLEST_MAP = 20;

/** `IBHh` (IndexBinaryHash): header, two numbers, the table of hashes and lengths, ids and vectors of each list. */
export const binaryHashRecord: IndexRecord<BinaryHashData> = {
  kinds: ['BinaryHash'],
  fourccs: ['IBHh'],

  fourcc(): string {
    return 'IBHh';
  },

  *read(r: ByteReader): Reading<BinaryHashData> {
    const header = yield* readBinaryHeader(r);
    const b = yield* r.i32('b');
    const nflip = yield* r.i32('nflip');
    const n = yield* r.u64('ids');
    const sizeBits = yield* r.i32('sizeBits');
    const table = yield* r.byteVector('table');
    const most = Math.floor(r.left / SMALLEST_LIST);
    r.value(n <= most, 'ids', `at most ${most} lists in the bytes left`, n);
    const ids: Float64Array[] = [];
    const codes: Uint8Array[] = [];
    for (let i = 0; i < n; i++) {
      ids.push(yield* r.idVector('ids', { element: i }));
      codes.push(yield* r.byteVector('codes', i));
    }
    const data: BinaryHashData = { kind: 'BinaryHash', ...header, b, nflip, sizeBits, table, ids, codes };
    check(data, r);
    return data;
  },

  write(data: BinaryHashData, out: ByteSink): void {
    writeBinaryHeader(data, out);
    check(data, out);
    out.i32('b', data.b);
    out.i32('nflip', data.nflip);
    out.u64('ids', data.ids.length);
    out.i32('sizeBits', data.sizeBits);
    out.byteVector('table', data.table);
    data.ids.forEach((ids, i) => {
      out.idVector(`ids[${i}]`, ids);
      out.byteVector(`codes[${i}]`, data.codes[i]!);
    });
  },
};

function check(data: BinaryHashData, judge: Judge): void {
  const { b, sizeBits, ids, codes, table } = data;
  checkHashBits(b, data.d, judge);
  judge.value(sizeBits >= 0 && (sizeBits > 0 || ids.length === 0), 'sizeBits', 'above 0', sizeBits);
  judge.length('codes', codes.length, ids.length);
  const bits = b + sizeBits;
  judge.length('table', table.length, Math.ceil((bits * ids.length) / 8));
  for (let i = 0; i < ids.length; i++) {
    const n = ids[i]!.length;
    const told = bitsAt(table, i * bits + b, sizeBits);
    if (told !== n) judge.value(false, 'ids', `${told} ids in list ${i}`, n);
    judge.length('codes', codes[i]!.length, n * data.codeSize);
  }
}

function checkHashBits(b: number, d: number, judge: Judge): void {
  judge.value(b > 0 && b <= d, 'b', `1 to ${d} bits`, b);
}

/** `IBHm` (IndexBinaryMultiHash): header, the vectors as an IndexBinaryFlat, three numbers, tables of hashes and ids. */
export const binaryMultiHashRecord: IndexRecord<BinaryMultiHashData> = {
  kinds: ['BinaryMultiHash'],
  fourccs: ['IBHm'],

  fourcc(): string {
    return 'IBHm';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<BinaryMultiHashData> {
    const header = yield* readBinaryHeader(r);
    const base = yield* nested('base', 'binary');
    const b = yield* r.i32('b');
    const nhash = yield* r.i32('maps');
    const nflip = yield* r.i32('nflip');
    const most = Math.floor(r.left / SMALLEST_MAP);
    r.value(nhash > 0 && nhash <= most, 'maps', `1 to ${most} tables in the bytes left`, nhash);
    const maps: BinaryMultiHashData['maps'][number][] = [];
    for (let i = 0; i < nhash; i++) {
      maps.push({
        idBits: yield* r.i32('maps.idBits'),
        entries: yield* r.u64('maps.entries'),
        table: yield* r.byteVector('maps.table', i),
      });
    }
    const data: BinaryMultiHashData = { kind: 'BinaryMultiHash', ...header, base, b, nflip, maps };
    checkMulti(data, r);
    return data;
  },

  write(data: BinaryMultiHashData, out: ByteSink, nested: WriteNested): void {
    writeBinaryHeader(data, out);
    checkMulti(data, out);
    nested('base', data.base, 'binary');
    out.i32('b', data.b);
    out.i32('maps', data.maps.length);
    out.i32('nflip', data.nflip);
    for (const { idBits, entries, table } of data.maps) {
      out.i32('maps.idBits', idBits);
      out.u64('maps.entries', entries);
      out.byteVector('maps.table', table);
    }
  },
};

function checkMulti(data: BinaryMultiHashData, judge: Judge): void {
  const { base, b, d, ntotal, maps } = data;
  judge.value(base.kind === 'BinaryFlat', 'base', 'an index of kind BinaryFlat', base.kind);
  judge.value(base.d === d && base.ntotal === ntotal, 'base', `${ntotal} vectors of ${d} bits`, base.ntotal);
  checkHashBits(b, d, judge);
  judge.value(maps.length * b <= d, 'maps', `tables of ${b} of ${d} bits`, maps.length);
  for (const map of maps) checkMap(map, data, judge);
}

/** Every vector is in one entry of each table. */
function checkMap(
  { idBits, entries, table }: BinaryMultiHashData['maps'][number],
  { b, ntotal }: BinaryMultiHashData,
  judge: Judge,
): void {
  judge.value(idBits >= 0, 'maps.idBits', 'at least 0', idBits);
  const bits = (b + idBits) * entries + ntotal * idBits;
  judge.length('maps.table', table.length, Math.ceil(bits / 8));
  let at = 0;
  for (let i = 0; i < entries; i++) {
    const n = bitsAt(table, at + b, idBits);
    at += b + idBits;
    if (!(n <= ntotal)) judge.value(false, 'maps.table', `at most ${ntotal} ids in an entry`, n);
    for (let j = 0; j < n; j++, at += idBits) {
      const id = bitsAt(table, at, idBits);
      if (!(id < ntotal)) judge.value(false, 'maps.table', `ids below ${ntotal}`, id);
    }
  }
}
