import { FLT_MAX, type IdSelector, LutraError, type SearchParameters } from '@lutra/core';
import { type Fault, FLAT, LISTS, mapped, REFINED, search } from './faulty.js';

const without =
  (...names: (keyof SearchParameters)[]) =>
  (p: SearchParameters): SearchParameters =>
    Object.fromEntries(Object.entries(p).filter(([name]) => !names.includes(name as keyof SearchParameters)));

/** Mistakes in what a search gives. */
export const SEARCH_FAULTS: readonly Fault[] = [
  {
    name: 'labels are one too high',
    kinds: FLAT,
    caughtBy: ['search finds a stored vector by itself', 'search with everything visited is exact'],
    index: (right) =>
      search(right, { after: (found) => mapped(found, (label) => (label < 0 ? -1 : label + 1)) }),
  },
  {
    name: 'l2 distances are not squared',
    kinds: FLAT,
    caughtBy: ['distances estimate the metric', 'search with everything visited is exact'],
    index: (right) =>
      search(right, {
        after: (found) =>
          right.metric === 'ip'
            ? found
            : mapped(
                found,
                (v) => v,
                (v) => (v === FLT_MAX ? v : Math.sqrt(v)),
              ),
      }),
  },
  {
    name: 'inner products are turned into distances, and ascend',
    kinds: FLAT,
    caughtBy: ['search gives the best first'],
    index: (right) =>
      search(right, {
        after: (found) =>
          right.metric === 'ip'
            ? mapped(
                found,
                (v) => v,
                (v) => (v === -FLT_MAX ? v : 1 - v),
              )
            : found,
      }),
  },
  {
    name: 'results are not sorted',
    kinds: FLAT,
    caughtBy: ['search gives the best first'],
    index: (right) =>
      search(right, {
        after: (found) => {
          if (found.k < 3 || found.labels[2] === -1) return found;
          found.distances.subarray(0, 3).reverse();
          found.labels.subarray(0, 3).reverse();
          return found;
        },
      }),
  },
  {
    name: 'the same vector is found twice',
    kinds: FLAT,
    caughtBy: ['search gives the best first, each label once'],
    index: (right) =>
      search(right, {
        after: (found) => {
          if (found.k > 1) found.labels[1] = found.labels[0]!;
          return found;
        },
      }),
  },
  {
    name: 'missing results have distance infinity',
    kinds: FLAT,
    caughtBy: ['k beyond ntotal pads', 'search on an empty index'],
    index: (right) =>
      search(right, {
        after: (found) =>
          mapped(
            found,
            (v) => v,
            (v) => (Math.abs(v) === FLT_MAX ? Number.POSITIVE_INFINITY : v),
          ),
      }),
  },
  {
    name: 'missing results of ip have FLT_MAX as those of l2',
    kinds: FLAT,
    caughtBy: ['k beyond ntotal pads'],
    index: (right) =>
      search(right, {
        after: (found) =>
          mapped(
            found,
            (v) => v,
            (v) => (v === -FLT_MAX ? FLT_MAX : v),
          ),
      }),
  },
  {
    name: 'missing results have label 0',
    kinds: FLAT,
    caughtBy: ['k beyond ntotal pads', 'search on an empty index'],
    index: (right) => search(right, { after: (found) => mapped(found, (label) => Math.max(0, label)) }),
  },
  {
    name: 'k beyond ntotal is an error',
    kinds: FLAT,
    caughtBy: ['k beyond ntotal pads'],
    index: (right) => ({
      search: async (x, k, p) => {
        if (k > right.ntotal) throw new LutraError('ARGUMENT', `k ${k} of ${right.ntotal}`, {});
        return right.search(x, k, p);
      },
    }),
  },
  {
    name: 'k beyond ntotal gives fewer columns',
    kinds: FLAT,
    caughtBy: ['k beyond ntotal pads'],
    index: (right) => ({
      search: (x, k, p) => right.search(x, Math.max(1, Math.min(k, right.ntotal)), p),
    }),
  },
  {
    name: 'labels come in an Int32Array',
    kinds: FLAT,
    caughtBy: ['search gives (nq, k) distances in a Float32Array'],
    index: (right) =>
      search(right, { after: (found) => ({ ...found, labels: Int32Array.from(found.labels) as never }) }),
  },
  {
    name: 'one buffer serves the results of all searches',
    kinds: FLAT,
    caughtBy: ['results belong to the caller'],
    index: (right) => {
      let kept = new Float32Array(0);
      return search(right, {
        after: (found) => {
          if (kept.length !== found.distances.length) kept = new Float32Array(found.distances.length);
          kept.set(found.distances);
          return { ...found, distances: kept };
        },
      });
    },
  },
  {
    name: 'queries are normalised in place',
    kinds: FLAT,
    caughtBy: ['search does not change the queries'],
    index: (right) => ({
      search: async (x, k, p) => {
        const found = await right.search(x, k, p);
        if (x.length > 0) x[0] = x[0]! / 2;
        return found;
      },
    }),
  },
  {
    name: 'nprobe is ignored',
    kinds: LISTS,
    caughtBy: ['nprobe visits that many lists', 'nprobe of nlist is an exact search'],
    index: (right) => search(right, { before: without('nprobe') }),
  },
  {
    name: 'nprobe beyond nlist is an error',
    kinds: LISTS,
    caughtBy: ['nprobe beyond nlist means all lists'],
    index: (right) => ({
      search: async (x, k, p) => {
        if ((p?.nprobe ?? 1) > 8) throw new LutraError('ARGUMENT', 'nprobe beyond nlist', {});
        return right.search(x, k, p);
      },
    }),
  },
  {
    name: 'kFactor is ignored',
    kinds: REFINED,
    caughtBy: ['kFactor re-ranks that many candidates', 'setParameters stores what later calls use'],
    index: (right) => search(right, { before: without('kFactor') }),
  },
  {
    name: 'a parameter that the index does not have is ignored',
    kinds: FLAT,
    caughtBy: ['a parameter that the index does not have is an ARGUMENT error'],
    index: (right) =>
      search(right, {
        before: ({ filter, threads, signal }) => ({
          ...(filter && { filter }),
          ...(threads !== undefined && { threads }),
          ...(signal && { signal }),
        }),
      }),
  },
  {
    name: 'the nprobe of a call stays for the next one',
    kinds: LISTS,
    caughtBy: ['parameters belong to one call'],
    index: (right) => ({
      search: async (x, k, p) => {
        if (p?.nprobe) right.setParameters({ nprobe: p.nprobe });
        return right.search(x, k, p);
      },
    }),
  },
  {
    name: 'searches that overlap share their parameters',
    kinds: LISTS,
    caughtBy: ['searches with different parameters may overlap'],
    index: (right) => {
      let current: SearchParameters = {};
      return {
        search: async (x, k, p = {}) => {
          current = p;
          await Promise.resolve();
          return right.search(x, k, current);
        },
      };
    },
  },
  {
    name: 'setParameters does nothing',
    kinds: LISTS,
    caughtBy: ['setParameters stores what later calls use'],
    index: () => ({ setParameters: () => {} }),
  },
  {
    name: 'a filter is ignored',
    kinds: FLAT,
    caughtBy: ['filter by range', 'filter by predicate', 'filter that selects nothing'],
    index: (right) => search(right, { before: without('filter') }),
  },
  {
    name: 'a filter is applied to the k best',
    kinds: FLAT,
    caughtBy: ['filter by range', 'filter by list'],
    index: (right) => ({
      search: async (x, k, p = {}) => {
        const found = await right.search(x, k, without('filter')(p));
        if (p.filter?.kind !== 'range' && p.filter?.kind !== 'list') return right.search(x, k, p);
        const kept = await right.search(x, right.ntotal, p);
        const allowed = new Set(kept.labels);
        return mapped(
          found,
          (label) => (allowed.has(label) ? label : -1),
          (v, at) => (allowed.has(found.labels[at]!) ? v : right.metric === 'ip' ? -FLT_MAX : FLT_MAX),
        );
      },
    }),
  },
  {
    name: 'a bitmap is read from the highest bit',
    kinds: FLAT,
    caughtBy: ['filter by bitmap'],
    index: (right) =>
      search(right, { before: (p) => (p.filter ? { ...p, filter: reversedBits(p.filter) } : p) }),
  },
  {
    name: 'searchSync ignores its parameters',
    kinds: LISTS,
    caughtBy: ['searchSync answers as search does'],
    index: (right) => ({ searchSync: (x, k) => right.searchSync!(x, k) }),
  },
  {
    name: 'NaN in a query counts as 0',
    kinds: FLAT,
    caughtBy: ['NaN and infinities are an ARGUMENT error'],
    index: (right) => ({
      search: (x, k, p) =>
        right.search(x instanceof Float32Array ? x.map((v) => (Number.isNaN(v) ? 0 : v)) : x, k, p),
    }),
  },
  {
    name: 'half a row at the end is dropped',
    kinds: FLAT,
    caughtBy: ['rows that are not whole are a SHAPE error'],
    index: (right) => ({
      search: (x, k, p) =>
        right.search(x instanceof Float32Array ? x.subarray(0, x.length - (x.length % right.d)) : x, k, p),
    }),
  },
  {
    name: 'errors are RangeErrors',
    kinds: FLAT,
    caughtBy: ['k that is no whole number', 'rows that are not whole'],
    index: (right) => ({
      search: async (x, k, p) => {
        try {
          return await right.search(x, k, p);
        } catch (e) {
          throw new RangeError((e as Error).message);
        }
      },
    }),
  },
  {
    name: 'every error has the code BACKEND',
    kinds: FLAT,
    caughtBy: ['k that is no whole number', 'dispose may be called twice'],
    index: (right) => ({
      search: (x, k, p) =>
        right.search(x, k, p).catch((e: Error) => {
          throw new LutraError('BACKEND', e.message, { backend: 'ts' });
        }),
    }),
  },
];

function reversedBits(selector: IdSelector): IdSelector {
  if (selector.kind !== 'bitmap') return selector;
  const reverse = (byte: number): number =>
    Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2);
  return { kind: 'bitmap', bits: selector.bits.map(reverse) };
}
