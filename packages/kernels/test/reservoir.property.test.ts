import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FLOAT_KEYS, type Kernels, reservoirBytes, reservoirKeys, reservoirPositions } from '../src/index.js';
import { component, whole } from './helpers/arbitraries.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const levels = await bothLevels();

/**
 * `[value, position]` of what a heap of the k best would have had in hand: all below the k-th best and, of its equals, those
 * that came while there was room.
 */
function best(values: readonly number[], k: number, negate: boolean, first: number): [number, number][] {
  const all = values
    .map((v, i): [number, number] => [Math.fround(negate ? 0 - v : v + 0), first + i])
    .filter(([v]) => v < 3.4028234663852886e38);
  const limit = all.map(([v]) => v).sort((a, b) => a - b)[k - 1] ?? Infinity;
  const within = all.filter(([v]) => v <= limit);
  return within.filter(([v], i) => v < limit || i < k).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

function floatOf(key: number): number {
  const bits = new Int32Array([key ^ ((key >> 31) & 0x7fffffff)]);
  return new Float32Array(bits.buffer)[0]!;
}

/** Offers `values` in pieces, in the order of `pieces`. */
function select(
  kernels: Kernels,
  values: readonly number[],
  pieces: readonly [from: number, to: number][],
  options: { k: number; negate: boolean; first: number; sort: boolean },
): [number, number][] {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const { k, negate, first } = options;
  const at = bench.f32(values, 4);
  const r = bench.room(reservoirBytes(k));
  kernels.reservoirStart(r, k, FLOAT_KEYS);
  for (const [from, to] of pieces) kernels.selectF32(at + 4 * from, to - from, negate, first + from, 0, r);
  const n = options.sort ? kernels.reservoirSort(r) : kernels.reservoirTake(r);
  const keys = new Int32Array(memory.buffer, reservoirKeys(r), n);
  const positions = memory.u32(reservoirPositions(r, k), n);
  const found = Array.from(keys, (key, i): [number, number] => [floatOf(key), positions[i]!]);
  bench.close();
  return found;
}

const cases = fc.record({
  values: fc.oneof(
    fc.array(component, { maxLength: 400 }),
    fc.array(whole, { maxLength: 400 }),
    fc.array(fc.constant(7), { maxLength: 300 }),
  ),
  k: fc.constantFrom(1, 2, 3, 10, 33, 100, 500),
  negate: fc.boolean(),
  first: fc.nat({ max: 2 ** 31 }),
  cuts: fc.array(fc.nat({ max: 400 }), { maxLength: 4 }),
  backwards: fc.boolean(),
});

for (const kernels of levels) {
  it(`${kernels.level}: keeps the k best by value and position, in whatever order they come`, () => {
    fc.assert(
      fc.property(cases, ({ values, k, negate, first, cuts, backwards }) => {
        const ends = [0, ...cuts.map((c) => Math.min(c, values.length)), values.length].sort((a, b) => a - b);
        const pieces = ends.slice(1).map((to, i): [number, number] => [ends[i]!, to]);
        if (backwards) pieces.reverse();
        const want = best(values, k, negate, first);
        expect(select(kernels, values, pieces, { k, negate, first, sort: true })).toEqual(want);
        const taken = select(kernels, values, pieces, { k, negate, first, sort: false });
        expect(taken.sort((a, b) => a[0] - b[0] || a[1] - b[1])).toEqual(want);
      }),
      { numRuns: 150 },
    );
  });

  it(`${kernels.level}: keeps long sorted, reversed and equal streams straight`, () => {
    const n = 5000;
    const up = Array.from({ length: n }, (_, i) => i);
    for (const values of [
      up,
      up.toReversed(),
      new Array<number>(n).fill(-1),
      up.map((i) => (i * 7919) % 97),
    ]) {
      for (const k of [1, 17, 1000, n, n + 5]) {
        const found = select(kernels, values, [[0, n]], { k, negate: false, first: 0, sort: true });
        expect(found).toEqual(best(values, k, false, 0));
      }
    }
  });
}

it('takes positions from a table where one is given', () => {
  for (const kernels of levels) {
    const { memory } = kernels;
    const bench = new Bench(memory);
    const n = 53;
    const values = bench.f32(Array.from({ length: n }, (_, i) => i % 5));
    const ids = bench.u32(Array.from({ length: n }, (_, i) => 1000 - i));
    const r = bench.room(reservoirBytes(3));
    kernels.reservoirStart(r, 3, FLOAT_KEYS);
    kernels.selectF32(values, n, false, 0, ids, r);
    expect(kernels.reservoirSort(r)).toBe(3);
    expect([...memory.u32(reservoirPositions(r, 3), 3)]).toEqual([950, 955, 960]);
    bench.close();
  }
});
