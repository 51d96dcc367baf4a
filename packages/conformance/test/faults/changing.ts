import { isRowSource, LutraError, type VectorIndex } from '@lutra/core';
import { type Fault, FLAT, IDS, innerOf, LISTS, mapped } from './faulty.js';

async function gathered(x: Parameters<VectorIndex['add']>[0]): Promise<Float32Array[]> {
  if (x instanceof Float32Array) return [x];
  const blocks: Float32Array[] = [];
  for await (const block of isRowSource(x) ? x.blocks() : x) blocks.push(block);
  return blocks;
}

function joined(blocks: readonly Float32Array[]): Float32Array {
  return Float32Array.from(blocks.flatMap((block) => [...block]));
}

/** What a clock or a shared generator would be. */
let drawn = 0;

/** Mistakes in calls that change an index. */
export const CHANGE_FAULTS: readonly Fault[] = [
  {
    name: 'add ignores the ids of the caller',
    kinds: IDS,
    caughtBy: ['add keeps the ids of the caller', 'filter with ids of the caller'],
    index: (right) => ({ add: (x, { ids: _, ...rest } = {}) => right.add(x, rest) }),
  },
  {
    name: 'add keeps the array of the caller',
    kinds: FLAT,
    caughtBy: ['add keeps no view of the rows'],
    index: (right) => {
      let kept: Float32Array | undefined;
      return {
        add: async (x, o) => {
          await right.add(x, o);
          kept = x instanceof Float32Array ? x : undefined;
        },
        search: async (x, k, p) => {
          if (kept?.every(Number.isFinite) && right.ntotal * right.d === kept.length) {
            right.reset();
            await right.add(kept);
          }
          return right.search(x, k, p);
        },
      };
    },
  },
  {
    name: 'add scales the rows in place',
    kinds: FLAT,
    caughtBy: ['add keeps no view of the rows, and does not change them'],
    index: (right) => ({
      add: async (x, o) => {
        await right.add(x, o);
        if (x instanceof Float32Array && x.length > 0) x[0] = x[0]! + 1;
      },
    }),
  },
  {
    name: 'blocks of a source are kept without a copy',
    kinds: FLAT,
    caughtBy: ['add takes an array, a source, a stream and small batches alike'],
    index: (right) => ({
      add: async (x, o) =>
        right.add(isRowSource(x) && x.shape[1] === right.d ? joined(await gathered(x)) : x, o),
    }),
  },
  {
    name: 'a stream is added when it has ended',
    kinds: FLAT,
    caughtBy: ['while a change is under way', 'a block that cannot be added ends the add'],
    index: (right) => ({
      add: async (x, o) =>
        x instanceof Float32Array || isRowSource(x)
          ? right.add(x, o)
          : right.add(joined(await gathered(x)), o),
    }),
  },
  {
    name: 'NaN is stored',
    kinds: FLAT,
    caughtBy: ['NaN and infinities are an ARGUMENT error'],
    index: (right) => ({
      add: (x, o) => right.add(x instanceof Float32Array ? x.map((v) => (Number.isNaN(v) ? 0 : v)) : x, o),
    }),
  },
  {
    name: 'the seed is ignored',
    kinds: LISTS,
    caughtBy: ['another seed gives another index'],
    index: (right) => ({ train: (x, { seed: _, ...rest } = {}) => right.train(x, rest) }),
  },
  {
    name: 'training draws other numbers each time',
    kinds: LISTS,
    caughtBy: ['the same rows and seed give the same index', 'the same rows and seed give the same bytes'],
    index: (right) => ({
      train: (x, { seed: _, ...rest } = {}) => right.train(x, { ...rest, seed: ++drawn }),
    }),
  },
  {
    name: 'training goes on from what was learned before',
    kinds: LISTS,
    caughtBy: ['train again replaces what was learned'],
    index: (right) => ({
      train: async (x, o) => {
        if (!right.isTrained) await right.train(x, o);
      },
    }),
  },
  {
    name: 'training with vectors stored throws them away',
    kinds: LISTS,
    caughtBy: ['train while vectors are stored is a STATE error'],
    index: (right) => ({
      train: async (x, o) => {
        right.reset();
        await right.train(x, o);
      },
    }),
  },
  {
    name: 'signals are ignored',
    kinds: LISTS,
    caughtBy: ['a signal that has fired ends search', 'a signal that fires during add'],
    index: (right) => ({
      train: (x, { signal: _, ...rest } = {}) => right.train(x, rest),
      add: (x, { signal: _, ...rest } = {}) => right.add(x, rest),
      search: (x, k, { signal: _, ...rest } = {}) => right.search(x, k, rest),
    }),
  },
  {
    name: 'progress is never told',
    kinds: LISTS,
    caughtBy: ['add tells its progress', 'train tells its progress'],
    index: (right) => ({
      train: (x, { onProgress: _, ...rest } = {}) => right.train(x, rest),
      add: (x, { onProgress: _, ...rest } = {}) => right.add(x, rest),
    }),
  },
  {
    name: 'removed ids are not renumbered in an index that counts from 0',
    kinds: FLAT,
    caughtBy: ['removeIds by range', 'removeIds by list'],
    index: (right) => {
      let old: number[] | undefined;
      return {
        removeIds: async (selector) => {
          const before = await right.reconstruct(Array.from({ length: right.ntotal }, (_, i) => i));
          const count = await right.removeIds(selector);
          const after = await right.reconstruct(Array.from({ length: right.ntotal }, (_, i) => i));
          old = [];
          for (let i = 0, j = 0; j < right.ntotal; i++) {
            if (before[i * right.d] !== after[j * right.d]) continue;
            old.push(i);
            j++;
          }
          return count;
        },
        search: async (x, k, p) => mapped(await right.search(x, k, p), (label) => old?.[label] ?? label),
      };
    },
  },
  {
    name: 'removeIds counts what was asked for, not what was there',
    kinds: FLAT,
    caughtBy: ['removeIds by list'],
    index: (right) => ({
      removeIds: async (selector) => {
        const count = await right.removeIds(selector);
        return selector.kind === 'list' ? selector.ids.length : count;
      },
    }),
  },
  {
    name: 'removeIds counts and removes nothing',
    kinds: LISTS,
    caughtBy: ['removeIds by range', 'removeIds of everything'],
    index: (right) => ({
      removeIds: async (selector) => {
        if (selector.kind !== 'range') return right.removeIds(selector);
        return Math.max(0, Math.min(selector.max, right.ntotal) - selector.min);
      },
    }),
  },
  {
    name: 'reconstruct of an id that is not stored gives zeros',
    kinds: FLAT,
    caughtBy: ['reconstruct of an id that is not stored is an ARGUMENT error'],
    index: (right) => ({
      reconstruct: async (ids) => right.reconstruct(ids).catch(() => new Float32Array(ids.length * right.d)),
    }),
  },
  {
    name: 'reconstruct gives vectors in the order of the store',
    kinds: FLAT,
    caughtBy: ['reconstruct gives (ids, d) float32, in the order of the ids'],
    index: (right) => ({ reconstruct: (ids) => right.reconstruct(Array.from(ids).sort((a, b) => a - b)) }),
  },
  {
    name: 'mergeFrom copies, and the other index keeps its vectors',
    kinds: LISTS,
    caughtBy: ['mergeFrom moves all vectors'],
    index: (right, { backend }) => ({
      mergeFrom: async (other, options) => {
        const own = innerOf(other);
        if (own === right || own.d !== right.d) return right.mergeFrom(own, options);
        await right.mergeFrom(await backend.load(own.toData()), options);
      },
    }),
  },
  {
    name: 'mergeFrom does not ask how the other was trained',
    kinds: LISTS,
    caughtBy: ['mergeFrom refuses an index of another dimension (SHAPE), trained otherwise, or itself'],
    index: (right) => ({
      mergeFrom: (other, options) =>
        right.mergeFrom(innerOf(other), options).catch((e: Error) => {
          if (!/centroid|differ|trained/.test(e.message)) throw e;
        }),
    }),
  },
  {
    name: 'reset keeps the vectors',
    kinds: LISTS,
    caughtBy: ['reset forgets the vectors'],
    index: () => ({ reset: () => {} }),
  },
  {
    name: 'dispose twice is an error',
    kinds: FLAT,
    caughtBy: ['dispose may be called twice'],
    index: (right) => {
      let disposed = false;
      return {
        dispose: () => {
          if (disposed) throw new LutraError('STATE', 'disposed already', {});
          disposed = true;
          right.dispose();
        },
      };
    },
  },
  {
    name: 'dispose frees nothing',
    kinds: FLAT,
    caughtBy: ['dispose may be called twice; after it every call is a STATE error'],
    index: () => ({ dispose: () => {} }),
  },
];
