import type { Rows } from '@lutra/core';
import type { Clause } from '../clause.js';
import { mustEqual } from '../compare.js';
import { fail, must, rejects } from '../failure.js';
import { source, stream } from '../rows.js';
import { K, type Subject } from '../subject.js';

/** A graph depends on which rows were added together. */
const linksRows = (s: Subject): boolean => /HNSW|NSG/.test(s.factory);

export const adding: readonly Clause[] = [
  {
    promise: 'add takes an array, a source, a stream and small batches alike',
    check: async (s) => {
      const index = await s.filled();
      const wanted = await index.search(s.queries(), K, s.untied());
      const ways: [string, () => Rows[]][] = [
        ['a source', () => [source(s.base(), s.d)]],
        ['a stream', () => [stream(s.base(), s.d)]],
        ['small batches', () => batches(s, 57)],
      ];
      for (const [name, make] of ways) {
        index.reset();
        for (const rows of make()) await index.add(rows);
        must(index.ntotal === s.n, `${name}: ntotal is ${index.ntotal}, wanted ${s.n}`);
        const found = await index.search(s.queries(), K, s.untied());
        if (name !== 'small batches' || !linksRows(s)) mustEqual(name, found, wanted);
      }
    },
  },
  {
    promise: 'add keeps no view of the rows, and does not change them',
    check: async (s) => {
      const index = await s.trained();
      const x = s.base();
      await index.add(x);
      const wanted = s.base();
      must(
        x.every((v, i) => Object.is(v, wanted[i])),
        'the rows are changed',
      );
      const before = await index.search(s.queries(), K);
      x.fill(0);
      mustEqual('after the caller changed the rows', await index.search(s.queries(), K), before);
    },
  },
  {
    promise: 'add without ids counts on from ntotal',
    once: true,
    check: async (s) => {
      const index = await s.filled();
      await index.add(s.base().subarray(0, 50 * s.d));
      must(index.ntotal === s.n + 50, `ntotal is ${index.ntotal}, wanted ${s.n} + 50`);
      const { labels } = await index.search(s.base().subarray(0, 20 * s.d), 40, s.wide());
      must(
        labels.every((label) => label < s.n + 50),
        'a label beyond ntotal',
      );
      must(
        labels.some((label) => label >= s.n),
        'no label of the rows added last',
      );
    },
  },
  {
    promise: 'add of no rows changes nothing',
    once: true,
    check: async (s) => {
      const index = await s.filled();
      await index.add(new Float32Array(0));
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}, was ${s.n}`);
    },
  },
  {
    promise: 'add takes more rows after a search',
    once: true,
    check: async (s) => {
      const index = await s.trained();
      const half = (s.n >> 1) * s.d;
      await index.add(s.base().subarray(0, half));
      await index.search(s.queries(), K);
      await index.add(s.base().subarray(half));
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}, wanted ${s.n}`);
      if ((!s.traits.trains || s.has('seed')) && !linksRows(s)) {
        mustEqual(
          'search',
          await index.search(s.queries(), K),
          await (await s.shared()).search(s.queries(), K),
        );
      }
    },
  },
  {
    promise: 'add keeps the ids of the caller, up to 2^53 - 1, and results carry them',
    concerns: (s) => s.traits.keepsIds,
    check: async (s) => {
      const ids = Float64Array.from({ length: s.n }, (_, i) => (i % 2 === 0 ? i : 2 ** 53 - 1 - i));
      const index = await s.filled();
      const plain = await index.search(s.queries(), K);
      index.reset();
      await index.add(s.base(), { ids });
      const found = await index.search(s.queries(), K);
      const labels = plain.labels.map((label) => (label < 0 ? label : ids[label]!));
      mustEqual('search', found, { ...plain, labels });
    },
  },
  {
    promise: 'add takes ids as a plain array and with a stream',
    concerns: (s) => s.traits.keepsIds,
    once: true,
    check: async (s) => {
      const index = await s.trained();
      const ids = Array.from({ length: s.n }, (_, i) => 10_000 + i);
      await index.add(stream(s.base(), s.d), { ids });
      const { labels } = await index.search(s.queries(), K, s.wide());
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}`);
      must(
        labels.every((label) => label === -1 || label >= 10_000),
        'a label that is none of the ids',
      );
    },
  },
  {
    promise: 'ids must be one a row: SHAPE; whole numbers from 0 to 2^53 - 1: ARGUMENT',
    concerns: (s) => s.traits.keepsIds,
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const two = s.base().subarray(0, 2 * s.d);
      await rejects('1 id for 2 rows', 'SHAPE', () => index.add(two, { ids: [1] }));
      await rejects('3 ids for 2 rows', 'SHAPE', () => index.add(two, { ids: [1, 2, 3] }));
      for (const id of [-1, 0.5, Number.NaN, 2 ** 53]) {
        await rejects(`id ${id}`, 'ARGUMENT', () => index.add(two, { ids: [0, id] }));
      }
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}, was ${s.n}`);
    },
  },
  {
    promise: 'ids given to an index that counts from 0 are an ARGUMENT error, never ignored',
    concerns: (s) => !s.traits.keepsIds,
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const ids = [7, 8];
      await rejects('add with ids', 'ARGUMENT', () => index.add(s.base().subarray(0, 2 * s.d), { ids }));
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}, was ${s.n}`);
    },
  },
  {
    promise: 'a stream that fails ends the add with its error; blocks before it stay, and more can be added',
    once: true,
    check: async (s) => {
      const index = await s.trained();
      const gone = new Error('the disk is gone');
      const broken = async function* (): AsyncGenerator<Float32Array> {
        yield s.base().slice(0, 64 * s.d);
        throw gone;
      };
      const e = await index.add(broken()).catch((x: unknown) => x);
      if (e !== gone && (e as { cause?: unknown } | undefined)?.cause !== gone) {
        fail(`add ended with ${String(e)}, wanted the error of the stream, or one with it as its cause`);
      }
      await mustHold(s, index, 64);
    },
  },
  {
    promise: 'a block that cannot be added ends the add; blocks before it stay, ntotal says how many rows',
    once: true,
    check: async (s) => {
      for (const [name, code, spoil] of [
        ['NaN', 'ARGUMENT', (x: Float32Array) => x.fill(Number.NaN, 5, 6)],
        ['half a row', 'SHAPE', (x: Float32Array) => x.subarray(0, s.d + 1)],
      ] as const) {
        const index = await s.trained();
        const rows = async function* (): AsyncGenerator<Float32Array> {
          yield s.base().slice(0, 64 * s.d);
          yield spoil(s.base().slice(64 * s.d, 128 * s.d));
        };
        await rejects(`add of ${name}`, code, () => index.add(rows()));
        await mustHold(s, index, 64);
      }
    },
  },
];

/** Fails unless the index holds `rows` rows, finds no others, and takes more. */
async function mustHold(
  s: Subject,
  index: Awaited<ReturnType<Subject['create']>>,
  rows: number,
): Promise<void> {
  must(index.ntotal === rows, `ntotal is ${index.ntotal}, wanted the ${rows} rows before the failure`);
  const { labels } = await index.search(s.queries(), s.n, s.wide());
  must(
    labels.every((label) => label < rows),
    `a label beyond the ${rows} rows that are stored`,
  );
  await index.add(s.base().subarray(0, 10 * s.d));
  must(index.ntotal === rows + 10, `ntotal is ${index.ntotal} after 10 more rows, wanted ${rows + 10}`);
}

function batches(s: Subject, rows: number): Float32Array[] {
  const x = s.base();
  const out: Float32Array[] = [];
  for (let at = 0; at < x.length; at += rows * s.d) out.push(x.slice(at, at + rows * s.d));
  return out;
}
