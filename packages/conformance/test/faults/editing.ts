import type { VectorIndex } from '@lutra/core';
import { type Fault, IDS, innerOf } from './faulty.js';

/** The first answer of `reconstruct` for each id, for ever. */
function remembering(right: VectorIndex): Pick<VectorIndex, 'reconstruct'> {
  const rows = new Map<number, Float32Array>();
  return {
    reconstruct: async (ids) => {
      const out = new Float32Array(ids.length * right.d);
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i]!;
        if (!rows.has(id)) rows.set(id, await right.reconstruct([id]));
        out.set(rows.get(id)!, i * right.d);
      }
      return out;
    },
  };
}

/** Mistakes that show when one call follows another. */
export const EDIT_FAULTS: readonly Fault[] = [
  {
    name: 'reconstruct answers from before a removal',
    kinds: IDS,
    caughtBy: [
      'editing: after a removal reconstruct gives what is left',
      'editing: other vectors under ids that were removed',
    ],
    index: remembering,
  },
  {
    name: 'vectors found are reconstructed by their rank',
    kinds: IDS,
    caughtBy: ['editing: what a filtered search finds is reconstructed'],
    index: (right) => ({
      reconstruct: async (ids) => {
        const sorted = Float64Array.from(ids as ArrayLike<number>).sort();
        return right.reconstruct(ids.length > 1 && new Set(sorted).size === ids.length ? sorted : ids);
      },
    }),
  },
  {
    name: 'an id that is used again keeps its first place in searches',
    kinds: IDS,
    caughtBy: ['editing: other vectors under ids that were removed'],
    index: (right) => {
      const removed = new Map<number, Float32Array>();
      return {
        removeIds: async (selector) => {
          if (selector.kind === 'list') {
            for (let i = 0; i < selector.ids.length; i++) {
              const id = selector.ids[i]!;
              removed.set(id, await right.reconstruct([id]).catch(() => new Float32Array(0)));
            }
          }
          return right.removeIds(selector);
        },
        add: async (x, options = {}) => {
          const { ids } = options;
          if (!(x instanceof Float32Array) || !ids || !removed.has(ids[0]!)) return right.add(x, options);
          const rows = Array.from(
            ids,
            (id, i) => removed.get(id) ?? x.subarray(i * right.d, (i + 1) * right.d),
          );
          return right.add(Float32Array.from(rows.flatMap((row) => [...row])), options);
        },
      };
    },
  },
  {
    name: 'a loaded index is the one that its data came from',
    kinds: IDS,
    caughtBy: ['editing: a copy that keeps a subset'],
    backend: (right) => {
      const sources = new WeakMap<object, VectorIndex>();
      const watched = (index: VectorIndex): VectorIndex =>
        new Proxy(innerOf(index), {
          get(target, name) {
            if (name === 'toData') {
              return () => {
                const data = target.toData();
                sources.set(data, target);
                return data;
              };
            }
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        });
      return {
        create: async (spec, context) => watched(await right.create(spec, context)),
        load: async (data, context) => sources.get(data) ?? watched(await right.load(data, context)),
      };
    },
  },
];
