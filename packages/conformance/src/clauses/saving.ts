import type { IndexData, LutraErrorCode } from '@lutra/core';
import { formatFactory, specFromData } from '@lutra/factory';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import type { Clause } from '../clause.js';
import { mustEqual } from '../compare.js';
import { must, rejects } from '../failure.js';
import { K, type Subject } from '../subject.js';

export const saving: readonly Clause[] = [
  {
    promise: 'toData describes the index: its classes, d, ntotal, metric, training',
    needs: ['save'],
    check: async (s) => {
      const data = (await s.shared()).toData();
      must(data.d === s.d && data.ntotal === s.n, `d ${data.d}, ntotal ${data.ntotal}`);
      must(data.metric === s.metric && data.isTrained, `metric ${data.metric}, isTrained ${data.isTrained}`);
      const empty = (await s.trained()).toData();
      must(
        empty.ntotal === 0 && empty.isTrained,
        `empty: ntotal ${empty.ntotal}, isTrained ${empty.isTrained}`,
      );
    },
  },
  {
    promise: 'toData of an index that nobody changed is the same again, searches or not',
    needs: ['save'],
    once: true,
    check: async (s) => {
      const index = await s.shared();
      const before = encodeIndex(index.toData()).slice();
      await index.search(s.queries(), K, s.wide());
      mustBeEqualBytes('after a search', encodeIndex(index.toData()), before);
    },
  },
  {
    promise: 'toData tells of every change since it was asked last',
    needs: ['save'],
    once: true,
    check: async (s) => {
      const index = await s.filled();
      index.toData();
      await index.add(s.base().subarray(0, 10 * s.d));
      must(index.toData().ntotal === s.n + 10, `ntotal is ${index.toData().ntotal} after 10 more rows`);
      const before = encodeIndex(index.toData()).slice();
      for (const name of s.traits.parameters) index.setParameters({ [name]: 7 });
      const same = encodeIndex(index.toData()).every((byte, i) => byte === before[i]);
      must(!same || s.traits.parameters.length === 0, 'the data is the same after parameters were stored');
      index.reset();
      must(index.toData().ntotal === 0, `ntotal is ${index.toData().ntotal} after a reset`);
    },
  },
  {
    promise: 'the same rows and seed give the same bytes',
    needs: ['save', 'seed'],
    check: async (s) => {
      const wanted = encodeIndex((await s.shared()).toData());
      const again = await s.trained(s.base());
      await again.add(s.base());
      mustBeEqualBytes('built again', encodeIndex(again.toData()), wanted);
    },
  },
  {
    promise: 'what toData gives can be written as a faiss file, and comes back as the same bytes',
    needs: ['save'],
    check: async (s) => {
      const bytes = encodeIndex((await s.shared()).toData());
      mustBeEqualBytes('decoded and encoded', encodeIndex(decodeIndex(bytes.slice())), bytes);
    },
  },
  {
    promise: 'load gives back what was saved, through the bytes of a file: results, parameters, spec',
    needs: ['save', 'load'],
    check: async (s) => {
      const index = await s.shared();
      const data = decodeIndex(encodeIndex(index.toData()));
      const refusal = s.backend.refusesData(data);
      must(refusal === undefined, `refusesData of its own data says: ${refusal}`);
      const loaded = await s.load(data);
      must(
        loaded.ntotal === s.n && loaded.isTrained,
        `ntotal ${loaded.ntotal}, isTrained ${loaded.isTrained}`,
      );
      must(loaded.d === s.d && loaded.metric === s.metric, `d ${loaded.d}, metric ${loaded.metric}`);
      must(loaded.backend === s.backend.name, `backend is ${loaded.backend}`);
      const spec = formatFactory(specFromData(data));
      must(formatFactory(loaded.spec) === spec, `spec is ${formatFactory(loaded.spec)}, wanted ${spec}`);
      mustEqual('search', await loaded.search(s.queries(), K), await index.search(s.queries(), K));
      const wide = await index.search(s.queries(), 50, s.wide());
      mustEqual('search of everything', await loaded.search(s.queries(), 50, s.wide()), wide);
    },
  },
  {
    promise: 'what was loaded saves the same bytes',
    needs: ['save', 'load'],
    check: async (s) => {
      const bytes = encodeIndex((await s.shared()).toData()).slice();
      const loaded = await s.load(decodeIndex(bytes.slice()));
      mustBeEqualBytes('loaded and saved', encodeIndex(loaded.toData()), bytes);
    },
  },
  {
    promise: 'load copies: what becomes of the data later does not matter',
    needs: ['save', 'load'],
    check: async (s) => {
      const index = await s.shared();
      const data = decodeIndex(encodeIndex(index.toData()));
      const loaded = await s.load(data);
      const before = await loaded.search(s.queries(), K, s.wide());
      scramble(data);
      mustEqual('after the data was overwritten', await loaded.search(s.queries(), K, s.wide()), before);
    },
  },
  {
    promise: 'what was loaded goes on: takes vectors, forgets them, keeps its training',
    needs: ['save', 'load'],
    once: true,
    check: async (s) => {
      const empty = await s.load((await s.trained()).toData());
      must(empty.ntotal === 0 && empty.isTrained, `ntotal ${empty.ntotal}, isTrained ${empty.isTrained}`);
      await empty.add(s.base());
      const index = await s.load((await s.shared()).toData());
      const wanted = await index.search(s.queries(), K);
      if (!s.traits.trains || s.has('seed')) mustEqual('filled', await empty.search(s.queries(), K), wanted);
      index.reset();
      await index.add(s.base());
      mustEqual('reset and filled again', await index.search(s.queries(), K), wanted);
    },
  },
  {
    promise: 'load of an index that is not trained gives one to train',
    needs: ['save', 'load'],
    // a file keeps of an OPQ only its matrix, which cannot be trained
    concerns: (s) => s.traits.trains && !s.factory.includes('OPQ'),
    once: true,
    check: async (s) => {
      const index = await s.load((await s.create()).toData());
      must(!index.isTrained, 'isTrained is true');
      await s.train(index, s.base());
      await index.add(s.base());
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}`);
    },
  },
  {
    promise: 'a saved file keeps the parameters that are stored',
    needs: ['save', 'load'],
    concerns: (s) => s.traits.parameters.length > 0,
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const wanted = { nprobe: 5, kFactor: 3, efSearch: 33 };
      for (const name of s.traits.parameters) index.setParameters({ [name]: wanted[name] });
      const loaded = await s.load(decodeIndex(encodeIndex(index.toData())));
      for (const name of s.traits.parameters) {
        must(
          loaded.parameters[name] === wanted[name],
          `${name} is ${loaded.parameters[name]}, was ${wanted[name]}`,
        );
      }
      mustEqual('search', await loaded.search(s.queries(), K), await index.search(s.queries(), K));
    },
  },
  {
    promise: 'load keeps the refusals handed in',
    needs: ['save', 'load'],
    once: true,
    check: async (s) => {
      const refusals = [{ backend: 'other', reason: 'not here' }];
      const index = await s.backend.load((await s.shared()).toData(), { refusals });
      must(JSON.stringify(index.refusals) === JSON.stringify(refusals), 'refusals are not those handed in');
      index.dispose();
    },
  },
  {
    promise: 'load refuses data of a class that it does not run as UNSUPPORTED, and refusesData says so',
    needs: ['save', 'load'],
    once: true,
    check: async (s) => {
      const data = { ...(await s.shared()).toData(), kind: 'NoSuchIndex' } as unknown as IndexData;
      must(typeof s.backend.refusesData(data) === 'string', 'refusesData gives no reason');
      await rejects('load', 'UNSUPPORTED', () => s.backend.load(data));
    },
  },
  {
    promise:
      'load refuses data that contradicts itself, by a LutraError, or goes by the vectors that are there',
    needs: ['save', 'load'],
    once: true,
    check: async (s) => {
      const data = (await s.shared()).toData();
      const codes = ['SHAPE', 'ARGUMENT', 'FORMAT'] as const;
      await rejects('d doubled', codes, () => s.backend.load({ ...data, d: data.d * 2 }));
      // an IVF of faiss counts vectors of NaN, which no list holds: more is no lie there
      const ntotal = s.traits.nlist > 0 ? Math.floor(s.n / 10) : s.n * 10;
      await mustBeHonest(s, { ...data, ntotal }, codes);
    },
  },
];

/** Fails unless two files are the same. */
export function mustBeEqualBytes(what: string, found: Uint8Array, wanted: Uint8Array): void {
  must(found.length === wanted.length, `${what}: ${found.length} bytes, wanted ${wanted.length}`);
  const at = found.findIndex((byte, i) => byte !== wanted[i]);
  must(at < 0, `${what}: byte ${at} of ${wanted.length} is ${found[at]}, wanted ${wanted[at]}`);
}

/** Fails if data that says another ntotal than it holds makes an index that says so too. */
async function mustBeHonest(s: Subject, data: IndexData, codes: readonly LutraErrorCode[]): Promise<void> {
  let found: number | undefined;
  try {
    found = (await s.load(data)).ntotal;
  } catch (e) {
    await rejects(`ntotal ${data.ntotal} of ${s.n}`, codes, () => Promise.reject(e));
  }
  must(found === undefined || found === s.n, `loaded with ntotal ${found} where ${s.n} vectors are`);
}

/** Overwrites every array in `data`. */
function scramble(data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  if (ArrayBuffer.isView(data)) {
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength).fill(0x3f);
    return;
  }
  for (const value of Object.values(data)) scramble(value);
}
