import { type IndexData, LutraError, type ProductQuantizerData } from '@lutra/core';

/** Throws `ARGUMENT` unless `data` is of `kind`, which types it. */
export function assertKind<K extends IndexData['kind']>(
  data: IndexData,
  kind: K,
): asserts data is Extract<IndexData, { kind: K }> {
  assertSame('an index of kind', kind, data.kind);
}

/** Throws `ARGUMENT` unless `addId` can be added to all of `ids`. */
export function assertShift(ids: Float64Array, addId: number): void {
  if (addId === 0) return;
  for (const id of ids) {
    if (Number.isSafeInteger(id + addId)) continue;
    throw new LutraError('ARGUMENT', `merge: id ${id} raised by ${addId} is beyond 2^53 - 1`, {
      argument: 'addId',
      value: addId,
    });
  }
}

/** Throws `ARGUMENT` unless the two trainings are the same numbers: vectors encoded under one mean nothing under the other. */
export function assertSameTraining(what: string, mine: ArrayLike<number>, theirs: ArrayLike<number>): void {
  if (mine.length !== theirs.length) {
    throw new LutraError('ARGUMENT', `merge: ${what} have ${theirs.length} numbers, wanted ${mine.length}`, {
      argument: 'other',
    });
  }
  for (let i = 0; i < mine.length; i++) {
    if (!Object.is(mine[i], theirs[i])) {
      throw new LutraError('ARGUMENT', `merge: ${what} differ at ${i}: ${theirs[i]}, wanted ${mine[i]}`, {
        argument: 'other',
      });
    }
  }
}

/** Throws `ARGUMENT` unless `theirs` equals `mine`. */
export function assertSame(what: string, mine: unknown, theirs: unknown): void {
  if (!Object.is(mine, theirs)) {
    throw new LutraError('ARGUMENT', `merge: the other index has ${what} ${theirs}, wanted ${mine}`, {
      argument: 'other',
    });
  }
}

/** Throws `ARGUMENT` unless two product quantizers cut and encode alike. */
export function assertSameQuantizer(mine: ProductQuantizerData, theirs: ProductQuantizerData): void {
  assertSame('M', mine.M, theirs.M);
  assertSame('nbits', mine.nbits, theirs.nbits);
  assertSameTraining('the PQ centroids', mine.centroids, theirs.centroids);
}
