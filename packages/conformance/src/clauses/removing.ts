import type { Clause } from '../clause.js';
import { mustBeSound, mustEqual } from '../compare.js';
import { must, rejects } from '../failure.js';
import { onlyThose } from '../ground-truth.js';
import { K, type Subject } from '../subject.js';
import { BY_PREDICATE, type Selection, selections } from './filtering.js';
import { exactTruth, visitsEverything } from './searching.js';

/** Labels after the removal of what `keep` refuses: moved down where the index counts from 0. */
function labelsAfter(s: Subject, stays: (id: number) => boolean): Float64Array {
  let next = 0;
  return Float64Array.from({ length: s.n }, (_, id) => {
    if (!stays(id)) return -1;
    return s.traits.keepsIds ? id : next++;
  });
}

async function mustRemove(s: Subject, { name, selector, keep }: Selection): Promise<void> {
  const stays = (id: number): boolean => !keep(id);
  const gone = Array.from({ length: s.n }, (_, id) => id).filter(keep).length;
  const index = await s.filled();
  const before = await index.search(s.queries(), s.n, s.wide());
  const count = await index.removeIds(selector);
  must(count === gone, `${name}: says ${count} removed, wanted ${gone}`);
  must(index.ntotal === s.n - gone, `${name}: ntotal is ${index.ntotal}, wanted ${s.n} - ${gone}`);
  const renamed = labelsAfter(s, stays);
  const found = await index.search(s.queries(), K, s.wide());
  mustBeSound(name, found, s.metric);
  const truth = s.traits.exact === undefined ? before : await exactTruth(s);
  const left = onlyThose(truth, s.n - gone, stays);
  const labels = left.labels.map((label) => (label < 0 ? label : renamed[label]!));
  if (visitsEverything(s)) mustEqual(name, found, { ...left, labels });
  must(
    (await index.removeIds({ kind: 'range', min: 5e6, max: 6e6 })) === 0,
    `${name}: removed what is not there`,
  );
}

export const removing: readonly Clause[] = [
  ...selections(400).map(
    ({ name: kind }): Clause => ({
      promise: `removeIds by ${kind}: counts, forgets, and renumbers or keeps ids as faiss does`,
      needs: ['removeIds'],
      once: true,
      check: async (s) => mustRemove(s, selections(s.n).find(({ name }) => name === kind)!),
    }),
  ),
  {
    promise: 'removeIds by predicate: counts, forgets, and renumbers or keeps ids as faiss does',
    needs: ['removeIds', 'predicates'],
    once: true,
    check: (s) => mustRemove(s, BY_PREDICATE),
  },
  {
    promise: 'removeIds of everything leaves an empty index that takes vectors again',
    needs: ['removeIds'],
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const before = await index.search(s.queries(), K);
      must((await index.removeIds({ kind: 'range', min: 0, max: s.n })) === s.n, 'not all were removed');
      must(index.ntotal === 0, `ntotal is ${index.ntotal}`);
      const { labels } = await index.search(s.queries(), K);
      must(
        labels.every((label) => label === -1),
        'something is found in an empty index',
      );
      await index.add(s.base());
      mustEqual('after the same rows were added', await index.search(s.queries(), K), before);
    },
  },
  {
    promise: 'removeIds of ids that are kept makes room for them to be used again',
    needs: ['removeIds'],
    concerns: (s) => s.traits.keepsIds,
    once: true,
    check: async (s) => {
      const index = await s.filled();
      await index.removeIds({ kind: 'list', ids: [3] });
      await index.add(s.base().subarray(3 * s.d, 4 * s.d), { ids: [3] });
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}`);
      const whole = await (await s.shared()).search(s.queries(), K, s.wide());
      if (!s.traits.trains || s.has('seed'))
        mustEqual('search', await index.search(s.queries(), K, s.wide()), whole);
    },
  },
  {
    promise: 'removeIds refuses a malformed selector, and removes nothing',
    needs: ['removeIds'],
    once: true,
    check: async (s) => {
      const index = await s.filled();
      await rejects('kind x', 'ARGUMENT', () => index.removeIds({ kind: 'x' } as never));
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}`);
    },
  },
];
