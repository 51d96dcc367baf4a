import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Kernels, reservoirBytes, reservoirKeys, reservoirPositions } from '../src/index.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const levels = await bothLevels();
const MOST = 2 ** 32 - 1;

/** A reservoir that was offered `keys`, key i at position i. */
function filled(kernels: Kernels, bench: Bench, keys: readonly number[], k: number): number {
  const { memory } = kernels;
  const r = bench.room(reservoirBytes(k));
  kernels.reservoirStart(r, k, 2 ** 31 - 1);
  const words = memory.u32(r, 4);
  for (let from = 0; from < keys.length; ) {
    const room = words[2]! - words[0]!;
    const some = keys.slice(from, from + room);
    const n = words[0]!;
    memory.u32(reservoirKeys(r) + 4 * n, some.length).set(some);
    memory.u32(reservoirPositions(r, k) + 4 * n, some.length).set(some.map((_, i) => from + i));
    words[0] = n + some.length;
    from += some.length;
    if (from < keys.length) kernels.reservoirTake(r);
  }
  return r;
}

/** The ids of what a reservoir keeps of `keys`, as faiss settles ties: by position what is kept, by id what is given out. */
function best(keys: readonly number[], idOf: (i: number) => number, k: number, greatest: boolean): number[] {
  const all = keys.map((key, i) => ({ key, id: idOf(i) }));
  const limit = keys.toSorted((a, b) => a - b)[k - 1] ?? MOST;
  const within = all.filter(({ key }) => key <= limit);
  const kept = within.filter(({ key }, i) => key < limit || i < k);
  kept.sort((a, b) => a.key - b.key || (greatest ? b.id - a.id : a.id - b.id));
  return kept.slice(0, k).map(({ id }) => id);
}

const cases = fc.record({
  sizes: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 20 }),
  k: fc.constantFrom(1, 2, 10, 40, 2000),
  /** Different keys; the fewer, the more ties. */
  values: fc.constantFrom(1, 3, 1000),
  seed: fc.nat({ max: 10 ** 6 }),
  greatest: fc.boolean(),
  huge: fc.boolean(),
});

for (const kernels of levels) {
  it(`${kernels.level}: writes the ids of the k best, of ties those with the least or greatest`, () => {
    fc.assert(
      fc.property(cases, ({ sizes, k, values, seed, greatest, huge }) => {
        const { memory } = kernels;
        const bench = new Bench(memory);
        let next = 0;
        const ids = sizes.map((n) =>
          Array.from({ length: n }, () => ((next++ * 7919 + seed) % 65537) * (huge ? 2 ** 20 : 7)),
        );
        const lists = ids.map((list) => {
          const ptr = bench.room(Math.max(8, list.length * 8));
          memory.f64(ptr, list.length).set(list);
          return ptr;
        });
        const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
        const keys = ids.flat().map((_, i) => (i * 31 + seed) % values);
        const out = bench.room(4 * k);
        const flat = ids.flat().map((id) => Math.min(id, MOST));
        const [at, pointers] = [bench.u32(starts), bench.u32(lists)];
        const r = filled(kernels, bench, keys, k);
        const n = kernels.takeIds(r, greatest, at, pointers, lists.length, out);
        const found = [...memory.u32(out, n)];
        bench.close();
        expect(found.toSorted((a, b) => a - b)).toEqual(
          best(keys, (i) => flat[i]!, k, greatest).toSorted((a, b) => a - b),
        );
      }),
      { numRuns: 60 },
    );
  });

  it(`${kernels.level}: takes positions for ids where there are no lists`, () => {
    fc.assert(
      fc.property(cases, ({ sizes, k, values, seed, greatest }) => {
        const bench = new Bench(kernels.memory);
        const keys = Array.from({ length: 20 * sizes.length }, (_, i) => (i * 31 + seed) % values);
        const out = bench.room(4 * k);
        const n = kernels.takeIds(filled(kernels, bench, keys, k), greatest, 0, 0, 0, out);
        const found = [...kernels.memory.u32(out, n)];
        bench.close();
        expect(found.toSorted((a, b) => a - b)).toEqual(
          best(keys, (i) => i, k, greatest).toSorted((a, b) => a - b),
        );
      }),
      { numRuns: 60 },
    );
  });
}
