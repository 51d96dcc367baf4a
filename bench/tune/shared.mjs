// What the measurements of tuning have in common.
import { readRows } from '@lutra/npy';
import { openNpyFile, openNpyFolder } from '@lutra/npy/node';

/** Seconds of processor time of this process: on a busy machine the wall clock says what others do. */
export const processorSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Seeded numbers in [0, 1). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** All rows of an .npy file or a folder of them. */
export async function loadRows(path) {
  const source = path.endsWith('.npy') ? await openNpyFile(path) : await openNpyFolder(path);
  const [n, d] = source.shape;
  return { rows: await readRows(source), n, d };
}

/** The numbers below `n` in an order that `next` deals. */
export function shuffled(n, next) {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Takes `held` random rows out of `rows`: what is left, and those. */
export function holdOut({ rows, n, d }, held, seed) {
  const order = shuffled(n, random(seed));
  const take = (ids) => {
    const out = new Float32Array(ids.length * d);
    for (const [i, id] of ids.entries()) out.set(rows.subarray(id * d, (id + 1) * d), i * d);
    return out;
  };
  const kept = order.slice(held).sort();
  return { base: take(kept), queries: take(order.slice(0, held)), d };
}

/** Median seconds a query of each setting, all run against each other in rounds, by processor time. */
export async function race(index, queries, k, settings, rounds = 15) {
  const times = settings.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let s = 0; s < settings.length; s++) {
      const i = (s + round) % settings.length;
      const start = processorSeconds();
      await index.search(queries, k, settings[i]);
      times[i].push((processorSeconds() - start) / (queries.length / index.d));
    }
  }
  return times.map(median);
}

/** As {@link race}, by the JSON of the setting; those clearly slower than the fastest leave early, but for `kept`. */
export async function quickest(index, queries, k, settings, kept) {
  const first = await race(index, queries, k, settings, 3);
  const best = Math.min(...first);
  const names = new Set(kept.map((s) => JSON.stringify(s)));
  const near = settings.filter((s, i) => first[i] <= 1.3 * best || names.has(JSON.stringify(s)));
  const seconds = await race(index, queries, k, near, 15);
  return new Map(near.map((s, i) => [JSON.stringify(s), seconds[i]]));
}
