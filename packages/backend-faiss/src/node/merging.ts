import { LutraError, type VectorIndex } from '@lutra/core';
import type { Dress } from '../data/bare.js';

/** Throws unless `other` is another index over as many dimensions. */
export function assertOther(mine: VectorIndex, other: VectorIndex): void {
  if (other === mine) {
    throw new LutraError('ARGUMENT', 'mergeFrom: an index cannot be merged into itself', {
      argument: 'other',
    });
  }
  if (other.d === mine.d) return;
  const message = `mergeFrom: the other index has ${other.d} dimensions, this one ${mine.d}`;
  const [expected, actual] = [`${mine.d}`, `${other.d}`];
  throw new LutraError('SHAPE', message, { argument: 'other', expected, actual });
}

/** Throws unless both or neither have an id map in front. */
export function assertSameDress(mine: Dress, theirs: Dress): void {
  if (theirs.idMap === mine.idMap) return;
  const [wanted, found] = [mine.idMap ?? 'no IdMap', theirs.idMap ?? 'none'];
  throw new LutraError('ARGUMENT', `merge: the other index has ${found} in front, wanted ${wanted}`, {
    argument: 'other',
  });
}

/** The ids that come over in a merge. @throws LutraError `ARGUMENT` for one that leaves the safe integers */
export function movedIds(ids: Float64Array | undefined, n: number, addId: number): Float64Array {
  const moved = Float64Array.from({ length: n }, (_, i) => (ids ? ids[i]! : i) + addId);
  const bad = moved.find((id) => !Number.isSafeInteger(id));
  if (bad === undefined) return moved;
  throw new LutraError('ARGUMENT', `merge: an id raised by ${addId} is ${bad}, beyond 2^53 - 1`, {
    argument: 'addId',
    value: addId,
  });
}
