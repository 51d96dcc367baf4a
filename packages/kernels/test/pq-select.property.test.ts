import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FLOAT_KEYS, type Kernels, reservoirBytes } from '../src/index.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';
import { sorted } from './helpers/sorted.js';

const [scalar, simd] = await bothLevels();

interface Case {
  readonly M: number;
  readonly nbits: number;
  readonly k: number;
  readonly ip: boolean;
  readonly lists: readonly { n: number; part: boolean }[];
  readonly seed: number;
}

/** Keys and positions of what stays, in order. */
function run(kernels: Kernels, { M, nbits, k, ip, lists, seed }: Case): [number, number][] {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const random = (i: number) => Math.imul(i + seed, 0x9e3779b1) >>> 15;
  const table = (salt: number) =>
    bench.f32(Array.from({ length: M * 2 ** nbits }, (_, j) => (random(j + salt) % 1000) / 7 - 50));
  const size = Math.ceil((M * nbits) / 8);
  const products = table(1);
  const visits = bench.u32(new Array(5 * lists.length + 1).fill(0));
  let first = 5;
  lists.forEach(({ n, part }, l) => {
    const codes = bench.u8(Uint8Array.from({ length: n * size + 1 }, (_, i) => random(i + 7919 * (l + 1))));
    memory.u32(visits + 20 * l, 4).set([codes, part ? table(31 * (l + 1)) : 0, n, first]);
    memory.f32(visits + 20 * l + 16, 1)[0] = l / 3;
    first += n;
  });
  const r = bench.room(reservoirBytes(k));
  const scratch = bench.room(kernels.scratchPqSelect(M, nbits));
  kernels.reservoirStart(r, k, FLOAT_KEYS);
  kernels.pqSelect(visits, lists.length, products, M, nbits, size, ip, r, scratch);
  const found = sorted({ kernels, r, k });
  bench.close();
  return found;
}

it('keeps the same candidates at every level', () => {
  fc.assert(
    fc.property(
      fc.record({
        M: fc.integer({ min: 1, max: 9 }),
        nbits: fc.constantFrom(8, 4, 1, 6, 9),
        k: fc.constantFrom(1, 3, 10, 80),
        ip: fc.boolean(),
        lists: fc.array(
          fc.record({
            n: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 200, max: 600 })),
            part: fc.boolean(),
          }),
          { maxLength: 4 },
        ),
        seed: fc.nat(),
      }),
      (c) => {
        expect(run(simd, c)).toEqual(run(scalar, c));
      },
    ),
    { numRuns: 60 },
  );
});
