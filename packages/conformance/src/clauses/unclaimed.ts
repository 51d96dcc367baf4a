import type { Ability, SearchParameters } from '@lutra/core';
import type { Clause } from '../clause.js';
import { must, rejects } from '../failure.js';
import { K, type Subject } from '../subject.js';

const SELECT = { kind: 'range', min: 0, max: 10 } as const;
const PREDICATE = { kind: 'predicate', test: (id: number): boolean => id < 10 } as const;

/** What calling an ability that is not claimed comes to. */
const CALLS: Readonly<Record<Ability, (s: Subject) => Promise<void>>> = {
  searchSync: async (s) => {
    const index = await s.shared();
    if (index.searchSync === undefined) return;
    await rejects('searchSync', 'UNSUPPORTED', () => index.searchSync!(s.queries(), K));
  },
  rangeSearch: async (s) => {
    const index = await s.shared();
    await rejects('rangeSearch', 'UNSUPPORTED', () => index.rangeSearch(s.queries(), 100));
  },
  reconstruct: async (s) => {
    const index = await s.shared();
    await rejects('reconstruct', 'UNSUPPORTED', () => index.reconstruct([0]));
  },
  removeIds: async (s) => {
    const index = await s.shared();
    await rejects('removeIds', 'UNSUPPORTED', () => index.removeIds(SELECT));
    must(index.ntotal === s.n, `ntotal is ${index.ntotal}`);
  },
  mergeFrom: async (s) => {
    const [index, other] = [await s.shared(), await s.filled()];
    await rejects('mergeFrom', 'UNSUPPORTED', () => index.mergeFrom(other));
    must(index.ntotal === s.n && other.ntotal === s.n, `ntotal ${index.ntotal} and ${other.ntotal}`);
  },
  filter: async (s) => {
    const index = await s.shared();
    await rejects('search with a filter', 'UNSUPPORTED', () =>
      index.search(s.queries(), K, { filter: SELECT }),
    );
  },
  predicates: async (s) => {
    const index = await s.shared();
    const filter: SearchParameters = { filter: PREDICATE };
    if (s.has('filter')) await rejects('search', 'UNSUPPORTED', () => index.search(s.queries(), K, filter));
    if (s.has('removeIds')) await rejects('removeIds', 'UNSUPPORTED', () => index.removeIds(PREDICATE));
  },
  seed: async (s) => {
    if (!s.traits.trains) return;
    const index = await s.create();
    await rejects('train with a seed', 'UNSUPPORTED', () => index.train(s.base(), { seed: 1 }));
  },
  save: async (s) => {
    const index = await s.shared();
    await rejects('toData', 'UNSUPPORTED', async () => index.toData());
  },
  load: async (s) => {
    const vectors = new Float32Array(s.d);
    const header = { d: s.d, ntotal: 1, isTrained: true, metric: s.metric, metricArg: 0 };
    const data = { kind: 'Flat', ...header, vectors } as const;
    must(typeof s.backend.refusesData(data) === 'string', 'refusesData gives no reason');
    await rejects('load', 'UNSUPPORTED', () => s.backend.load(data));
  },
};

/** For each ability that an index goes without: its call says so, and is never quietly something else. */
export const unclaimed: readonly Clause[] = (Object.keys(CALLS) as Ability[]).map((ability) => ({
  promise: `${ability} is not claimed: UNSUPPORTED`,
  concerns: (s) => !s.has(ability) && (ability !== 'load' || !s.backend.supports.load),
  once: true,
  check: CALLS[ability],
}));
