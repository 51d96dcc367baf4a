import { isSimilarity, missingDistance } from '@lutra/core';
import { recallAtK } from '@lutra/metrics';
import type { Clause } from '../clause.js';
import {
  columns,
  copyOf,
  countFound,
  mustBeSame,
  mustBeSound,
  mustEqual,
  mustHaveShape,
} from '../compare.js';
import { must } from '../failure.js';
import { distanceBy, groundTruth } from '../ground-truth.js';
import { K, type Subject } from '../subject.js';

export const searching: readonly Clause[] = [
  {
    promise: 'search gives (nq, k) distances in a Float32Array and labels in a Float64Array',
    check: async (s) => {
      const index = await s.shared();
      for (const k of [1, 3, K]) mustHaveShape(`k ${k}`, await index.search(s.queries(), k), s.nq, k);
      mustHaveShape('one query', await index.search(s.queries().subarray(0, s.d), K), 1, K);
    },
  },
  {
    promise: 'search answers no queries with an empty table',
    check: async (s) => {
      const index = await s.shared();
      mustHaveShape('no queries', await index.search(new Float32Array(0), 3), 0, 3);
    },
  },
  {
    promise: 'search gives the best first, each label once, missing ones last',
    check: async (s) => {
      const index = await s.shared();
      mustBeSound('k 10', await index.search(s.queries(), K), s.metric);
      mustBeSound('everything', await index.search(s.queries(), s.n, s.wide()), s.metric);
      const labels = (await index.search(s.queries(), K)).labels;
      must(
        labels.every((label) => label < s.n),
        `a label beyond ntotal - 1 = ${s.n - 1}`,
      );
    },
  },
  {
    promise: 'search with everything visited is exact (distances 1e-4, labels but for ties)',
    concerns: (s) => s.traits.exact !== undefined,
    check: async (s) => {
      const index = await s.shared();
      const truth = await exactTruth(s);
      mustEqual('k 10', await index.search(s.queries(), K, s.wide()), truth);
      mustEqual('k 1', await index.search(s.queries(), 1, s.wide()), truth);
      mustEqual('k 100', await index.search(s.queries(), 100, s.wide()), truth);
    },
  },
  {
    promise: 'search finds a stored vector by itself at distance 0',
    concerns: (s) => s.traits.exact !== undefined && s.metric === 'l2',
    check: async (s) => {
      const index = await s.shared();
      const found = await index.search(s.base().subarray(0, 40 * s.d), 1, s.wide());
      for (let i = 0; i < 40; i++) {
        must(found.labels[i] === i, `row ${i} is found as ${found.labels[i]}`);
        must(Math.abs(found.distances[i]!) < 2e-3, `row ${i} is found at distance ${found.distances[i]}`);
      }
    },
  },
  {
    promise: 'search reaches the recall that its own training should (recall@10)',
    check: async (s) => {
      const index = await s.shared();
      const found = await index.search(s.queries(), K, recallParameters(s));
      const recall = recallAtK(found, await s.truth());
      must(
        recall >= s.recallFloor,
        `recall@10 is ${recall.toFixed(3)}, wanted at least ${s.recallFloor.toFixed(3)}`,
      );
    },
  },
  {
    promise: 'distances estimate the metric: squared for l2, products for ip',
    concerns: (s) => s.traits.estimates,
    check: async (s) => {
      const index = await s.shared();
      const error = await medianError(s, await index.search(s.queries(), K, recallParameters(s)));
      must(error < 0.3, `half of the distances are off by more than ${(100 * error).toFixed(0)} %`);
    },
  },
  {
    promise: 'k beyond ntotal pads with label -1 and FLT_MAX (-FLT_MAX for a similarity)',
    check: async (s) => {
      const index = await s.shared();
      const k = s.n + 5;
      const found = await index.search(s.queries(), k, s.wide());
      mustHaveShape('search', found, s.nq, k);
      mustBeSound('search', found, s.metric);
      const fill = missingDistance(s.metric);
      for (let q = 0; q < s.nq; q++) {
        for (let at = q * k + s.n; at < (q + 1) * k; at++) {
          must(found.labels[at] === -1, `query ${q}: label ${found.labels[at]} beyond ntotal, wanted -1`);
          must(
            found.distances[at] === fill,
            `query ${q}: distance ${found.distances[at]} beside -1, wanted ${fill}`,
          );
        }
      }
    },
  },
  {
    promise: 'k of ntotal with everything visited gives every vector once',
    concerns: visitsEverything,
    check: async (s) => {
      const index = await s.shared();
      const found = await index.search(s.queries(), s.n, s.wide());
      must(countFound(found) === s.nq * s.n, `${countFound(found)} results, wanted ${s.nq} · ${s.n}`);
    },
  },
  {
    promise: 'search on an empty index finds nothing, and says so',
    check: async (s) => {
      const index = await s.trained();
      must(index.ntotal === 0, `ntotal is ${index.ntotal}, wanted 0`);
      const found = await index.search(s.queries(), 3);
      mustHaveShape('search', found, s.nq, 3);
      mustBeSound('search', found, s.metric);
      must(countFound(found) === 0, `${countFound(found)} results of an empty index`);
    },
  },
  {
    promise: 'search does not change the queries',
    check: async (s) => {
      const index = await s.shared();
      const x = s.queries();
      await index.search(x, K, s.wide());
      const wanted = s.queries();
      must(
        x.every((v, i) => Object.is(v, wanted[i])),
        'the queries are changed',
      );
    },
  },
  {
    promise: 'search answers the same whatever the number of queries in a call',
    check: async (s) => {
      const index = await s.shared();
      const all = await index.search(s.queries(), K);
      for (const q of [0, 1, s.nq - 1]) {
        const one = await index.search(s.queries().slice(q * s.d, (q + 1) * s.d), K);
        const wanted = { ...all, nq: 1, ...rowOf(all, q) };
        mustEqual(`query ${q} alone`, one, wanted);
      }
    },
  },
  {
    promise: 'search takes queries that are a part of a larger buffer',
    once: true,
    check: async (s) => {
      const index = await s.shared();
      const room = new Float32Array(s.nq * s.d + 3);
      room.set(s.queries(), 3);
      mustEqual(
        'queries at offset 3',
        await index.search(room.subarray(3), K),
        await index.search(s.queries(), K),
      );
    },
  },
  {
    promise: 'results belong to the caller: later calls do not change them',
    check: async (s) => {
      const index = await s.filled();
      const first = await index.search(s.queries(), K);
      const copy = copyOf(first);
      const second = await index.search(s.base().subarray(0, s.nq * s.d), K);
      mustBeSame('after another search', first, copy);
      second.labels.fill(7);
      second.distances.fill(7);
      mustEqual('after the caller wrote into other results', await index.search(s.queries(), K), copy);
      index.reset();
      index.dispose();
      mustBeSame('after reset and dispose', first, copy);
    },
  },
  {
    promise: 'vectors that are equal are all found',
    concerns: (s) => s.traits.exact !== undefined,
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const row = s.base().slice(0, s.d);
      const twins = new Float32Array(4 * s.d);
      for (let i = 0; i < 4; i++) twins.set(row, i * s.d);
      await index.add(twins);
      const found = await index.search(row, 5, s.wide());
      if (isSimilarity(s.metric)) return;
      const labels = [...found.labels].sort((a, b) => a - b).join(' ');
      const wanted = [0, s.n, s.n + 1, s.n + 2, s.n + 3].join(' ');
      must(labels === wanted, `found ${labels}, wanted ${wanted}`);
    },
  },
  {
    promise: 'searchSync answers as search does',
    needs: ['searchSync'],
    check: async (s) => {
      const index = await s.shared();
      must(typeof index.searchSync === 'function', 'there is no searchSync');
      for (const parameters of [{}, s.wide()]) {
        const wanted = await index.search(s.queries(), K, parameters);
        mustEqual('searchSync', index.searchSync!(s.queries(), K, parameters), wanted);
      }
    },
  },
];

