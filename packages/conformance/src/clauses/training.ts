import type { VectorIndex } from '@lutra/core';
import { formatFactory } from '@lutra/factory';
import type { Clause } from '../clause.js';
import { mustEqual } from '../compare.js';
import { fail, must, rejects } from '../failure.js';
import { clusters, source, stream } from '../rows.js';
import { K, type Subject } from '../subject.js';

const trains = (s: Subject): boolean => s.traits.trains;
/** Where training takes seconds, one repetition has to do: what it learns is compared anyway. */
const trainsQuickly = (s: Subject): boolean => s.traits.trains && !s.traits.trainsLong;

export const training: readonly Clause[] = [
  {
    promise:
      'create gives an empty index of the spec, dimension and metric asked for, served by this backend',
    check: async (s) => {
      const refusals = [{ backend: 'other', reason: 'not here' }];
      const index = await s.backend.create(s.spec, { d: s.d, metric: s.metric, refusals });
      must(index.d === s.d && index.metric === s.metric, `d ${index.d}, metric ${index.metric}`);
      must(index.ntotal === 0, `ntotal is ${index.ntotal}`);
      must(index.backend === s.backend.name, `backend is ${index.backend}, wanted ${s.backend.name}`);
      must(
        formatFactory(index.spec) === s.factory,
        `spec is ${formatFactory(index.spec)}, wanted ${s.factory}`,
      );
      must(JSON.stringify(index.refusals) === JSON.stringify(refusals), 'refusals are not those handed in');
      index.dispose();
      const plain = await s.create();
      must(Array.isArray(plain.refusals) && plain.refusals.length === 0, 'refusals are not empty');
    },
  },
  {
    promise: 'what learns nothing is trained from the start; training it is allowed',
    concerns: (s) => !s.traits.trains,
    once: true,
    check: async (s) => {
      const index = await s.create();
      must(index.isTrained, 'isTrained is false');
      await index.train(s.base());
      must(index.isTrained && index.ntotal === 0, `isTrained ${index.isTrained}, ntotal ${index.ntotal}`);
    },
  },
  {
    promise: 'before training, isTrained is false and add and search are STATE errors',
    concerns: trains,
    once: true,
    check: async (s) => {
      const index = await s.create();
      must(!index.isTrained, 'isTrained is true before training');
      await rejects('add', 'STATE', () => index.add(s.base()));
      await rejects('search', 'STATE', () => index.search(s.queries(), K));
      if (s.has('searchSync')) await rejects('searchSync', 'STATE', () => index.searchSync!(s.queries(), K));
      if (s.has('rangeSearch'))
        await rejects('rangeSearch', 'STATE', () => index.rangeSearch(s.queries(), 1));
      must(index.ntotal === 0, `ntotal is ${index.ntotal}`);
      await s.train(index, s.base());
      must(index.isTrained, 'isTrained is false after training');
      must(index.ntotal === 0, `ntotal is ${index.ntotal} after training`);
    },
  },
  {
    promise: 'train on fewer rows than centroids is an ARGUMENT error, and leaves the index untrained',
    concerns: (s) => s.traits.minTrainRows > 1,
    once: true,
    check: async (s) => {
      const index = await s.create();
      const few = s.base().subarray(0, (s.traits.minTrainRows - 1) * s.d);
      await rejects(`train on ${s.traits.minTrainRows - 1} rows`, 'ARGUMENT', () => index.train(few));
      must(!index.isTrained, 'isTrained is true');
      await s.train(index, s.base());
      must(index.isTrained, 'isTrained is false after enough rows');
    },
  },
  {
    promise: 'train while vectors are stored is a STATE error, and changes nothing',
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const before = await index.search(s.queries(), K);
      await rejects('train', 'STATE', () => index.train(s.base()));
      must(index.ntotal === s.n && index.isTrained, `ntotal ${index.ntotal}, isTrained ${index.isTrained}`);
      mustEqual('search', await index.search(s.queries(), K), before);
    },
  },
  {
    promise: 'train again replaces what was learned',
    needs: ['seed'],
    concerns: trainsQuickly,
    once: true,
    check: async (s) => {
      const { d, metric, n } = s;
      const index = await s.trained(clusters(n, { d, metric, seed: s.sizes.seed + 1, draw: 3 }));
      await s.train(index, s.base());
      await index.add(s.base());
      mustEqual(
        'search',
        await index.search(s.queries(), K),
        await (await s.shared()).search(s.queries(), K),
      );
    },
  },
  {
    promise: 'train takes an array, a source and a stream alike, and keeps none of them',
    needs: ['seed'],
    concerns: trainsQuickly,
    once: true,
    check: async (s) => {
      const wanted = await (await s.shared()).search(s.queries(), K);
      const array = s.base();
      for (const [name, x] of [
        ['array', array],
        ['source', source(s.base(), s.d)],
        ['stream', stream(s.base(), s.d)],
      ] as const) {
        const index = await s.trained(x);
        array.fill(0);
        await index.add(s.base());
        mustEqual(`trained on a ${name}`, await index.search(s.queries(), K), wanted);
      }
    },
  },
  {
    promise: 'train does not change the rows',
    once: true,
    check: async (s) => {
      const x = s.base();
      await s.trained(x);
      const wanted = s.base();
      must(
        x.every((v, i) => Object.is(v, wanted[i])),
        'the rows are changed',
      );
    },
  },
  {
    promise: 'the same rows and seed give the same index',
    needs: ['seed'],
    concerns: trains,
    check: async (s) => {
      const index = await s.trained(s.base());
      await index.add(s.base());
      const wanted = await s.shared();
      for (const k of [K, s.n]) {
        mustEqual(`k ${k}`, await index.search(s.queries(), k), await wanted.search(s.queries(), k));
      }
    },
  },
  {
    promise: 'another seed gives another index',
    needs: ['seed'],
    concerns: (s) => trainsQuickly(s) && learnsByChance(s),
    once: true,
    check: async (s) => {
      const answers = async (index: VectorIndex): Promise<string> => {
        const [few, all] = [await index.search(s.queries(), K), await index.search(s.queries(), s.n)];
        return `${few.labels} ${all.labels}`;
      };
      const wanted = await answers(await s.shared());
      for (const seed of [1, 2, 3, 4]) {
        const index = await s.trained(s.base(), seed);
        await index.add(s.base());
        if ((await answers(index)) !== wanted) return;
      }
      fail('seeds 1 to 4 answer as the first one: seed is not used');
    },
  },
  {
    promise: 'train refuses a seed that is no whole number',
    needs: ['seed'],
    concerns: trains,
    once: true,
    check: async (s) => {
      const index = await s.create();
      for (const seed of [1.5, Number.NaN, -1]) {
        await rejects(`seed ${seed}`, 'ARGUMENT', () => index.train(s.base(), { seed }));
      }
    },
  },
];

/** Whether training draws at random what shows in results: centroids of an IVF or of a PQ searched as they are. */
function learnsByChance(s: Subject): boolean {
  return /IVF|PQ/.test(s.factory);
}
