import { type InvertedListsData, LutraError } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Reading } from '../bytes/reading.js';
import { describeFourcc, KNOWN_FOURCCS } from '../known-fourccs.js';
import { readArrayLists, writeArrayLists } from './array-lists.js';
import { readBlockLists, writeBlockLists } from './block-lists.js';

/**
 * Reads the inverted lists of an IVF of `nlist` lists: `ilar`, `ilbl`, or `il00` for none.
 * @throws LutraError `UNSUPPORTED` for other lists that faiss knows
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
    default:
      if (KNOWN_FOURCCS.get(fourcc)?.group !== 'lists') {
        return r.fail('invlists', at, 'inverted lists (ilar, ilbl, il00)', `"${fourcc}"`);
      }
      throw new LutraError(
        'UNSUPPORTED',
        `${r.source}: ${describeFourcc(fourcc)} at offset ${at}: not read by @lutra/faiss-format`,
        { feature: fourcc, by: '@lutra/faiss-format' },
      );
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
    case 'missing':
      out.fourcc('il00');
      break;
    default:
      out.value(false, 'invlists', 'array, block or missing', (lists as { kind: unknown }).kind);
  }
}
