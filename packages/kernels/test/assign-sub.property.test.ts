import fc from 'fast-check';
import { expect, it } from 'vitest';
import { component, floats, offset, whole } from './helpers/arbitraries.js';
import { bits } from './helpers/compare.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const [scalar, tested] = await bothLevels();

function cases(of: fc.Arbitrary<number>) {
  const shapes = fc.record({
    nx: fc.integer({ min: 0, max: 9 }),
    dsub: fc.integer({ min: 1, max: 17 }),
    gap: fc.integer({ min: 0, max: 5 }),
    ksub: fc.oneof(fc.constantFrom(1, 2, 4, 16, 32), fc.integer({ min: 1, max: 23 })),
    offsets: fc.tuple(offset, offset),
  });
  return shapes.chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      x: floats(of, shape.nx * (shape.dsub + shape.gap)).map((v) => Float32Array.from(v)),
      centroidsT: floats(of, shape.ksub * shape.dsub).map((v) => Float32Array.from(v)),
    }),
  );
}

type Case = typeof cases extends (of: fc.Arbitrary<number>) => fc.Arbitrary<infer T> ? T : never;

function run(
  { memory, assignSub }: typeof scalar,
  { shape: { nx, dsub, gap, ksub, offsets }, x, centroidsT }: Case,
) {
  const bench = new Bench(memory);
  const [idx, dis] = [bench.room(4 * nx, 4), bench.room(4 * nx, 8)];
  assignSub(
    bench.f32(x, offsets[0]),
    nx,
    dsub + gap,
    bench.f32(centroidsT, offsets[1]),
    ksub,
    dsub,
    idx,
    dis,
  );
  const result = { indices: memory.u32(idx, nx).slice(), distances: memory.f32(dis, nx).slice() };
  bench.close();
  return result;
}

it('takes the lowest index of the nearest, exactly, on whole numbers', () => {
  fc.assert(
    fc.property(cases(whole), (c) => {
      const { dsub, gap, ksub, nx } = c.shape;
      const { indices, distances } = run(tested, c);
      expect(indices.length).toBe(nx);
      indices.forEach((index, q) => {
        const all = Array.from({ length: ksub }, (_, k) => {
          let sum = 0;
          for (let j = 0; j < dsub; j++)
            sum += (c.x[q * (dsub + gap) + j]! - c.centroidsT[j * ksub + k]!) ** 2;
          return sum;
        });
        expect(distances[q]).toBe(Math.min(...all));
        expect(index).toBe(all.indexOf(Math.min(...all)));
      });
    }),
    { numRuns: 300 },
  );
});

it('gives the same indices and the same bits at every level, whatever comes', () => {
  fc.assert(
    fc.property(cases(component), (c) => {
      const [want, got] = [run(scalar, c), run(tested, c)];
      expect(got.indices).toEqual(want.indices);
      expect(bits(got.distances)).toEqual(bits(want.distances));
    }),
    { numRuns: 300 },
  );
});
