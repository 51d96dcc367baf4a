import type { VectorIndex } from '@lutra/core';
import type { Clause } from '../clause.js';
import { mustBeSound, mustEqual } from '../compare.js';
import { must, rejects } from '../failure.js';
import { clusters } from '../rows.js';
import { K, type Subject } from '../subject.js';

/** Whether two indexes can be trained alike at all. */
const alike = (s: Subject): boolean => !s.traits.trains || s.has('seed');

/** Two halves of the base in indexes that are trained alike. */
async function halves(s: Subject): Promise<{ a: VectorIndex; b: VectorIndex; half: number }> {
  const half = Math.floor(s.n * 0.6);
  const [a, b] = [await s.trained(), await s.trained()];
  await a.add(s.base().subarray(0, half * s.d));
  await b.add(s.base().subarray(half * s.d));
  return { a, b, half };
}

export const merging: readonly Clause[] = [
  {
    promise: 'mergeFrom moves all vectors of another index behind the own ones, and empties it',
    needs: ['mergeFrom'],
    concerns: alike,
    check: async (s) => {
      const { a, b, half } = await halves(s);
      await a.mergeFrom(b, { addId: half });
      must(a.ntotal === s.n, `ntotal is ${a.ntotal}, wanted ${s.n}`);
      must(b.ntotal === 0, `the other index still says ${b.ntotal} vectors`);
      const left = await b.search(s.queries(), K);
      must(
        left.labels.every((label) => label === -1),
        'the other index still finds vectors',
      );
      const whole = await (await s.shared()).search(s.queries(), K, s.wide());
      mustEqual('search', await a.search(s.queries(), K, s.wide()), whole);
      await b.add(s.base().subarray(0, 10 * s.d));
      mustBeFilled(b, 10);
    },
  },
  {
    promise: 'mergeFrom raises ids by addId: ntotal where the index counts from 0, else 0 unless told',
    needs: ['mergeFrom'],
    concerns: alike,
    once: true,
    check: async (s) => {
      const { a, b, half } = await halves(s);
      await a.mergeFrom(b);
      const found = await a.search(s.queries(), s.n, s.wide());
      const top = found.labels.reduce((most, label) => Math.max(most, label), -1);
      const wanted = s.traits.keepsIds ? half - 1 : s.n - 1;
      must(top === wanted, `the largest label is ${top}, wanted ${wanted}`);
      if (!s.traits.keepsIds) mustBeSound('search', found, s.metric);
    },
  },
  {
    promise:
      'mergeFrom refuses an addId that is no whole number, or that an index which counts from 0 cannot follow',
    needs: ['mergeFrom'],
    concerns: alike,
    once: true,
    check: async (s) => {
      const { a, b, half } = await halves(s);
      await rejects('addId 0.5', 'ARGUMENT', () => a.mergeFrom(b, { addId: 0.5 }));
      if (!s.traits.keepsIds) await rejects('addId 7', 'ARGUMENT', () => a.mergeFrom(b, { addId: 7 }));
      must(
        a.ntotal === half && b.ntotal === s.n - half,
        `ntotal ${a.ntotal} and ${b.ntotal} after a refusal`,
      );
    },
  },
  {
    promise:
      'mergeFrom refuses an index of another dimension (SHAPE), trained otherwise, or itself (ARGUMENT)',
    needs: ['mergeFrom'],
    once: true,
    check: async (s) => {
      const a = await s.filled();
      const before = await a.search(s.queries(), K);
      const wider = await s.backend
        .create({ kind: 'Flat' }, { d: s.d + 16, metric: s.metric })
        .catch(() => undefined);
      if (wider) await rejects('another dimension', 'SHAPE', () => a.mergeFrom(wider));
      wider?.dispose();
      await rejects('itself', 'ARGUMENT', () => a.mergeFrom(a));
      if (s.traits.trains && !s.traits.trainsLong && /IVF|PQ/.test(s.factory)) {
        const { n, d, metric } = s;
        const stranger = await s.trained(clusters(n, { d, metric, seed: s.sizes.seed + 9, draw: 5 }));
        await stranger.add(s.base());
        await rejects('trained otherwise', 'ARGUMENT', () => a.mergeFrom(stranger));
        must(
          stranger.ntotal === s.n,
          `the index that was refused has ${stranger.ntotal} vectors, had ${s.n}`,
        );
      }
      must(a.ntotal === s.n, `ntotal is ${a.ntotal}`);
      mustEqual('search', await a.search(s.queries(), K), before);
    },
  },
];

function mustBeFilled(index: VectorIndex, rows: number): void {
  must(index.ntotal === rows, `the other index has ${index.ntotal} vectors after ${rows} were added`);
}
