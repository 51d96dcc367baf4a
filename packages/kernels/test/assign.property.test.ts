import fc from 'fast-check';
import { expect, it } from 'vitest';
import { component, dimension, finite, floats, offset, whole } from './helpers/arbitraries.js';
import { nearSum } from './helpers/compare.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const levels = await bothLevels();

function cases(of: fc.Arbitrary<number>) {
  const shapes = fc.record({
    d: dimension,
    nx: fc.integer({ min: 0, max: 9 }),
    ny: fc.integer({ min: 0, max: 13 }),
    offsets: fc.tuple(offset, offset, offset),
  });
  return shapes.chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      x: floats(of, shape.nx * shape.d).map((v) => Float32Array.from(v)),
      y: floats(of, shape.ny * shape.d).map((v) => Float32Array.from(v)),
    }),
  );
}

type Case = {
  shape: { d: number; nx: number; ny: number; offsets: number[] };
  x: Float32Array;
  y: Float32Array;
};

function run(kernels: (typeof levels)[0], ip: boolean, { shape: { d, nx, ny, offsets }, x, y }: Case) {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const [px, py] = [bench.f32(x, offsets[0]), bench.f32(y, offsets[1])];
  const [norms, idx, dis] = [bench.room(4 * ny, 4), bench.room(4 * nx, 8), bench.room(4 * nx, offsets[2])];
  const scratch = bench.room(kernels.scratchAssign(nx, ny));
  kernels.normsSqr(py, d, ny, norms);
  if (ip) kernels.assignIp(px, nx, py, ny, d, idx, dis, scratch);
  else kernels.assignL2(px, nx, py, ny, d, norms, idx, dis, scratch);
  const result = { indices: [...memory.u32(idx, nx)], distances: [...memory.f32(dis, nx)] };
  bench.close();
  return result;
}

/** Cost of each y row for x row q, as the contract minimises it, in float64. */
function costs(
  ip: boolean,
  { shape: { d, ny }, x, y }: Case,
  q: number,
): { cost: number; magnitude: number }[] {
  return Array.from({ length: ny }, (_, i) => {
    let cost = 0;
    let magnitude = 0;
    for (let j = 0; j < d; j++) {
      const [a, b] = [x[q * d + j]!, y[i * d + j]!];
      cost += ip ? -a * b : b * b - 2 * a * b;
      magnitude += Math.abs(2 * a * b) + (ip ? 0 : b * b);
    }
    return { cost, magnitude };
  });
}

function norm({ shape: { d }, x }: Case, q: number): number {
  return x.subarray(q * d, (q + 1) * d).reduce((sum, v) => sum + v * v, 0);
}

for (const kernels of levels) {
  for (const ip of [false, true]) {
    const name = `${kernels.level}: ${ip ? 'assignIp' : 'assignL2'}`;

    it(`${name} takes the lowest index of the best, exactly, on whole numbers`, () => {
      fc.assert(
        fc.property(cases(whole), (c) => {
          const { indices, distances } = run(kernels, ip, c);
          expect(indices.length).toBe(c.shape.nx);
          indices.forEach((index, q) => {
            const all = costs(ip, c, q).map(({ cost }) => cost);
            const best = Math.min(Infinity, ...all);
            expect(index).toBe(Math.max(0, all.indexOf(best)));
            expect(distances[q]! + 0).toBe((ip ? -best : norm(c, q) + best) + 0);
          });
        }),
        { numRuns: 200 },
      );
    });

    it(`${name} is within rounding of the best, on any finite numbers`, () => {
      fc.assert(
        fc.property(cases(finite), (c) => {
          const { indices, distances } = run(kernels, ip, c);
          expect(indices.length).toBe(c.shape.nx);
          if (c.shape.ny === 0) return;
          indices.forEach((index, q) => {
            const all = costs(ip, c, q);
            const chosen = all[index]!;
            const slack = Math.max(...all.map(({ magnitude }) => magnitude));
            for (const { cost } of all) {
              expect(chosen.cost <= cost || nearSum(chosen.cost, cost, 2 * slack, 2 * c.shape.d + 4)).toBe(
                true,
              );
            }
            const want = ip ? -chosen.cost : Math.max(0, norm(c, q) + chosen.cost);
            expect(nearSum(distances[q]!, want, 2 * slack + norm(c, q), 2 * c.shape.d + 4)).toBe(true);
          });
        }),
        { numRuns: 200 },
      );
    });

    it(`${name} gives an index in range whatever comes, and never that of a NaN while there is a number`, () => {
      fc.assert(
        fc.property(cases(component), (c) => {
          const { indices } = run(kernels, ip, c);
          expect(indices.length).toBe(c.shape.nx);
          indices.forEach((index, q) => {
            expect(index).toBeLessThan(Math.max(1, c.shape.ny));
            const all = costs(ip, c, q).map(({ cost }) => cost);
            const numbers = all.filter((cost) => cost < Infinity);
            if (numbers.length > 0 && numbers.length < all.length) expect(all[index]).not.toBeNaN();
          });
        }),
        { numRuns: 200 },
      );
    });

    it(`${name} finds equal rows by their first, across cache blocks, calls and ragged ends`, () => {
      const [d, nx, ny] = [37, 525, 483];
      const y = Float32Array.from({ length: ny * d }, (_, at) =>
        Math.sin((Math.floor(at / d) % 161) * 7.3 + (at % d)),
      );
      const x = Float32Array.from({ length: nx * d }, (_, at) => y[at % y.length]! * 1.0000001);
      const { indices } = run(kernels, ip, { shape: { d, nx, ny, offsets: [4, 8, 12] }, x, y });
      const scores = (q: number) =>
        costs(ip, { shape: { d, nx, ny, offsets: [] }, x, y }, q).map(({ cost }) => cost);
      expect(indices).toEqual(
        Array.from({ length: nx }, (_, q) => {
          const all = scores(q);
          return all.indexOf(Math.min(...all));
        }),
      );
    });
  }
}
