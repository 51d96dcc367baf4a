import type { PanoramaListsData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { numbersToInt64 } from '../bytes/int64.js';
import type { Judge } from '../bytes/judge.js';
import { bytesOf, LazyPart } from '../bytes/parts.js';
import type { Reading } from '../bytes/reading.js';
import { readListSizes } from './array-lists.js';

/** Vectors a batch in the layout without that field. */
const LEGACY_BATCH = 128;

const NO_CODES: Uint8Array = new Uint8Array(0);
const NO_IDS: Float64Array = new Float64Array(0);
const NO_SUMS: Float32Array = new Float32Array(0);

/**
 * `ilp2` (ArrayInvertedListsPanorama), after its fourcc: nlist, code size, levels, batch size, sizes, then codes, ids and
 * norms of each list that is not empty. Before: `ilpn` without the batch size, which was 128.
 */
export function* readPanoramaLists(r: ByteReader, fourcc: string, nlist: number): Reading<PanoramaListsData> {
  const found = yield* r.u64('invlists.nlist');
  r.value(found === nlist, 'invlists.nlist', `${nlist}, as the index`, found);
  const codeSize = yield* r.u64('invlists.codeSize');
  const nLevels = yield* r.u64('invlists.nLevels');
  r.value(nLevels > 0, 'invlists.nLevels', 'at least 1', nLevels);
  const batchSize = fourcc === 'ilp2' ? yield* r.u64('invlists.batchSize') : LEGACY_BATCH;
  r.value(batchSize > 0, 'invlists.batchSize', 'at least 1', batchSize);
  const sizes = yield* readListSizes(r, nlist);
  const codes = new Array<Uint8Array>(nlist).fill(NO_CODES);
  const ids = new Array<Float64Array>(nlist).fill(NO_IDS);
  const cumSums = new Array<Float32Array>(nlist).fill(NO_SUMS);
  for (let i = 0; i < nlist; i++) {
    const n = sizes.next(i);
    if (n === 0) continue;
    const slots = Math.ceil(n / batchSize) * batchSize;
    codes[i] = yield* r.bytes('invlists.codes', slots * codeSize, i);
    ids[i] = yield* r.ids('invlists.ids', n, i);
    cumSums[i] = yield* r.f32s('invlists.cumSums', slots * (nLevels + 1), i);
  }
  return { kind: 'panorama', nlist, codeSize, nLevels, batchSize, codes, ids, cumSums };
}

/** Writes `ilp2`; faiss writes all sizes, whether or not there are many. */
export function writePanoramaLists(lists: PanoramaListsData, nlist: number, out: ByteSink): void {
  check(lists, nlist, out);
  out.fourcc('ilp2');
  out.u64('invlists.nlist', lists.nlist);
  out.u64('invlists.codeSize', lists.codeSize);
  out.u64('invlists.nLevels', lists.nLevels);
  out.u64('invlists.batchSize', lists.batchSize);
  out.fourcc('full');
  out.idVector(
    'invlists.sizes',
    Float64Array.from(lists.ids, (ids) => ids.length),
  );
  let byteLength = 0;
  for (let i = 0; i < nlist; i++) {
    byteLength += lists.codes[i]!.length + 8 * lists.ids[i]!.length + 4 * lists.cumSums[i]!.length;
  }
  out.append(new LazyPart(byteLength, () => rows(lists)));
}

function* rows(lists: PanoramaListsData): Generator<Uint8Array, void, undefined> {
  for (let i = 0; i < lists.nlist; i++) {
    yield bytesOf(lists.codes[i]!);
    yield numbersToInt64(lists.ids[i]!);
    yield bytesOf(lists.cumSums[i]!);
  }
}

function check(lists: PanoramaListsData, nlist: number, out: ByteSink): void {
  const judge: Judge = out;
  judge.value(lists.nlist === nlist, 'invlists.nlist', `${nlist}, as the index`, lists.nlist);
  judge.value(lists.nLevels > 0, 'invlists.nLevels', 'at least 1', lists.nLevels);
  judge.value(lists.batchSize > 0, 'invlists.batchSize', 'at least 1', lists.batchSize);
  for (const part of ['codes', 'ids', 'cumSums'] as const) {
    judge.length(`invlists.${part}`, lists[part].length, nlist);
  }
  for (let i = 0; i < nlist; i++) {
    out.ids(`invlists.ids[${i}]`, lists.ids[i]!);
    out.array(`invlists.codes[${i}]`, lists.codes[i]!, 'Uint8Array');
    out.array(`invlists.cumSums[${i}]`, lists.cumSums[i]!, 'Float32Array');
    const slots = Math.ceil(lists.ids[i]!.length / lists.batchSize) * lists.batchSize;
    judge.length(`invlists.codes[${i}]`, lists.codes[i]!.length, slots * lists.codeSize);
    judge.length(`invlists.cumSums[${i}]`, lists.cumSums[i]!.length, slots * (lists.nLevels + 1));
  }
}
