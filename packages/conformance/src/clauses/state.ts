import type { VectorIndex } from '@lutra/core';
import type { Clause } from '../clause.js';
import { mustEqual } from '../compare.js';
import { must, rejects } from '../failure.js';
import { gate } from '../rows.js';
import { K, type Subject } from '../subject.js';

const NOW = Symbol('now');

export const state: readonly Clause[] = [
  {
    promise: 'reset forgets the vectors and keeps the training',
    check: async (s) => {
      const index = await s.filled();
      const before = await index.search(s.queries(), K);
      index.reset();
      must(index.ntotal === 0 && index.isTrained, `ntotal ${index.ntotal}, isTrained ${index.isTrained}`);
      const { labels } = await index.search(s.queries(), K);
      must(
        labels.every((label) => label === -1),
        'something is found after a reset',
      );
      await index.add(s.base());
      mustEqual('after the same rows were added', await index.search(s.queries(), K), before);
    },
  },
  {
    promise: 'dispose may be called twice; after it every call is a STATE error',
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const other = s.has('mergeFrom') ? await s.trained() : undefined;
      index.dispose();
      index.dispose();
      for (const [name, call] of calls(s, index, other)) await rejects(name, 'STATE', call);
      await rejects('train', 'STATE', () => index.train(s.base()));
    },
  },
  {
    promise: 'dispose of an index that was never filled is fine, and of one does not touch another',
    once: true,
    check: async (s) => {
      (await s.create()).dispose();
      const [a, b] = [await s.filled(), await s.filled()];
      const before = await b.search(s.queries(), K);
      a.dispose();
      mustEqual('the other index', await b.search(s.queries(), K), before);
    },
  },
  {
    promise: 'two indexes of one backend share nothing',
    once: true,
    check: async (s) => {
      const [a, b] = [await s.filled(), await s.filled()];
      const before = await a.search(s.queries(), K);
      for (const name of s.traits.parameters) b.setParameters({ [name]: 2 });
      b.reset();
      must(a.ntotal === s.n && b.ntotal === 0, `ntotal ${a.ntotal} and ${b.ntotal}`);
      mustEqual('the index beside one that was reset', await a.search(s.queries(), K), before);
    },
  },
  {
    promise: 'while a change is under way every other call is a STATE error, and the change succeeds',
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const other = s.has('mergeFrom') ? await s.trained() : undefined;
      const door = gate();
      const rows = async function* (): AsyncGenerator<Float32Array> {
        yield s.base().slice(0, 20 * s.d);
        await door.opened;
        yield s.base().slice(20 * s.d, 40 * s.d);
      };
      const adding = index.add(rows());
      try {
        for (const [name, call] of calls(s, index, other)) await rejects(`${name} during add`, 'STATE', call);
      } finally {
        door.open();
        await adding;
      }
      must(index.ntotal === s.n + 40, `ntotal is ${index.ntotal}, wanted ${s.n} + 40`);
      await index.search(s.queries(), K);
    },
  },
  {
    promise: 'a change during a search is a STATE error, and the search is answered as if alone',
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const x = s.base();
      const wanted = await index.search(x, K, s.wide());
      for (const change of ['add', 'reset'] as const) {
        const searching = index.search(x, K, s.wide());
        const changing = attempt(() => (change === 'add' ? index.add(s.base()) : index.reset()));
        const over = (await Promise.race([searching, Promise.resolve(NOW)])) !== NOW;
        mustEqual(`the search that ${change} came into`, await searching, wanted);
        if (over) {
          await changing;
          return;
        }
        await rejects(`${change} during a search`, 'STATE', () => changing);
        must(index.ntotal === s.n, `ntotal is ${index.ntotal} after a refused ${change}`);
      }
    },
  },
  {
    promise: 'an index that failed a call is as good as before',
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const before = await index.search(s.queries(), K);
      await index.search(s.queries().subarray(1), K).catch(() => {});
      await index.add(new Float32Array(s.d).fill(Number.NaN)).catch(() => {});
      await index.search(s.queries(), 0).catch(() => {});
      mustEqual('search', await index.search(s.queries(), K), before);
    },
  },
];

/** `call` at once; what it throws becomes a rejection that nobody has to wait for. */
function attempt(call: () => unknown): Promise<unknown> {
  const done = (async () => call())();
  done.catch(() => {});
  return done;
}

/** Every call that must not work on a disposed or a busy index, as far as it is claimed. */
function calls(s: Subject, index: VectorIndex, other: VectorIndex | undefined): [string, () => unknown][] {
  const all: [string, boolean, () => unknown][] = [
    ['search', true, () => index.search(s.queries(), 1)],
    ['searchSync', s.has('searchSync'), () => index.searchSync!(s.queries(), 1)],
    ['rangeSearch', s.has('rangeSearch'), () => index.rangeSearch(s.queries(), 1)],
    ['reconstruct', s.has('reconstruct'), () => index.reconstruct([0])],
    ['add', true, () => index.add(s.base())],
    ['removeIds', s.has('removeIds'), () => index.removeIds({ kind: 'range', min: 0, max: 1 })],
    ['mergeFrom', other !== undefined, () => index.mergeFrom(other!)],
    ['setParameters', true, () => index.setParameters({})],
    ['reset', true, () => index.reset()],
    ['toData', s.has('save'), () => index.toData()],
  ];
  return all.filter(([, claimed]) => claimed).map(([name, , call]) => [name, call]);
}
