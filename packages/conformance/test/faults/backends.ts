import { type IndexData, LutraError } from '@lutra/core';
import { type Fault, FLAT, IDS, LISTS, override, search } from './faulty.js';

const noRefusals = { refusals: [] };

/** Mistakes in ranges, in saving and loading, and in what a backend says of itself. */
export const BACKEND_FAULTS: readonly Fault[] = [
  {
    name: 'the radius of a range belongs to it',
    kinds: FLAT,
    caughtBy: ['rangeSearch excludes a vector at exactly the radius'],
    index: (right) => ({
      rangeSearch: (x, radius, p) => right.rangeSearch(x, radius * (1 + 2 ** -22), p),
    }),
  },
  {
    name: 'the radius of a range is not squared',
    kinds: FLAT,
    caughtBy: ['rangeSearch gives what is nearer than the radius'],
    index: (right) => ({
      rangeSearch: (x, radius, p) => right.rangeSearch(x, right.metric === 'ip' ? radius : radius ** 2, p),
    }),
  },
  {
    name: 'a range ignores its filter',
    kinds: FLAT,
    caughtBy: ['rangeSearch looks only at what a filter selects'],
    index: (right) => ({
      rangeSearch: (x, radius, { filter: _, ...rest } = {}) => right.rangeSearch(x, radius, rest),
    }),
  },
  {
    name: 'load keeps the arrays that it was given',
    kinds: FLAT,
    caughtBy: ['load copies'],
    index: (right, { data, backend }) =>
      data === undefined
        ? {}
        : {
            search: async (x, k, p) => {
              const now = await backend.load({
                ...data,
                ...({ ntotal: right.ntotal } as object),
              } as IndexData);
              return now.search(x, k, p);
            },
          },
  },
  {
    name: 'toData is that of the first call',
    kinds: LISTS,
    caughtBy: ['toData tells of every change'],
    index: (right) => {
      let first: IndexData | undefined;
      return {
        toData: () => {
          first ??= right.isTrained ? right.toData() : undefined;
          return first ?? right.toData();
        },
      };
    },
  },
  {
    name: 'toData leaves out the ids',
    kinds: IDS,
    caughtBy: ['load gives back what was saved'],
    index: (right) => ({
      toData: () => {
        const data = right.toData();
        return data.kind === 'IdMap' ? { ...data, ids: data.ids.slice().fill(0) } : data;
      },
    }),
  },
  {
    name: 'stored parameters are not in the data',
    kinds: LISTS,
    caughtBy: ['a saved file keeps the parameters that are stored'],
    index: (right) => ({
      toData: () => {
        const data = right.toData();
        return data.kind === 'IvfFlat' ? { ...data, nprobe: 1 } : data;
      },
    }),
  },
  {
    name: 'ntotal counts calls of add',
    kinds: FLAT,
    caughtBy: ['add takes an array, a source', 'add without ids counts on from ntotal'],
    index: (right) => {
      let calls = 0;
      return {
        add: async (x, o) => {
          await right.add(x, o);
          calls++;
        },
        get ntotal() {
          return right.ntotal > 0 && calls > 1 ? calls : right.ntotal;
        },
      };
    },
  },
  {
    name: 'the index says another spec',
    kinds: LISTS,
    caughtBy: ['create gives an empty index of the spec'],
    index: () => ({ spec: { kind: 'Pq', M: 1, nbits: 8, polysemous: true } }),
  },
  {
    name: 'refusals are forgotten',
    kinds: FLAT,
    caughtBy: ['create gives an empty index of the spec', 'load keeps the refusals'],
    index: () => noRefusals,
  },
  {
    name: 'probe throws',
    kinds: FLAT,
    caughtBy: ['probe answers'],
    backend: () => ({
      probe: async () => {
        throw new Error('no such file');
      },
    }),
  },
  {
    name: 'a kind is claimed and never built',
    kinds: LISTS,
    caughtBy: ['builds at least one string of every kind'],
    backend: (right) => ({ supports: { ...right.supports, kinds: [...right.supports.kinds, 'Hnsw'] } }),
  },
  {
    name: 'what is not claimed is not refused',
    kinds: FLAT,
    caughtBy: ['refuses kinds and metrics that it does not claim'],
    backend: () => ({ refuses: () => undefined }),
  },
  {
    name: 'what is refused is an error of another code',
    kinds: FLAT,
    caughtBy: ['refused, so create says UNSUPPORTED'],
    backend: (right) => ({
      create: async (spec, context) => {
        if (right.refuses(spec, context))
          throw new LutraError('SYNTAX', 'no', { input: '', index: 0, expected: [] });
        return right.create(spec, context);
      },
    }),
  },
  {
    name: 'filters are not claimed, and ignored',
    kinds: FLAT,
    caughtBy: ['filter is not claimed: UNSUPPORTED'],
    backend: (right) => ({
      supports: { ...right.supports, filter: false },
      create: async (spec, context) => {
        const index = await right.create(spec, context);
        return override(index, search(index, { before: ({ filter: _, ...rest }) => rest }));
      },
    }),
  },
  {
    name: 'seeds are not claimed, and ignored',
    kinds: LISTS,
    caughtBy: ['seed is not claimed: UNSUPPORTED'],
    backend: (right) => ({ supports: { ...right.supports, seed: false } }),
  },
  {
    name: 'results are worse than their training should make them',
    kinds: ['Pq'],
    caughtBy: ['search reaches the recall that its own training should'],
    index: (right) => ({
      train: (x, o) => right.train(x instanceof Float32Array ? x.map((v) => v / 50) : x, o),
    }),
  },
];
