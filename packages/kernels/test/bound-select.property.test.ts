import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FLOAT_KEYS, type Kernels, reservoirBytes } from '../src/index.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';
import { sorted } from './helpers/sorted.js';

const [scalar, simd] = await bothLevels();

interface Case {
  readonly d: number;
  readonly k: number;
  readonly ip: boolean;
  /** Rows of each list that is visited. */
  readonly lists: readonly number[];
  readonly seed: number;
  /** Components are whole numbers up to this: few, for ties. */
  readonly top: number;
}

/** Keys and positions of what stays, in order. */
function run(kernels: Kernels, { d, k, ip, lists, seed, top }: Case): [number, number][] {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const random = (i: number) => ((Math.imul(i + seed, 0x9e3779b1) >>> 15) % (2 * top + 1)) - top;
  const d16 = Math.ceil(d / 16) * 16;
  const x = bench.f32(Array.from({ length: d }, (_, j) => random(j)));
  const mean = ip ? 0 : bench.f32(new Array(d).fill(0.25));
  let first = 3;
  const visits = lists.flatMap((n, l) => {
    const rows = bench.f32(Array.from({ length: Math.max(1, n * d) }, (_, i) => random(i + 7919 * (l + 1))));
    const groups = Math.max(1, Math.ceil(n / 4));
    const codes = bench.u8(new Uint8Array(4 * groups * d16));
    const facts = bench.f32(new Float32Array(20 * groups));
    kernels.int8Encode(rows, n, d, mean, codes, facts);
    const visit = [codes, facts, rows, n, first];
    first += n;
    return visit;
  });
  const [u, about] = [bench.room(d16), bench.room(12)];
  kernels.int8Query(x, d, mean, u, about);
  const [zz, t, lost] = memory.f32(about, 3);
  const norm = Math.sqrt(zz!);
  // whole numbers: a thousandth outweighs what float32 loses
  const weights = bench.f32(
    ip ? [-1e-3, 0, -t!, -lost!, -norm] : [zz! - 1e-3, 1, -2 * t!, -2 * lost!, -2 * norm],
  );
  const r = bench.room(reservoirBytes(k));
  const scratch = bench.room(kernels.scratchBoundSelect(k));
  kernels.reservoirStart(r, k, FLOAT_KEYS);
  kernels.boundSelect(bench.u32(visits), lists.length, x, d, d, u, weights, ip, r, scratch);
  const found = sorted({ kernels, r, k });
  bench.close();
  return found;
}

it('keeps what comparing every row keeps', () => {
  fc.assert(
    fc.property(
      fc.record({
        d: fc.integer({ min: 1, max: 40 }),
        k: fc.constantFrom(1, 3, 10, 80, 400),
        ip: fc.boolean(),
        lists: fc.array(
          fc.oneof(
            { weight: 5, arbitrary: fc.integer({ min: 0, max: 40 }) },
            { weight: 5, arbitrary: fc.integer({ min: 200, max: 600 }) },
            { weight: 1, arbitrary: fc.integer({ min: 4090, max: 4400 }) },
          ),
          { maxLength: 5 },
        ),
        seed: fc.nat(),
        // sums of squares stay below 2^24, exact in float32 in any order
        top: fc.constantFrom(1, 3, 300),
      }),
      (c) => {
        expect(run(simd, c)).toEqual(run(scalar, c));
      },
    ),
    { numRuns: 60 },
  );
});
