import type { IdSelector } from '@lutra/core';
import type { Clause } from '../clause.js';
import { countFound, mustBeSound, mustEqual, mustHaveShape } from '../compare.js';
import { must, rejects } from '../failure.js';
import { onlyThose } from '../ground-truth.js';
import { K, type Subject } from '../subject.js';
import { exactTruth } from './searching.js';

/** A selector, and what it means. */
export interface Selection {
  readonly name: string;
  readonly selector: IdSelector;
  readonly keep: (id: number) => boolean;
}

/** One selector of every kind, none of which selects the nearest vectors on purpose. */
export function selections(n: number): Selection[] {
  const listed = [3, 99, 250, 251, n - 1];
  return [
    { name: 'range', selector: { kind: 'range', min: 40, max: 200 }, keep: (id) => id >= 40 && id < 200 },
    {
      name: 'list',
      selector: { kind: 'list', ids: [...listed, n + 777] },
      keep: (id) => listed.includes(id),
    },
    {
      name: 'bitmap',
      selector: { kind: 'bitmap', bits: new Uint8Array(40).fill(0b10010) },
      keep: (id) => id < 320 && [1, 4].includes(id % 8),
    },
    {
      name: 'not',
      selector: { kind: 'not', selector: { kind: 'range', min: 10, max: n - 10 } },
      keep: (id) => id < 10 || id >= n - 10,
    },
    {
      name: 'and',
      selector: {
        kind: 'and',
        selectors: [
          { kind: 'range', min: 0, max: 300 },
          { kind: 'bitmap', bits: new Uint8Array(100).fill(0b10101010) },
        ],
      },
      keep: (id) => id < 300 && id % 2 === 1,
    },
    {
      name: 'or',
      selector: {
        kind: 'or',
        selectors: [
          { kind: 'range', min: 0, max: 5 },
          { kind: 'list', ids: [n - 20] },
        ],
      },
      keep: (id) => id < 5 || id === n - 20,
    },
  ];
}

/** The selection by a function. */
export const BY_PREDICATE: Selection = {
  name: 'predicate',
  selector: { kind: 'predicate', test: (id) => id % 3 === 0 },
  keep: (id) => id % 3 === 0,
};

/** Fails unless a search under `selection` is the unfiltered ranking without what it leaves out. */
async function mustFilter(s: Subject, { name, selector, keep }: Selection): Promise<void> {
  const index = await s.shared();
  const found = await index.search(s.queries(), K, s.wide({ filter: selector }));
  mustHaveShape(name, found, s.nq, K);
  mustBeSound(name, found, s.metric);
  const stranger = found.labels.find((label) => label >= 0 && !keep(label));
  must(stranger === undefined, `${name}: label ${stranger} is not selected`);
  if (s.traits.exact !== undefined) {
    mustEqual(name, found, onlyThose(await exactTruth(s), K, keep));
    return;
  }
  const selected = Array.from({ length: s.n }, (_, id) => id).filter(keep).length;
  const wanted = s.nq * Math.min(K, selected);
  const count = countFound(found);
  // a walk through a graph may miss some
  const least = /HNSW|NSG/.test(s.factory) ? wanted / 2 : wanted;
  must(count >= least, `${name}: ${count} results of ${selected} vectors selected, wanted ${least}`);
}

export const filtering: readonly Clause[] = [
  ...selections(400).map(
    ({ name: kind }): Clause => ({
      promise: `filter by ${kind}: the best of those selected, and only those`,
      needs: ['filter'],
      check: async (s) => mustFilter(s, selections(s.n).find(({ name }) => name === kind)!),
    }),
  ),
  {
    promise: 'filter by predicate: the best of those selected, and only those',
    needs: ['filter', 'predicates'],
    check: (s) => mustFilter(s, BY_PREDICATE),
  },
  {
    promise: 'filter that selects nothing finds nothing',
    needs: ['filter'],
    once: true,
    check: async (s) => {
      const index = await s.shared();
      for (const selector of [
        { kind: 'range', min: 5, max: 5 },
        { kind: 'list', ids: [] },
        { kind: 'bitmap', bits: new Uint8Array(0) },
        { kind: 'or', selectors: [] },
      ] as IdSelector[]) {
        const found = await index.search(s.queries(), 3, s.wide({ filter: selector }));
        mustBeSound(selector.kind, found, s.metric);
        must(countFound(found) === 0, `${selector.kind}: found ${countFound(found)} of nothing`);
      }
    },
  },
  {
    promise: 'filter belongs to one call',
    needs: ['filter'],
    check: async (s) => {
      const index = await s.shared();
      const before = await index.search(s.queries(), K);
      const filter: IdSelector = { kind: 'range', min: 0, max: 20 };
      const [filtered, plain] = await Promise.all([
        index.search(s.queries(), K, { filter }),
        index.search(s.queries(), K),
      ]);
      must(
        filtered.labels.every((label) => label < 20),
        'a label that is not selected',
      );
      mustEqual('a search beside a filtered one', plain, before);
      mustEqual('a search after a filtered one', await index.search(s.queries(), K), before);
    },
  },
  {
    promise: 'filter with ids of the caller goes by those ids',
    needs: ['filter'],
    concerns: (s) => s.traits.keepsIds,
    once: true,
    check: async (s) => {
      const ids = Float64Array.from({ length: s.n }, (_, i) => 1e6 + 3 * i);
      const index = await s.filled({ ids });
      const filter: IdSelector = { kind: 'range', min: 1e6, max: 1e6 + 60 };
      const found = await index.search(s.queries(), 20, s.wide({ filter }));
      const strangers = found.labels.filter((id) => id >= 0 && !(id >= 1e6 && id < 1e6 + 60));
      must(strangers.length === 0, `ids ${[...strangers].slice(0, 3)} are not selected`);
      if (!/HNSW|NSG/.test(s.factory))
        must(countFound(found) === 20 * s.nq, `${countFound(found)} of 20 · ${s.nq}`);
    },
  },
  {
    promise: 'filter that is malformed is an ARGUMENT error',
    needs: ['filter'],
    once: true,
    check: async (s) => {
      const index = await s.shared();
      for (const filter of [{ kind: 'x' }, {}, 7, { kind: 'not' }] as unknown as IdSelector[]) {
        await rejects(`filter ${JSON.stringify(filter)}`, 'ARGUMENT', () =>
          index.search(s.queries(), K, { filter }),
        );
      }
    },
  },
];
