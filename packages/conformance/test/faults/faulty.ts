import { ts } from '@lutra/backend-ts';
import {
  type Backend,
  type FactorySpec,
  type IndexData,
  LutraError,
  type SearchParameters,
  type SearchResult,
  type VectorIndex,
} from '@lutra/core';
import { formatFactory, specFromData, specKinds } from '@lutra/factory';

/** A mistake that an author of a backend could make, planted into one that makes none. */
export interface Fault {
  readonly name: string;
  /** Kinds that the backend claims: as few as the mistake needs. */
  readonly kinds: readonly string[];
  /** Promises, each of which must be found broken. */
  readonly caughtBy: readonly string[];
  /** Calls of an index that go wrong. */
  readonly index?: (right: VectorIndex, made: Made) => Partial<VectorIndex>;
  /** Calls of the backend that go wrong. */
  readonly backend?: (right: Backend) => Partial<Backend>;
}

/** How an index came to be. */
export interface Made {
  readonly data?: IndexData;
  readonly backend: Backend;
}

export const FLAT: readonly string[] = ['Flat'];
export const LISTS: readonly string[] = ['Flat', 'Ivf'];
export const IDS: readonly string[] = ['Flat', 'IdMap'];
export const REFINED: readonly string[] = ['Flat', 'Ivf', 'Pq', 'RefineFlat'];

/** The engine, with no more kinds than these, and without these strings of them. */
export function limited(
  kinds: readonly string[],
  right: Backend = ts({ level: 'simd128' }),
  without: readonly string[] = [],
): Backend {
  const refusal = (spec: FactorySpec): string | undefined => {
    if (without.length > 0 && without.includes(formatFactory(spec)))
      return `${formatFactory(spec)} is not run`;
    const strange = specKinds(spec).filter((kind) => !kinds.includes(kind));
    return strange.length === 0 ? undefined : `${strange} is not run`;
  };
  const assertRun = (feature: string | undefined): void => {
    if (feature) throw new LutraError('UNSUPPORTED', `backend ts: ${feature}`, { feature, by: 'ts' });
  };
  const refusesData = (data: IndexData): string | undefined =>
    right.refusesData(data) ?? refusal(specFromData(data));
  return {
    ...right,
    supports: { ...right.supports, kinds },
    refuses: (spec, context) => refusal(spec) ?? right.refuses(spec, context),
    refusesData,
    async create(spec, context) {
      assertRun(refusal(spec));
      return right.create(spec, context);
    },
    async load(data, context) {
      assertRun(refusesData(data));
      return right.load(data, context);
    },
  };
}

/** The engine with `fault` planted. */
export function faulty(fault: Fault): Backend {
  const right = limited(fault.kinds);
  const plant = (index: VectorIndex, data?: IndexData): VectorIndex =>
    fault.index ? override(index, fault.index(index, { backend: right, ...(data && { data }) })) : index;
  return {
    ...right,
    async create(spec, context) {
      return plant(await right.create(spec, context));
    },
    async load(data, context) {
      return plant(await right.load(data, context), data);
    },
    ...fault.backend?.(right),
  };
}

const inner = new WeakMap<VectorIndex, VectorIndex>();

/** `index` with some calls replaced. */
export function override(index: VectorIndex, calls: Partial<VectorIndex>): VectorIndex {
  const merge: Partial<VectorIndex> = {
    mergeFrom: (other, options) => index.mergeFrom(inner.get(other) ?? other, options),
  };
  const outer = new Proxy(index, {
    get(target, name) {
      for (const own of [calls, merge]) if (name in own) return Reflect.get(own, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  inner.set(outer, index);
  return outer;
}

/** The engine's index behind one of ours. */
export function innerOf(index: VectorIndex): VectorIndex {
  return inner.get(index) ?? index;
}

/** A search whose parameters or results go wrong on their way. */
export function search(
  right: VectorIndex,
  change: {
    before?: (p: SearchParameters) => SearchParameters;
    after?: (found: SearchResult, p: SearchParameters) => SearchResult;
  },
): Partial<VectorIndex> {
  const { before = (p) => p, after = (found) => found } = change;
  return {
    search: async (x, k, p = {}) => after(await right.search(x, k, before(p)), p),
    searchSync: (x, k, p = {}) => after(right.searchSync!(x, k, before(p)), p),
  };
}

/** Results with other labels or distances. */
export function mapped(
  found: SearchResult,
  label: (v: number, at: number) => number,
  distance: (v: number, at: number) => number = (v) => v,
): SearchResult {
  return { ...found, labels: found.labels.map(label), distances: found.distances.map(distance) };
}
