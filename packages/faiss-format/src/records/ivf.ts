import type { IndexHeader, InvertedListsData, IvfFields } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readDirectMap, writeDirectMap } from './direct-map.js';
import { readHeader, writeHeader } from './header.js';
import type { ReadNested, WriteNested } from './record.js';

/** What an IVF class starts with: everything but its own fields and the lists. */
export type IvfHeader = IndexHeader & Omit<IvfFields, 'invlists'>;

/** Reads the header, nlist, nprobe, the coarse quantizer and the direct map. */
export function* readIvfHeader(r: ByteReader, nested: ReadNested): Reading<IvfHeader> {
  const header = yield* readHeader(r);
  const nlist = yield* r.u64('nlist');
  const nprobe = yield* r.u64('nprobe');
  const at = r.offset;
  const quantizer = yield* nested('quantizer');
  r.trail.note('quantizer', at);
  const data: IvfHeader = {
    ...header,
    nlist,
    nprobe,
    quantizer,
    directMap: yield* readDirectMap(r, header.ntotal),
  };
  checkIvfHeader(data, r);
  return data;
}

/** Writes the header, nlist, nprobe, the coarse quantizer and the direct map. */
export function writeIvfHeader(data: IvfHeader, out: ByteSink, nested: WriteNested): void {
  writeHeader(data, out);
  checkIvfHeader(data, out);
  out.u64('nlist', data.nlist);
  out.u64('nprobe', data.nprobe);
  nested('quantizer', data.quantizer);
  writeDirectMap(data.directMap, data.ntotal, out);
}

function checkIvfHeader(data: IvfHeader, judge: Judge): void {
  const { d, ntotal } = data.quantizer;
  judge.value(d === data.d, 'quantizer', `vectors of dimension ${data.d}`, d);
  const fits = ntotal === data.nlist || ntotal === 0;
  judge.value(fits, 'quantizer', `${data.nlist} centroids, one a list`, ntotal);
}

/** What holds between an IVF whose lists are rows of `codeSize` bytes and those lists. */
export function checkArrayLists(lists: InvertedListsData, codeSize: number, judge: Judge): void {
  if (lists.kind === 'missing') return;
  judge.value(lists.kind === 'array', 'invlists', 'lists of rows (array)', lists.kind);
  if (lists.kind !== 'array') return;
  judge.value(lists.codeSize === codeSize, 'invlists.codeSize', String(codeSize), lists.codeSize);
}
