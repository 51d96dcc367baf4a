import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FLOAT_KEYS, type Kernels, reservoirBytes } from '../src/index.js';
import { floats } from './helpers/arbitraries.js';
import { bits } from './helpers/compare.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';
import { sorted } from './helpers/sorted.js';

const [scalar, simd] = await bothLevels();
const upTo16 = (n: number): number => Math.ceil(n / 16) * 16;

it('turns a query into the same bits at every level', () => {
  const value = fc.float({ min: -8, max: 8, noNaN: true });
  const run = (kernels: Kernels, x: readonly number[], center: readonly number[] | undefined, qb: number) => {
    const { memory } = kernels;
    const bench = new Bench(memory);
    const d = x.length;
    const [residual, values] = [bench.room(4 * upTo16(d)), bench.room(upTo16(d))];
    const planeBytes = 64 * Math.ceil(d / 64);
    const [planes, facts] = [bench.room(planeBytes), bench.room(32)];
    const c = center ? bench.f32(center) : 0;
    kernels.rabitqQuery(bench.f32(x), c, d, qb, residual, values, planes, facts);
    const found = [
      bits(memory.f32(residual, upTo16(d))),
      [...memory.u8(values, upTo16(d))],
      [...memory.u8(planes, planeBytes)],
      bits(memory.f32(facts, 8)),
    ];
    bench.close();
    return found;
  };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }).chain((d) => fc.tuple(floats(value, d), floats(value, d))),
      fc.boolean(),
      fc.integer({ min: 1, max: 8 }),
      ([x, c], around, qb) => {
        const center = around ? c : undefined;
        expect(run(simd, x, center, qb)).toEqual(run(scalar, x, center, qb));
      },
    ),
    {
      numRuns: 100,
      examples: [
        [
          [
            [0, 0, 2 ** -149],
            [0, 0, 0],
          ],
          false,
          1,
        ],
      ],
    },
  );
});

interface Case {
  readonly d: number;
  readonly k: number;
  readonly ip: boolean;
  readonly extra: number;
  readonly qb: number;
  readonly lists: readonly number[];
  readonly seed: number;
}

/** Keys and positions of what stays, in order. */
function run(kernels: Kernels, { d, k, ip, extra, qb, lists, seed }: Case): [number, number][] {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const random = (i: number) => ((Math.imul(i + seed, 0x9e3779b1) >>> 8) % 2001) / 1000 - 1;
  const row = (n: number, salt: number) => bench.f32(Array.from({ length: n }, (_, j) => random(j + salt)));
  const size = Math.ceil(d / 8) + (extra === 0 ? 8 : 20 + Math.ceil((d * extra) / 8));
  const x = row(d, 1);
  let first = 2;
  const visits = lists.flatMap((n, l) => {
    const centroid = l % 2 === 0 ? row(d, 911 * (l + 1)) : 0;
    const codes = bench.room(Math.max(1, n * size));
    const rows = row(Math.max(1, n * d), 7919 * (l + 1));
    kernels.rabitqEncode(rows, n, d, centroid, extra, ip, codes, size, bench.room(24 * d));
    const visit = [codes, centroid, n, first];
    first += n;
    return visit;
  });
  const r = bench.room(reservoirBytes(k));
  const scratch = bench.room(kernels.scratchRabitqSelect(k, d));
  kernels.reservoirStart(r, k, FLOAT_KEYS);
  kernels.rabitqSelect(bench.u32([...visits, 0]), lists.length, x, d, qb, extra, size, ip, k, r, scratch);
  const found = sorted({ kernels, r, k });
  bench.close();
  return found;
}

it('keeps what going code by code keeps', () => {
  fc.assert(
    fc.property(
      fc.record({
        d: fc.integer({ min: 1, max: 40 }),
        k: fc.constantFrom(1, 3, 10, 80),
        ip: fc.boolean(),
        extra: fc.constantFrom(0, 0, 1, 3, 8),
        qb: fc.constantFrom(4, 8, 1),
        lists: fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 60, max: 200 })), {
          maxLength: 4,
        }),
        seed: fc.nat(),
      }),
      (c) => {
        expect(run(simd, c)).toEqual(run(scalar, c));
      },
    ),
    { numRuns: 60 },
  );
});