/** Enough for a recall that says something of the codes: all lists, some candidates more. */
export function recallParameters(s: Subject): ReturnType<Subject['wide']> {
  const wide = s.wide();
  return wide.kFactor === undefined ? wide : { ...wide, kFactor: 4 };
}

/** Whether a search can be told to look at all vectors; a walk through a graph cannot. */
export function visitsEverything(s: Subject): boolean {
  return !/HNSW|NSG/.test(s.factory);
}

/** The exact ranking in the space that the index compares in. */
export async function exactTruth(s: Subject): ReturnType<Subject['truth']> {
  if (s.traits.exact !== 'normalised') return s.truth();
  return groundTruth(unit(s.base(), s.d), unit(s.queries(), s.d), s.d, s.metric);
}

function unit(x: Float32Array<ArrayBuffer>, d: number): Float32Array<ArrayBuffer> {
  for (let at = 0; at < x.length; at += d) {
    const norm = Math.hypot(...x.subarray(at, at + d));
    for (let j = at; j < at + d; j++) x[j]! /= norm;
  }
  return x;
}

function rowOf(
  table: Awaited<ReturnType<Subject['truth']>>,
  q: number,
): Pick<typeof table, 'distances' | 'labels'> {
  const { k, distances, labels } = table;
  return { distances: distances.slice(q * k, (q + 1) * k), labels: labels.slice(q * k, (q + 1) * k) };
}

async function medianError(s: Subject, found: Awaited<ReturnType<Subject['truth']>>): Promise<number> {
  const distance = distanceBy(s.metric);
  const [base, queries] = [s.base(), s.queries()];
  const scale = meanMagnitude(columns(await s.truth(), K).distances);
  const errors: number[] = [];
  found.labels.forEach((label, at) => {
    if (label < 0 || label >= s.n) return;
    const q = Math.floor(at / found.k);
    const exact = distance(
      queries.subarray(q * s.d, (q + 1) * s.d),
      base.subarray(label * s.d, (label + 1) * s.d),
    );
    errors.push(Math.abs(found.distances[at]! - exact) / Math.max(Math.abs(exact), scale));
  });
  must(errors.length > 0, 'nothing was found');
  return errors.sort((a, b) => a - b)[errors.length >> 1]!;
}

function meanMagnitude(x: Float32Array): number {
  return x.reduce((sum, v) => sum + Math.abs(v), 0) / x.length;
}
