import { type ArrayListsData, LutraError } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { numbersToInt64 } from '../bytes/int64.js';
import type { Judge } from '../bytes/judge.js';
import { bytesOf, IdPart, LazyPart } from '../bytes/parts.js';
import type { Reading } from '../bytes/reading.js';

const NO_CODES: Uint8Array = new Uint8Array(0);
const NO_IDS: Float64Array = new Float64Array(0);

/**
 * Empty lists cost no bytes in a file and 16 of memory. This many may come out of a tiny file, and twice as many, 16 MiB,
 * out of one that has the tables of a multi-index of 2^20 lists.
 */
const MAX_FREE_LISTS = 2 ** 19;
const MULTI_INDEX_BYTES = 8192;

/**
 * `ilar` (ArrayInvertedLists), after its fourcc: nlist, code size, sizes as `full` (all) or `sprs` (pairs of number and
 * size), then codes and ids of each list that is not empty.
 */
export function* readArrayLists(r: ByteReader, nlist: number): Reading<ArrayListsData> {
  const found = yield* r.u64('invlists.nlist');
  r.value(found === nlist, 'invlists.nlist', `${nlist}, as the index`, found);
  const codeSize = yield* r.u64('invlists.codeSize');
  const sizes = yield* readListSizes(r, nlist);
  // at their length from the start: arrays that grow leave as much again behind
  const codes = new Array<Uint8Array>(nlist).fill(NO_CODES);
  const ids = new Array<Float64Array>(nlist).fill(NO_IDS);
  for (let i = 0; i < nlist; i++) {
    const n = sizes.next(i);
    if (n === 0) continue;
    const room = n * (codeSize + 8) <= r.left;
    if (!room) {
      r.fail(
        `invlists.codes[${i}]`,
        r.offset,
        `${n} entries of ${codeSize} + 8 bytes`,
        `${r.left} bytes left`,
      );
    }
    codes[i] = yield* r.bytes('invlists.codes', n * codeSize, i);
    ids[i] = yield* r.ids('invlists.ids', n, i);
  }
  return { kind: 'array', nlist, codeSize, codes, ids };
}

/** Sizes asked for in list order. */
export interface ListSizes {
  next(list: number): number;
}

/** Reads the sizes of `nlist` lists, all of them or pairs of number and size. */
export function* readListSizes(r: ByteReader, nlist: number): Reading<ListSizes> {
  const layout = yield* r.fourcc('invlists.layout');
  r.value(layout === 'full' || layout === 'sprs', 'invlists.layout', '"full" or "sprs"', `"${layout}"`);
  const values = yield* r.idVector('invlists.sizes');
  for (const x of values) r.value(x >= 0, 'invlists.sizes', 'sizes from 0', x);
  return layout === 'full' ? fullSizes(r, nlist, values) : sparseSizes(r, nlist, values);
}

function fullSizes(r: ByteReader, nlist: number, values: Float64Array): ListSizes {
  r.length('invlists.sizes', values.length, nlist);
  return { next: (list) => values[list]! };
}

function sparseSizes(r: ByteReader, nlist: number, pairs: Float64Array): ListSizes {
  r.value(pairs.length % 2 === 0, 'invlists.sizes', 'pairs, an even length', pairs.length);
  const free = r.size < MULTI_INDEX_BYTES ? MAX_FREE_LISTS : 2 * MAX_FREE_LISTS;
  const limit = Math.max(free, Math.floor(r.size / 16));
  if (nlist > limit) {
    throw new LutraError(
      'CAPACITY',
      `${r.source}: ${nlist} lists of ${r.trail.label} in ${r.size} bytes: wanted at most ${limit}`,
      { what: 'invlists', wanted: nlist, limit },
    );
  }
  for (let j = 0, previous = -1; j < pairs.length; j += 2) {
    const list = pairs[j]!;
    r.value(list > previous && list < nlist, 'invlists.sizes', `rising list numbers below ${nlist}`, list);
    previous = list;
  }
  let at = 0;
  return {
    next: (list) => {
      if (pairs[at] !== list) return 0;
      at += 2;
      return pairs[at - 1]!;
    },
  };
}

/** Writes `ilar`; `full` when more than half of the lists (rounded down) have entries, as faiss does. */
export function writeArrayLists(lists: ArrayListsData, nlist: number, out: ByteSink): void {
  check(lists, nlist, out);
  out.fourcc('ilar');
  out.u64('invlists.nlist', lists.nlist);
  out.u64('invlists.codeSize', lists.codeSize);
  const filled: number[] = [];
  lists.ids.forEach((ids, i) => {
    if (ids.length > 0) filled.push(i);
  });
  const full = filled.length > Math.floor(lists.nlist / 2);
  out.fourcc(full ? 'full' : 'sprs');
  const sizes = full
    ? Float64Array.from(lists.ids, (ids) => ids.length)
    : Float64Array.from(filled.flatMap((i) => [i, lists.ids[i]!.length]));
  out.idVector('invlists.sizes', sizes);
  let byteLength = 0;
  for (const i of filled) byteLength += lists.ids[i]!.length * (lists.codeSize + 8);
  out.append(new LazyPart(byteLength, () => rows(lists, filled)));
}

function* rows(lists: ArrayListsData, filled: readonly number[]): Generator<Uint8Array, void, undefined> {
  for (const i of filled) {
    const ids = lists.ids[i]!;
    yield bytesOf(lists.codes[i]!);
    if (ids.length > 8192) yield* new IdPart(ids).chunks();
    else yield numbersToInt64(ids);
  }
}

function check(lists: ArrayListsData, nlist: number, out: ByteSink): void {
  const judge: Judge = out;
  judge.value(lists.nlist === nlist, 'invlists.nlist', `${nlist}, as the index`, lists.nlist);
  judge.length('invlists.codes', lists.codes.length, nlist);
  judge.length('invlists.ids', lists.ids.length, nlist);
  for (let i = 0; i < nlist; i++) {
    out.ids(`invlists.ids[${i}]`, lists.ids[i]!);
    out.array(`invlists.codes[${i}]`, lists.codes[i]!, 'Uint8Array');
    judge.length(`invlists.codes[${i}]`, lists.codes[i]!.length, lists.ids[i]!.length * lists.codeSize);
  }
}
