import { LutraError } from '@lutra/core';

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
