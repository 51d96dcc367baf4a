import type { FlatPanoramaData, IvfFlatPanoramaData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readInvertedLists, writeInvertedLists } from '../lists/inverted-lists.js';
import { MAX_D } from './header.js';
import { readIvfHeader, writeIvfHeader } from './ivf.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/** Vectors a batch in the layout without that field. */
const LEGACY_BATCH = 128;

/** `IxFP`, `IxFp` (IndexFlatL2Panorama, IndexFlatIPPanorama): five fields in place of the header, codes, norms. */
export const flatPanoramaRecord: IndexRecord<FlatPanoramaData> = {
  kinds: ['FlatPanorama'],
  fourccs: ['IxFP', 'IxFp'],

  fourcc(data: FlatPanoramaData): string {
    return data.metric === 'l2' ? 'IxFP' : 'IxFp';
  },

  *read(r: ByteReader, fourcc: string): Reading<FlatPanoramaData> {
    const data: FlatPanoramaData = {
      kind: 'FlatPanorama',
      metric: fourcc === 'IxFP' ? 'l2' : 'ip',
      metricArg: 0,
      d: yield* r.i32('d'),
      nLevels: yield* r.u64('nLevels'),
      batchSize: yield* r.u64('batchSize'),
      ntotal: yield* r.i64('ntotal'),
      isTrained: yield* r.bool('isTrained'),
      codes: yield* r.byteVector('codes'),
      cumSums: yield* r.f32Vector('cumSums'),
    };
    check(data, r);
    return data;
  },

  write(data: FlatPanoramaData, out: ByteSink): void {
    check(data, out);
    out.i32('d', data.d);
    out.u64('nLevels', data.nLevels);
    out.u64('batchSize', data.batchSize);
    out.u64('ntotal', data.ntotal);
    out.bool('isTrained', data.isTrained);
    out.byteVector('codes', data.codes);
    out.f32Vector('cumSums', data.cumSums);
  },
};

function check(data: FlatPanoramaData, judge: Judge): void {
  const { d, metric, nLevels, batchSize, ntotal } = data;
  judge.value(d >= 0 && d <= MAX_D, 'd', `0 to ${MAX_D}`, d);
  judge.value(metric === 'l2' || metric === 'ip', 'metric', 'l2 or ip', metric);
  judge.value(ntotal >= 0, 'ntotal', 'at least 0', ntotal);
  checkLevels(data, judge);
  const slots = Math.ceil(ntotal / batchSize) * batchSize;
  judge.length('codes', data.codes.length, slots * 4 * d);
  judge.length('cumSums', data.cumSums.length, slots * (nLevels + 1));
}

function checkLevels({ nLevels, batchSize }: { nLevels: number; batchSize: number }, judge: Judge): void {
  judge.value(nLevels > 0, 'nLevels', 'at least 1', nLevels);
  judge.value(batchSize > 0, 'batchSize', 'at least 1', batchSize);
}

/** `IwP2` (IndexIVFFlatPanorama): the IVF header, levels, batch size, lists. Before: `IwPn` without the batch size. */
export const ivfFlatPanoramaRecord: IndexRecord<IvfFlatPanoramaData> = {
  kinds: ['IvfFlatPanorama'],
  fourccs: ['IwP2', 'IwPn'],

  fourcc(): string {
    return 'IwP2';
  },

  *read(r: ByteReader, fourcc: string, nested: ReadNested): Reading<IvfFlatPanoramaData> {
    const header = yield* readIvfHeader(r, nested);
    const data: IvfFlatPanoramaData = {
      kind: 'IvfFlatPanorama',
      ...header,
      nLevels: yield* r.u64('nLevels'),
      batchSize: fourcc === 'IwP2' ? yield* r.u64('batchSize') : LEGACY_BATCH,
      invlists: yield* readInvertedLists(r, header.nlist),
    };
    checkIvf(data, r);
    return data;
  },

  write(data: IvfFlatPanoramaData, out: ByteSink, nested: WriteNested): void {
    writeIvfHeader(data, out, nested);
    checkIvf(data, out);
    out.u64('nLevels', data.nLevels);
    out.u64('batchSize', data.batchSize);
    writeInvertedLists(data.invlists, data.nlist, out);
  },
};

function checkIvf(data: IvfFlatPanoramaData, judge: Judge): void {
  checkLevels(data, judge);
  const lists = data.invlists;
  if (lists.kind === 'missing') return;
  judge.value(lists.kind === 'panorama', 'invlists', 'lists in batches (panorama)', lists.kind);
  if (lists.kind !== 'panorama') return;
  const codeSize = 4 * data.d;
  judge.value(lists.codeSize === codeSize, 'invlists.codeSize', String(codeSize), lists.codeSize);
  judge.value(lists.nLevels === data.nLevels, 'invlists.nLevels', String(data.nLevels), lists.nLevels);
  const { batchSize } = lists;
  judge.value(batchSize === data.batchSize, 'invlists.batchSize', String(data.batchSize), batchSize);
}
