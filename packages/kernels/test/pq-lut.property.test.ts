import fc from 'fast-check';
import { expect, it } from 'vitest';
import { component, finite, floats, offset } from './helpers/arbitraries.js';
import { bits, nearSum } from './helpers/compare.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const [scalar, tested] = await bothLevels();

function cases(of: fc.Arbitrary<number>) {
  const shapes = fc.record({
    M: fc.integer({ min: 0, max: 4 }),
    ksub: fc.constantFrom(1, 2, 4, 8, 16, 16, 32, 256),
    dsub: fc.integer({ min: 1, max: 67 }),
    offsets: fc.tuple(offset, offset, offset),
    seed: fc.nat(),
  });
  return shapes.chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      x: floats(of, shape.M * shape.dsub).map((v) => Float32Array.from(v)),
      centroids: floats(of, 101).map((palette) =>
        Float32Array.from(
          { length: shape.M * shape.ksub * shape.dsub },
          (_, i) => palette[(i * 37 + shape.seed) % 101]!,
        ),
      ),
    }),
  );
}

type Case = typeof cases extends (of: fc.Arbitrary<number>) => fc.Arbitrary<infer T> ? T : never;

function run(
  kernels: typeof scalar,
  ip: boolean,
  { shape: { M, ksub, dsub, offsets }, x, centroids }: Case,
): Float32Array {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const lut = bench.room(4 * M * ksub, offsets[2]);
  const [px, pc] = [bench.f32(x, offsets[0]), bench.f32(centroids, offsets[1])];
  if (ip) kernels.pqLutIp(px, pc, M, ksub, dsub, lut);
  else kernels.pqLutL2(px, pc, M, ksub, dsub, lut);
  const result = memory.f32(lut, M * ksub).slice();
  bench.close();
  return result;
}

/** NaN has many bit patterns, of which an engine may give any. */
function canonical(values: Float32Array): Uint32Array {
  return bits(values.map((v) => (Number.isNaN(v) ? Number.NaN : v)));
}

for (const ip of [false, true]) {
  const name = ip ? 'pqLutIp' : 'pqLutL2';

  it(`${name} gives the same bits at every level, whatever comes`, () => {
    fc.assert(
      fc.property(cases(component), (c) => {
        expect(canonical(run(tested, ip, c))).toEqual(canonical(run(scalar, ip, c)));
      }),
      { numRuns: 300 },
    );
  });

  it(`${name} agrees with float64`, () => {
    fc.assert(
      fc.property(cases(finite), (c) => {
        const { M, ksub, dsub } = c.shape;
        const got = run(tested, ip, c);
        expect(got.length).toBe(M * ksub);
        got.forEach((value, at) => {
          const m = Math.floor(at / ksub);
          let sum = 0;
          let magnitude = 0;
          for (let j = 0; j < dsub; j++) {
            const [a, b] = [c.x[m * dsub + j]!, c.centroids[at * dsub + j]!];
            sum += ip ? a * b : (a - b) ** 2;
            magnitude += ip ? Math.abs(a * b) : a * a + b * b;
          }
          if (!nearSum(value, sum, 2 * magnitude, 2 * dsub))
            throw new Error(`entry ${at}: ${value} for ${sum}`);
        });
      }),
      { numRuns: 150 },
    );
  });
}
