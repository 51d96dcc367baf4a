import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FLOAT_KEYS, type Kernels, reservoirBytes, SCALAR_CODES, type ScalarCode } from '../src/index.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';
import { sorted } from './helpers/sorted.js';

const [scalar, simd] = await bothLevels();

interface Case {
  readonly kind: ScalarCode;
  readonly d: number;
  readonly k: number;
  readonly ip: boolean;
  /** Codes of each list that is visited, and whether it has norms. */
  readonly lists: readonly { n: number; norms: boolean; centroid: boolean }[];
  readonly seed: number;
}

const bitsOf = (kind: ScalarCode): number => (kind >= SCALAR_CODES.fp16 ? 16 : kind);

/** Keys and positions of what stays, in order. */
function run(kernels: Kernels, { kind, d, k, ip, lists, seed }: Case): [number, number][] {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const random = (i: number) => Math.imul(i + seed, 0x9e3779b1) >>> 15;
  // whole numbers: all sums are exact, so that levels agree to the bit
  const few = (i: number) => (random(i) % 7) - 3;
  const floats = (n: number, salt: number) => bench.f32(Array.from({ length: n }, (_, j) => few(j + salt)));
  const [x, offsets] = [floats(d, 1), floats(d, 1009)];
  const widths = bench.f32(Array.from({ length: d }, (_, j) => 1 + (random(j + 77) % 2)));
  const size = Math.ceil((d * bitsOf(kind)) / 8);
  let first = 3;
  const visits = bench.u32(new Array(6 * Math.max(1, lists.length)).fill(0));
  lists.forEach(({ n, norms, centroid }, l) => {
    const bytes = Uint8Array.from({ length: Math.max(1, n * size) + 16 }, (_, i) =>
      random(i + 7919 * (l + 1)),
    );
    // small numbers of either float type: the lower byte zero, the upper an exponent about that of one
    if (kind >= SCALAR_CODES.fp16)
      for (let i = 0; i < bytes.length; i++) bytes[i] = i % 2 === 0 ? 0 : 0x3c + (bytes[i]! & 3);
    const codes = bench.u8(bytes);
    let at = 0;
    if (norms && kind < SCALAR_CODES.fp16) {
      at = bench.room(4 * (n + 4));
      const zeros = bench.f32(new Array(d).fill(0));
      kernels.sqL2(kind, zeros, widths, codes, size, d, 0, n, at);
    }
    memory.u32(visits + 24 * l, 5).set([codes, at, centroid ? floats(d, 5003 * (l + 1)) : 0, n, first]);
    memory.f32(visits + 24 * l + 20, 1)[0] = few(l);
    first += n;
  });
  const r = bench.room(reservoirBytes(k));
  const scratch = bench.room(kernels.scratchSqSelect(k, d));
  kernels.reservoirStart(r, k, FLOAT_KEYS);
  kernels.sqSelect(kind, visits, lists.length, x, offsets, widths, d, size, ip, r, scratch);
  const found = sorted({ kernels, r, k });
  bench.close();
  return found;
}

it('keeps what comparing every code keeps', () => {
  fc.assert(
    fc.property(
      fc.record({
        kind: fc.constantFrom(...Object.values(SCALAR_CODES)),
        d: fc.integer({ min: 1, max: 40 }),
        k: fc.constantFrom(1, 3, 10, 80, 400),
        ip: fc.boolean(),
        lists: fc.array(
          fc.record({
            n: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 200, max: 600 })),
            norms: fc.boolean(),
            centroid: fc.boolean(),
          }),
          { maxLength: 4 },
        ),
        seed: fc.nat(),
      }),
      (c) => {
        expect(run(simd, c)).toEqual(run(scalar, c));
      },
    ),
    { numRuns: 80 },
  );
});
