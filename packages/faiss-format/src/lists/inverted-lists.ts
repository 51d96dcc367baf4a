import type { InvertedListsData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Reading } from '../bytes/reading.js';
import { readArrayLists, writeArrayLists } from './array-lists.js';
import { readBlockLists, writeBlockLists } from './block-lists.js';
import { readOnDiskLists, writeOnDiskLists } from './on-disk-lists.js';
import { readPanoramaLists, writePanoramaLists } from './panorama-lists.js';

/**
 * Reads the inverted lists of an IVF of `nlist` lists: `ilar`, `ilbl`, `ilp2`, `ilod`, or `il00` for none.
 */
export function* readInvertedLists(r: ByteReader, nlist: number): Reading<InvertedListsData> {
  const at = r.offset;
  const fourcc = yield* r.fourcc('invlists');
  switch (fourcc) {
    case 'ilar':
      return yield* readArrayLists(r, nlist);
    case 'ilbl':
      return yield* readBlockLists(r, nlist);
    case 'il00':
      return { kind: 'missing' };
    case 'ilp2':
    case 'ilpn':
      return yield* readPanoramaLists(r, fourcc, nlist);
    case 'ilod':
      return yield* readOnDiskLists(r, nlist);
    default:
      return r.fail('invlists', at, 'inverted lists (ilar, ilbl, ilp2, ilod, il00)', `"${fourcc}"`);
  }
}

/** Writes the inverted lists of an IVF of `nlist` lists. */
export function writeInvertedLists(lists: InvertedListsData, nlist: number, out: ByteSink): void {
  switch (lists.kind) {
    case 'array':
      writeArrayLists(lists, nlist, out);
      break;
    case 'block':
      writeBlockLists(lists, nlist, out);
      break;
    case 'panorama':
      writePanoramaLists(lists, nlist, out);
      break;
    case 'onDisk':
      writeOnDiskLists(lists, nlist, out);
      break;
    case 'missing':
      out.fourcc('il00');
      break;
    default:
      out.value(
        false,
        'invlists',
        'array, block, panorama, onDisk or missing',
        (lists as { kind: unknown }).kind,
      );
  }
}
