import type { Clause } from '../clause.js';
import { must, rejects } from '../failure.js';
import { distanceBy } from '../ground-truth.js';
import { K } from '../subject.js';

export const reconstructing: readonly Clause[] = [
  {
    promise: 'reconstruct gives (ids, d) float32, in the order of the ids, doubles and all',
    needs: ['reconstruct'],
    once: true,
    check: async (s) => {
      const index = await s.shared();
      const ids = [5, 0, s.n - 1, 5];
      const x = await index.reconstruct(ids);
      must(x instanceof Float32Array && x.length === 4 * s.d, `${x?.length} numbers, wanted 4 · ${s.d}`);
      for (const [i, id] of ids.entries()) {
        const alone = await index.reconstruct(Float64Array.of(id));
        must(
          same(alone, x.subarray(i * s.d, (i + 1) * s.d)),
          `id ${id} at place ${i} is not what it is alone`,
        );
      }
      must((await index.reconstruct([])).length === 0, 'no ids give numbers');
    },
  },
  {
    promise: 'reconstruct gives the stored vectors, as the index remembers them',
    needs: ['reconstruct'],
    check: async (s) => {
      const index = await s.shared();
      const x = await index.reconstruct(Array.from({ length: s.n }, (_, i) => i));
      const base = s.base();
      const error = relativeError(x, base, s.d);
      const most = s.traits.reconstructsExactly ? 1e-5 : /L2norm/.test(s.factory) ? Infinity : 0.8;
      must(
        error <= most,
        `vectors come back with ${error.toPrecision(3)} of the variance lost, wanted ${most}`,
      );
    },
  },
  {
    promise: 'distances are those to the reconstructed vectors',
    needs: ['reconstruct'],
    concerns: (s) => s.traits.distancesToReconstruction,
    check: async (s) => {
      const index = await s.shared();
      const queries = s.queries();
      const found = await index.search(queries, K, s.wide());
      const distance = distanceBy(s.metric);
      for (let at = 0; at < found.labels.length; at++) {
        if (found.labels[at]! < 0) continue;
        const q = Math.floor(at / K) * s.d;
        const y = await index.reconstruct([found.labels[at]!]);
        const wanted = distance(queries.subarray(q, q + s.d), y);
        const slack = Math.max(5e-3, 5e-4 * Math.abs(wanted));
        const text = `label ${found.labels[at]} is found at ${found.distances[at]}, its reconstruction is at ${wanted}`;
        must(Math.abs(found.distances[at]! - wanted) <= slack, text);
      }
    },
  },
  {
    promise: 'reconstruct of an id that is not stored is an ARGUMENT error, never zeros',
    needs: ['reconstruct'],
    once: true,
    check: async (s) => {
      const index = await s.shared();
      for (const id of [s.n, -1, 1.5, Number.NaN, 2 ** 53]) {
        await rejects(`reconstruct([0, ${id}])`, 'ARGUMENT', () => index.reconstruct([0, id]));
      }
      const empty = await s.trained();
      await rejects('reconstruct([0]) of an empty index', 'ARGUMENT', () => empty.reconstruct([0]));
    },
  },
  {
    promise: 'reconstruct goes by the ids of the caller where they are kept',
    needs: ['reconstruct'],
    concerns: (s) => s.traits.keepsIds,
    once: true,
    check: async (s) => {
      const ids = Float64Array.from({ length: s.n }, (_, i) => 5000 - i);
      const index = await s.filled({ ids });
      const [own, shared] = [
        await index.reconstruct([5000, 4990]),
        await (await s.shared()).reconstruct([0, 10]),
      ];
      if (s.has('seed') || !s.traits.trains)
        must(same(own, shared), 'ids 5000 and 4990 are not rows 0 and 10');
      await rejects('reconstruct([0])', 'ARGUMENT', () => index.reconstruct([0]));
    },
  },
];

export function same(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((v, i) => Object.is(v, b[i]));
}

/** Squared error as a part of the variance of `truth`. */
function relativeError(x: Float32Array, truth: Float32Array, d: number): number {
  const n = truth.length / d;
  let [error, variance] = [0, 0];
  for (let j = 0; j < d; j++) {
    let mean = 0;
    for (let i = j; i < truth.length; i += d) mean += truth[i]! / n;
    for (let i = j; i < truth.length; i += d) {
      error += (x[i]! - truth[i]!) ** 2;
      variance += (truth[i]! - mean) ** 2;
    }
  }
  return error / variance;
}
