import type { BlockListsData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { numbersToInt64 } from '../bytes/int64.js';
import { bytesOf, IdPart, LazyPart } from '../bytes/parts.js';
import type { Reading } from '../bytes/reading.js';

/** What faiss writes where other lists have their code size. */
const INVALID_CODE_SIZE = 0xffff_ffff_ffff_ffffn;

/** `ilbl` (BlockInvertedLists), after its fourcc: sizes of a block, then ids and codes of every list, each counted. */
export function* readBlockLists(r: ByteReader, nlist: number): Reading<BlockListsData> {
  const found = yield* r.u64('invlists.nlist');
  r.value(found === nlist, 'invlists.nlist', `${nlist}, as the index`, found);
  const codeSize = yield* r.bits64('invlists.codeSize');
  r.value(codeSize === INVALID_CODE_SIZE, 'invlists.codeSize', 'all bits set', String(codeSize));
  const nPerBlock = yield* r.u64('invlists.nPerBlock');
  r.value(nPerBlock > 0, 'invlists.nPerBlock', 'at least 1', nPerBlock);
  const blockSize = yield* r.u64('invlists.blockSize');
  r.value(blockSize > 0, 'invlists.blockSize', 'at least 1', blockSize);
  const most = Math.floor(r.left / 16);
  r.value(nlist <= most, 'invlists.nlist', `at most ${most} lists in the bytes left`, nlist);
  const codes: Uint8Array[] = [];
  const ids: Float64Array[] = [];
  for (let i = 0; i < nlist; i++) {
    const listIds = yield* r.idVector('invlists.ids', { element: i });
    const listCodes = yield* r.byteVector('invlists.codes', i);
    r.length('invlists.codes', listCodes.length, Math.ceil(listIds.length / nPerBlock) * blockSize);
    ids.push(listIds);
    codes.push(listCodes);
  }
  return { kind: 'block', nlist, nPerBlock, blockSize, codes, ids };
}

/** Writes `ilbl`. */
export function writeBlockLists(lists: BlockListsData, nlist: number, out: ByteSink): void {
  check(lists, nlist, out);
  out.fourcc('ilbl');
  out.u64('invlists.nlist', lists.nlist);
  out.bits64(INVALID_CODE_SIZE);
  out.u64('invlists.nPerBlock', lists.nPerBlock);
  out.u64('invlists.blockSize', lists.blockSize);
  let byteLength = 0;
  for (let i = 0; i < nlist; i++) byteLength += 16 + 8 * lists.ids[i]!.length + lists.codes[i]!.length;
  out.append(new LazyPart(byteLength, () => blocks(lists)));
}

function* blocks(lists: BlockListsData): Generator<Uint8Array, void, undefined> {
  for (let i = 0; i < lists.nlist; i++) {
    const ids = lists.ids[i]!;
    const codes = lists.codes[i]!;
    yield numbersToInt64(Float64Array.of(ids.length));
    if (ids.length > 8192) yield* new IdPart(ids).chunks();
    else yield numbersToInt64(ids);
    yield numbersToInt64(Float64Array.of(codes.length));
    yield bytesOf(codes);
  }
}

function check(lists: BlockListsData, nlist: number, out: ByteSink): void {
  out.value(lists.nlist === nlist, 'invlists.nlist', `${nlist}, as the index`, lists.nlist);
  out.value(lists.nPerBlock > 0, 'invlists.nPerBlock', 'at least 1', lists.nPerBlock);
  out.value(lists.blockSize > 0, 'invlists.blockSize', 'at least 1', lists.blockSize);
  out.length('invlists.codes', lists.codes.length, nlist);
  out.length('invlists.ids', lists.ids.length, nlist);
  for (let i = 0; i < nlist; i++) {
    const ids = lists.ids[i]!;
    out.ids(`invlists.ids[${i}]`, ids);
    out.array(`invlists.codes[${i}]`, lists.codes[i]!, 'Uint8Array');
    const wanted = Math.ceil(ids.length / lists.nPerBlock) * lists.blockSize;
    out.length(`invlists.codes[${i}]`, lists.codes[i]!.length, wanted);
  }
}
