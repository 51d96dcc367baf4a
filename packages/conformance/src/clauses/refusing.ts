import type { Clause } from '../clause.js';
import { must, rejects } from '../failure.js';
import { K } from '../subject.js';

export const refusing: readonly Clause[] = [
  {
    promise: 'rows that are not whole are a SHAPE error',
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const x = s.base();
      await rejects('search', 'SHAPE', () => index.search(x.subarray(0, s.d + 1), 1));
      if (s.has('searchSync'))
        await rejects('searchSync', 'SHAPE', () => index.searchSync!(x.subarray(0, 5), 1));
      await rejects('add', 'SHAPE', () => index.add(x.subarray(0, s.d - 1)));
      const other = { shape: [4, s.d + 1] as const, blocks: async function* () {} };
      await rejects('add of a source of another dimension', 'SHAPE', () => index.add(other));
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}`);
      const empty = await s.create();
      await rejects('train', 'SHAPE', () => empty.train(x.subarray(0, s.d * 300 + 1)));
    },
  },
  {
    promise: 'NaN and infinities are an ARGUMENT error in queries, in training and in what is added',
    check: async (s) => {
      const index = await s.filled();
      const untrained = await s.create();
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const x = s.base();
        x[7 * s.d + 2] = value;
        await rejects(`search with ${value}`, 'ARGUMENT', () => index.search(x, 1));
        if (s.has('searchSync'))
          await rejects(`searchSync with ${value}`, 'ARGUMENT', () => index.searchSync!(x, 1));
        await rejects(`add with ${value}`, 'ARGUMENT', () => index.add(x));
        await rejects(`train with ${value}`, 'ARGUMENT', () => untrained.train(x));
      }
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}, was ${s.n}`);
    },
  },
  {
    promise: 'k that is no whole number of at least 1 is an ARGUMENT error',
    once: true,
    check: async (s) => {
      const index = await s.shared();
      for (const k of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', undefined] as number[]) {
        await rejects(`search with k ${k}`, 'ARGUMENT', () => index.search(s.queries(), k));
        if (s.has('searchSync')) {
          await rejects(`searchSync with k ${k}`, 'ARGUMENT', () => index.searchSync!(s.queries(), k));
        }
      }
    },
  },
  {
    promise: 'k that no table can hold is refused by a LutraError',
    once: true,
    check: async (s) => {
      const index = await s.shared();
      await rejects('search with k 2^40', ['CAPACITY', 'ARGUMENT'], () => index.search(s.queries(), 2 ** 40));
    },
  },
  {
    promise: 'what is no array of float32 is an ARGUMENT error',
    once: true,
    check: async (s) => {
      const index = await s.filled();
      for (const [name, x] of [
        ['a plain array', [1, 2]],
        ['undefined', undefined],
        ['float64', new Float64Array(s.d)],
        ['a string', 'x'],
      ] as [string, never][]) {
        await rejects(`search of ${name}`, 'ARGUMENT', () => index.search(x, K));
        await rejects(`add of ${name}`, 'ARGUMENT', () => index.add(x));
      }
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}`);
    },
  },
];
