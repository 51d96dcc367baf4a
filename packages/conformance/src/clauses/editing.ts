import type { Clause } from '../clause.js';
import { mustEqual } from '../compare.js';
import { must, rejects } from '../failure.js';
import { K } from '../subject.js';
import { same } from './reconstructing.js';

/** Ids that are asked for, and rows that go. */
const GONE = { kind: 'range', min: 20, max: 60 } as const;

/**
 * What is done to an index by several calls, as `searchAndReconstruct`, `updateVectors` and `copySubset` of the facade do:
 * each call may keep its own promise and forget what the one before it did.
 */
export const editing: readonly Clause[] = [
  {
    promise: 'editing: what a filtered search finds is reconstructed, selected, and at the distance found',
    needs: ['reconstruct', 'filter'],
    once: true,
    check: async (s) => {
      const index = await s.shared();
      const found = await index.search(s.queries(), K, { ...s.wide(), filter: GONE });
      const labels = [...new Set(found.labels)].filter((label) => label >= 0);
      must(labels.length > 0, 'a filter of 40 ids finds nothing');
      must(
        labels.every((label) => label >= GONE.min && label < GONE.max),
        'a label is not selected',
      );
      const vectors = await index.reconstruct(labels);
      for (const [i, label] of labels.entries()) {
        const alone = await index.reconstruct([label]);
        must(
          same(alone, vectors.subarray(i * s.d, (i + 1) * s.d)),
          `label ${label} is another vector among those found`,
        );
      }
    },
  },
  {
    promise: 'editing: after a removal reconstruct gives what is left, and nothing that went',
    needs: ['reconstruct', 'removeIds'],
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const rest = Array.from({ length: s.n }, (_, id) => id).filter((id) => id < GONE.min || id >= GONE.max);
      const before = await index.reconstruct(rest);
      await index.removeIds(GONE);
      const ids = s.traits.keepsIds ? rest : rest.map((_, i) => i);
      must(same(await index.reconstruct(ids), before), 'what is left is not what it was');
      const gone = s.traits.keepsIds ? GONE.min : rest.length;
      await rejects(`reconstruct([${gone}])`, 'ARGUMENT', () => index.reconstruct([gone]));
    },
  },
  {
    promise: 'editing: other vectors under ids that were removed are found and reconstructed there',
    needs: ['reconstruct', 'removeIds'],
    concerns: (s) => s.traits.keepsIds,
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const rows = s.base().subarray(0, 3 * s.d);
      const ids = [100, 7, 350].map((id) => id % s.n);
      const wanted = await index.reconstruct([0, 1, 2]);
      const old = await index.search(rows, s.n, s.wide());
      await index.reconstruct(ids);
      await index.removeIds({ kind: 'list', ids });
      await index.add(rows, { ids });
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}`);
      must(same(await index.reconstruct(ids), wanted), 'the ids still name what was removed');
      const found = await index.search(rows, s.n, s.wide());
      const at = (t: typeof found, q: number, label: number): number =>
        t.distances[t.labels.indexOf(label, q * s.n)] ?? Number.NaN;
      for (let q = 0; q < 3; q++) {
        const [now, then] = [at(found, q, ids[q]!), at(old, q, q)];
        must(
          Object.is(now, then),
          `row ${q} is found at ${now} under id ${ids[q]}, at ${then} under its own`,
        );
      }
    },
  },
  {
    promise: 'editing: a copy that keeps a subset answers as a filter does, and leaves the index as it was',
    needs: ['save', 'load', 'removeIds', 'filter'],
    concerns: (s) => s.traits.keepsIds && s.traits.exact !== undefined,
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const before = await index.search(s.queries(), K, s.wide());
      const copy = await s.load(index.toData());
      const gone = await copy.removeIds({ kind: 'not', selector: GONE });
      must(gone === s.n - (GONE.max - GONE.min), `${gone} removed of ${s.n}`);
      must(index.ntotal === s.n, `the index has ${index.ntotal} vectors after its copy lost some`);
      const kept = await copy.search(s.queries(), K, s.wide());
      const wanted = await index.search(s.queries(), K, { ...s.wide(), filter: GONE });
      mustEqual('the copy', kept, wanted);
      copy.reset();
      mustEqual('the index', await index.search(s.queries(), K, s.wide()), before);
    },
  },
];
