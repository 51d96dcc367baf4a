import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Kernels } from '../src/index.js';
import { component, count, dimension, floats, offset } from './helpers/arbitraries.js';
import { nearSum } from './helpers/compare.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const levels = await bothLevels();

const cases = fc
  .record({ d: dimension, n: count, offsets: fc.tuple(offset, offset, offset) })
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      x: floats(component, shape.d),
      y: floats(component, shape.n * shape.d),
      ids: fc.array(fc.nat({ max: Math.max(0, shape.n - 1) }), { maxLength: shape.n === 0 ? 0 : 9 }),
    }),
  );

/** float64 sums over the rows of y, with the magnitudes that bound their rounding. */
function reference(
  x: Float32Array,
  y: Float32Array,
  d: number,
  ip: boolean,
): { sum: number; magnitude: number }[] {
  return Array.from({ length: y.length / d }, (_, i) => {
    let sum = 0;
    let magnitude = 0;
    for (let j = 0; j < d; j++) {
      const b = y[i * d + j]!;
      const term = ip ? x[j]! * b : (x[j]! - b) ** 2;
      sum += term;
      magnitude += Math.abs(term);
    }
    return { sum, magnitude };
  });
}

function expectNear(got: Float32Array, want: { sum: number; magnitude: number }[], d: number): void {
  expect(got.length).toBe(want.length);
  want.forEach(({ sum, magnitude }, i) => {
    expect(nearSum(got[i]!, sum, magnitude, 2 * d), `row ${i}: ${got[i]} for ${sum}`).toBe(true);
  });
}

for (const kernels of levels) {
  const { memory, level } = kernels;
  for (const ip of [false, true]) {
    const ny: Kernels['ipNy'] = ip ? kernels.ipNy : kernels.l2sqrNy;
    const byIdx: Kernels['ipByIdx'] = ip ? kernels.ipByIdx : kernels.l2sqrByIdx;

    it(`${level}: ${ip ? 'ipNy' : 'l2sqrNy'} and its ByIdx form agree with float64 and with each other`, () => {
      fc.assert(
        fc.property(cases, ({ shape: { d, n, offsets }, x, y, ids }) => {
          const bench = new Bench(memory);
          const want = reference(Float32Array.from(x), Float32Array.from(y), d, ip);
          const [px, py] = [bench.f32(x, offsets[0]), bench.f32(y, offsets[1])];
          const [out, picked] = [bench.room(4 * n, offsets[2]), bench.room(4 * ids.length, offsets[2])];
          ny(px, py, d, n, out);
          byIdx(px, py, d, bench.u32(ids), ids.length, picked);
          const all = memory.f32(out, n).slice();
          expectNear(all, want, d);
          expect([...memory.f32(picked, ids.length)]).toEqual(ids.map((i) => all[i]!));
          bench.close();
        }),
      );
    });
  }

  it(`${level}: normsSqr agrees with float64`, () => {
    fc.assert(
      fc.property(cases, ({ shape: { d, n, offsets }, y }) => {
        const bench = new Bench(memory);
        const rows = Float32Array.from(y);
        const out = bench.room(4 * n, offsets[2]);
        kernels.normsSqr(bench.f32(y, offsets[1]), d, n, out);
        const want = Array.from({ length: n }, (_, i) => {
          const row = rows.subarray(i * d, (i + 1) * d);
          return reference(row, row, d, true)[0]!;
        });
        expectNear(memory.f32(out, n), want, d);
        bench.close();
      }),
    );
  });

  it(`${level}: ipBlock agrees with float64 for every pair of rows`, () => {
    const pairs = cases.chain((y) => fc.record({ y: fc.constant(y), x: floats(component, 7 * y.shape.d) }));
    fc.assert(
      fc.property(pairs, fc.integer({ min: 0, max: 7 }), ({ y: { shape, y }, x }, nx) => {
        const { d, n, offsets } = shape;
        const bench = new Bench(memory);
        const out = bench.room(4 * nx * n, offsets[2]);
        const given = x.slice(0, nx * d);
        kernels.ipBlock(bench.f32(given, offsets[0]), nx, bench.f32(y, offsets[1]), n, d, out);
        for (let q = 0; q < nx; q++) {
          const row = Float32Array.from(given.slice(q * d, (q + 1) * d));
          expectNear(memory.f32(out + 4 * q * n, n), reference(row, Float32Array.from(y), d, true), d);
        }
        bench.close();
        expect(memory.allocatedBytes).toBe(0);
      }),
    );
  });

  it(`${level}: ipBlock gives every product once when both matrices are larger than a cache block and a call`, () => {
    const bench = new Bench(memory);
    const [nx, ny, d] = [641, 1031, 3];
    const x = Float32Array.from({ length: nx * d }, (_, i) => (i % 13) - 6);
    const y = Float32Array.from({ length: ny * d }, (_, i) => (i % 11) - 5);
    const out = bench.room(4 * nx * ny);
    kernels.ipBlock(bench.f32(x, 4), nx, bench.f32(y, 8), ny, d, out);
    const got = memory.f32(out, nx * ny);
    let wrong = 0;
    for (let q = 0; q < nx; q++) {
      for (let i = 0; i < ny; i++) {
        const want = x[q * d]! * y[i * d]! + x[q * d + 1]! * y[i * d + 1]! + x[q * d + 2]! * y[i * d + 2]!;
        if (got[q * ny + i] !== want) wrong++;
      }
    }
    expect(wrong).toBe(0);
    bench.close();
  });
}
