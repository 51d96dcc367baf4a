import type { DirectMapData, InvertedListsData } from '@lutra/core';
import { hasEntries } from './served.js';

const LIST = 2 ** 32;

/**
 * Where each of the positions 0 to `ntotal` - 1 is in the lists, as `list · 2^32 + offset`; -1 for one that is in none.
 * The ids of the lists are positions.
 */
export function placesOf(lists: InvertedListsData, ntotal: number): Float64Array {
  const places = new Float64Array(ntotal).fill(-1);
  if (!hasEntries(lists)) return places;
  lists.ids.forEach((ids, list) => {
    for (let offset = 0; offset < ids.length; offset++) places[ids[offset]!] = list * LIST + offset;
  });
  return places;
}

/** The two halves of a place. */
export function splitPlace(place: number): { list: number; offset: number } {
  return { list: Math.floor(place / LIST), offset: place % LIST };
}

/**
 * faiss's direct map of the wanted kind over lists with the caller's ids. An array has a place for the ids 0 to
 * `ntotal` - 1 alone: where others came in, it turns into pairs.
 */
export function directMapOf(
  lists: InvertedListsData,
  ntotal: number,
  kind: DirectMapData['kind'],
): DirectMapData {
  if (kind === 'none' || !hasEntries(lists)) return { kind: 'none' };
  const places = new BigInt64Array(kind === 'array' ? ntotal : 0).fill(-1n);
  const pairs = new BigInt64Array(2 * ntotal);
  let at = 0;
  let fits = kind === 'array';
  lists.ids.forEach((ids, list) => {
    for (let offset = 0; offset < ids.length; offset++) {
      const id = ids[offset]!;
      const place = (BigInt(list) << 32n) | BigInt(offset);
      pairs[at++] = BigInt(id);
      pairs[at++] = place;
      if (fits && id >= 0 && id < ntotal && places[id] === -1n) places[id] = place;
      else fits = false;
    }
  });
  return fits ? { kind: 'array', places } : { kind: 'hash', pairs };
}
