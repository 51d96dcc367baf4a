import { type InvertedListsData, LutraError } from '@lutra/core';

/** Lists that an IVF may have; each is an object, with or without vectors. */
const MAX_LISTS = 2 ** 21;

/** Throws `CAPACITY` for more lists than are kept. */
export function assertListCount(nlist: number): void {
  if (nlist <= MAX_LISTS) return;
  throw new LutraError('CAPACITY', `create: ${nlist} lists, at most ${MAX_LISTS}`, {
    wanted: nlist,
    limit: MAX_LISTS,
  });
}

/**
 * faiss counts a vector of NaN that it stores in no list.
 * @throws LutraError `FORMAT` when the lists hold more than the index says
 */
export function assertListsHold(
  ntotal: number,
  lists: Exclude<InvertedListsData, { kind: 'missing' }>,
): void {
  let held = 0;
  if (lists.kind === 'onDisk') for (let i = 0; i < lists.places.length; i += 3) held += lists.places[i]!;
  else for (const ids of lists.ids) held += ids.length;
  if (held <= ntotal) return;
  throw new LutraError('FORMAT', `load: the inverted lists hold ${held} vectors, the index says ${ntotal}`, {
    format: 'faiss',
    field: 'ntotal',
  });
}

/** The error for lists of a kind that the index does not have. */
export function wrongLists(data: {
  readonly kind: string;
  readonly invlists: InvertedListsData;
}): LutraError {
  const message = `${data.kind}: inverted lists of kind ${data.invlists.kind} do not fit`;
  return new LutraError('FORMAT', message, { format: 'faiss', field: 'invlists' });
}
