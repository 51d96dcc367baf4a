import type { OnDiskListsData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';

/**
 * `ilod` (OnDiskInvertedLists), after its fourcc: nlist, code size, where each list is in the second file, what of that
 * is free, its name and its size.
 */
export function* readOnDiskLists(r: ByteReader, nlist: number): Reading<OnDiskListsData> {
  const found = yield* r.u64('invlists.nlist');
  r.value(found === nlist, 'invlists.nlist', `${nlist}, as the index`, found);
  const data: OnDiskListsData = {
    kind: 'onDisk',
    nlist,
    codeSize: yield* r.u64('invlists.codeSize'),
    places: yield* r.idVector('invlists.places', { width: 3 }),
    slots: yield* r.idVector('invlists.slots', { width: 2 }),
    fileName: yield* r.byteVector('invlists.fileName'),
    totalSize: yield* r.u64('invlists.totalSize'),
  };
  check(data, nlist, r);
  return data;
}

/** Writes `ilod`. */
export function writeOnDiskLists(lists: OnDiskListsData, nlist: number, out: ByteSink): void {
  check(lists, nlist, out);
  out.fourcc('ilod');
  out.u64('invlists.nlist', lists.nlist);
  out.u64('invlists.codeSize', lists.codeSize);
  out.idVector('invlists.places', lists.places, 3);
  out.idVector('invlists.slots', lists.slots, 2);
  out.byteVector('invlists.fileName', lists.fileName);
  out.u64('invlists.totalSize', lists.totalSize);
}

function check(lists: OnDiskListsData, nlist: number, judge: Judge): void {
  judge.value(lists.nlist === nlist, 'invlists.nlist', `${nlist}, as the index`, lists.nlist);
  judge.length('invlists.places', lists.places.length, 3 * nlist);
  for (let i = 0; i < lists.places.length; i += 3) {
    const size = lists.places[i]!;
    const capacity = lists.places[i + 1]!;
    const ok = size >= 0 && size <= capacity;
    judge.value(ok, `invlists.places`, `a list of 0 to ${capacity} entries`, size);
  }
}
