import type { SearchParameters, StoredParameters, VectorIndex } from '@lutra/core';
import { recallAtK } from '@lutra/metrics';
import type { Clause } from '../clause.js';
import { countFound, mustEqual } from '../compare.js';
import { must, rejects } from '../failure.js';
import { K, type Subject } from '../subject.js';
import { exactTruth } from './searching.js';

type Name = keyof StoredParameters;

const has =
  (name: Name) =>
  (s: Subject): boolean =>
    s.traits.parameters.includes(name);

/** Something other than the default that a call may ask for. */
const OTHER: Readonly<Record<Name, number>> = { nprobe: 3, kFactor: 5, efSearch: 70 };

const WRONG: Readonly<Record<Name, readonly number[]>> = {
  nprobe: [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY],
  kFactor: [0, 0.5, -1, 1001, Number.NaN],
  efSearch: [0, -1, 1.5, Number.NaN],
};

export const parameters: readonly Clause[] = [
  {
    promise: 'parameters lists what the index stores, and nothing else',
    once: true,
    check: async (s) => {
      const index = await s.shared();
      const found = Object.entries(index.parameters)
        .filter(([, value]) => value !== undefined)
        .map(([name]) => name)
        .sort();
      must(
        `${found}` === `${[...s.traits.parameters].sort()}`,
        `has ${found}, wanted ${s.traits.parameters}`,
      );
      for (const name of s.traits.parameters) {
        must(Number.isFinite(index.parameters[name]), `${name} is ${index.parameters[name]}`);
      }
    },
  },
  {
    promise: 'a parameter that the index does not have is an ARGUMENT error, never ignored',
    check: async (s) => {
      const index = await s.shared();
      const absent = (['nprobe', 'kFactor', 'efSearch'] as Name[]).filter((name) => !has(name)(s));
      for (const name of absent) {
        await rejects(`search with ${name}`, 'ARGUMENT', () => index.search(s.queries(), K, { [name]: 2 }));
      }
      const unknown = { speed: 2 } as SearchParameters;
      await rejects('search with an unknown parameter', 'ARGUMENT', () =>
        index.search(s.queries(), K, unknown),
      );
    },
  },
  {
    promise: 'setParameters refuses what the index does not have',
    once: true,
    check: async (s) => {
      const index = await s.filled();
      for (const name of ['nprobe', 'kFactor', 'efSearch'] as Name[]) {
        if (has(name)(s)) continue;
        await rejects(`setParameters of ${name}`, 'ARGUMENT', async () => index.setParameters({ [name]: 2 }));
      }
      const filter = { filter: { kind: 'range', min: 0, max: 1 } } as StoredParameters;
      await rejects('setParameters of a filter', 'ARGUMENT', async () => index.setParameters(filter));
    },
  },
  {
    promise: 'a parameter out of its range is an ARGUMENT error',
    concerns: (s) => s.traits.parameters.length > 0,
    once: true,
    check: async (s) => {
      const index = await s.filled();
      for (const name of s.traits.parameters) {
        for (const value of WRONG[name]) {
          const wrong = { [name]: value };
          await rejects(`search with ${name} ${value}`, 'ARGUMENT', () =>
            index.search(s.queries(), K, wrong),
          );
          await rejects(`setParameters of ${name} ${value}`, 'ARGUMENT', async () =>
            index.setParameters(wrong),
          );
        }
      }
    },
  },
  {
    promise: 'a parameter that is undefined is as if it were not given',
    once: true,
    check: async (s) => {
      const index = await s.shared();
      const none = { nprobe: undefined, kFactor: undefined, efSearch: undefined, filter: undefined };
      const found = await index.search(s.queries(), K, none as unknown as SearchParameters);
      mustEqual('search', found, await index.search(s.queries(), K));
    },
  },
  {
    promise: 'nprobe visits that many lists: more of them, more vectors; all of them, all vectors',
    concerns: has('nprobe'),
    check: async (s) => {
      const index = await s.shared();
      const most = { ...(has('kFactor')(s) && { kFactor: 1000 }) };
      const counts: number[] = [];
      for (const nprobe of doublings(s.traits.nlist)) {
        counts.push(countFound(await index.search(s.queries(), s.n, { ...most, nprobe })));
      }
      const text = `nprobe ${doublings(s.traits.nlist)} find ${counts} of ${s.nq * s.n} vectors`;
      must(
        counts.every((count, i) => i === 0 || count >= counts[i - 1]!),
        `${text}: fewer with more lists`,
      );
      must(counts[0]! < counts.at(-1)!, `${text}: nprobe makes no difference`);
      must(counts.at(-1) === s.nq * s.n, `${text}: not all with all lists`);
    },
  },
  {
    promise: 'nprobe of nlist is an exact search over vectors stored whole',
    concerns: (s) => has('nprobe')(s) && s.traits.exact !== undefined && !has('kFactor')(s),
    check: async (s) => {
      const index = await s.shared();
      mustEqual(
        'search',
        await index.search(s.queries(), K, { nprobe: s.traits.nlist }),
        await exactTruth(s),
      );
    },
  },
  {
    promise: 'nprobe beyond nlist means all lists',
    concerns: has('nprobe'),
    check: async (s) => {
      const index = await s.shared();
      const all = await index.search(s.queries(), K, { ...s.wide(), nprobe: s.traits.nlist });
      const beyond = await index.search(s.queries(), K, { ...s.wide(), nprobe: s.traits.nlist * 1000 });
      mustEqual('search', beyond, all);
    },
  },
  {
    promise:
      'kFactor re-ranks that many candidates: more of them, no worse a recall, in the end a better one',
    concerns: (s) => has('kFactor')(s) && s.traits.exact !== undefined,
    check: async (s) => {
      const index = await s.shared();
      const truth = await exactTruth(s);
      const all = s.wide();
      const recalls: number[] = [];
      for (const kFactor of [1, 2, 4, all.kFactor!]) {
        recalls.push(recallAtK(await index.search(s.queries(), K, { ...all, kFactor }), truth));
      }
      const text = `kFactor 1, 2, 4, ${all.kFactor} have recall ${recalls.map((r) => r.toFixed(3)).join(', ')}`;
      must(
        recalls.every((r, i) => i === 0 || r >= recalls[i - 1]!),
        `${text}: worse with more candidates`,
      );
      must(recalls.at(-1)! > 0.999, `${text}: not exact with all candidates`);
      if (lossyBase(s)) must(recalls[0]! < recalls.at(-1)!, `${text}: kFactor makes no difference`);
    },
  },
  {
    promise: 'efSearch widens the walk: a recall no worse, in the end a better one',
    concerns: has('efSearch'),
    check: async (s) => {
      const index = await s.shared();
      const truth = await s.truth();
      const recalls: number[] = [];
      for (const efSearch of [1, 16, s.n]) {
        recalls.push(recallAtK(await index.search(s.queries(), 1, { efSearch }), truth));
      }
      const text = `efSearch 1, 16, ${s.n} have recall@1 ${recalls.map((r) => r.toFixed(3)).join(', ')}`;
      must(recalls[0]! <= recalls[2]!, `${text}: worse with a wider walk`);
    },
  },
  {
    promise: 'parameters belong to one call: the next one has its own, the stored ones stay',
    concerns: (s) => s.traits.parameters.length > 0,
    check: async (s) => {
      const index = await s.shared();
      const stored = { ...index.parameters };
      const before = await index.search(s.queries(), K);
      await index.search(s.queries(), K, s.wide());
      mustEqual('a call without parameters after one with them', await index.search(s.queries(), K), before);
      for (const name of s.traits.parameters) {
        must(
          index.parameters[name] === stored[name],
          `${name} is ${index.parameters[name]}, was ${stored[name]}`,
        );
      }
    },
  },
  {
    promise: 'searches with different parameters may overlap, and each is answered as if alone',
    check: async (s) => {
      const index = await s.shared();
      const settings: [number, SearchParameters][] = [
        [K, {}],
        [3, s.wide()],
        [K, {}],
        [s.n + 1, s.wide()],
        ...s.traits.parameters.map((name): [number, SearchParameters] => [K, { [name]: OTHER[name] }]),
      ];
      const together = await Promise.all(settings.map(([k, p]) => index.search(s.queries(), k, p)));
      for (const [i, [k, p]] of settings.entries()) {
        mustEqual(
          `search ${i} of ${settings.length} at once`,
          together[i]!,
          await index.search(s.queries(), k, p),
        );
      }
    },
  },
  {
    promise: 'setParameters stores what later calls use',
    concerns: (s) => s.traits.parameters.length > 0,
    check: async (s) => {
      const index = await s.filled();
      for (const name of s.traits.parameters) await mustStore(s, index, name);
    },
  },
  {
    promise: 'threads is taken by train, add and search, and changes no result',
    once: true,
    check: async (s) => {
      const index = await s.create();
      const seed = s.traits.trains && s.has('seed') ? { seed: s.sizes.seed } : {};
      await index.train(s.base(), { ...seed, threads: 2 });
      await index.add(s.base(), { threads: 2 });
      const found = await index.search(s.queries(), K, { threads: 2 });
      mustEqual('search with 2 threads', found, await index.search(s.queries(), K, { threads: 1 }));
      if (s.has('seed'))
        mustEqual('build with 2 threads', found, await (await s.shared()).search(s.queries(), K));
      for (const threads of [0, 1.5, -1]) {
        await rejects(`threads ${threads}`, 'ARGUMENT', () => index.search(s.queries(), K, { threads }));
      }
    },
  },
];

async function mustStore(s: Subject, index: VectorIndex, name: Name): Promise<void> {
  const value = OTHER[name];
  const wanted = await index.search(s.queries(), K, { [name]: value });
  index.setParameters({ [name]: value });
  must(index.parameters[name] === value, `${name} is ${index.parameters[name]} after it was set to ${value}`);
  mustEqual(`a call without ${name}, stored as ${value}`, await index.search(s.queries(), K), wanted);
  const other = await index.search(s.queries(), K, { [name]: 1 });
  index.setParameters({ [name]: 1 });
  mustEqual(`a call's own ${name}`, other, await index.search(s.queries(), K));
}

/** What `nlist` lists come to in doublings: 1, 2, 4 … nlist. */
function doublings(nlist: number): number[] {
  const out: number[] = [];
  for (let n = 1; n < nlist; n *= 2) out.push(n);
  return [...out, nlist];
}

/** Whether what is refined is rough enough to be wrong about the order of near vectors. */
function lossyBase(s: Subject): boolean {
  return /PQ|SQ[46]|RaBitQ|LSH/.test(s.factory);
}
