import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Kernels } from '../src/index.js';
import { component, finite, floats, offset, whole } from './helpers/arbitraries.js';
import { bits } from './helpers/compare.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const levels = await bothLevels();

interface Case {
  d: number;
  nx: number;
  ny: number;
  m: number;
  offsets: readonly number[];
  x: Float32Array;
  y: Float32Array;
  /** Normal of the mirror that makes the basis from unit vectors. */
  normal: Float32Array;
}

function cases(of: fc.Arbitrary<number>): fc.Arbitrary<Case> {
  const shapes = fc.record({
    d: fc.integer({ min: 32, max: 67 }),
    nx: fc.integer({ min: 0, max: 9 }),
    ny: fc.integer({ min: 0, max: 21 }),
    m: fc.constantFrom(8, 16, 24, 32),
    offsets: fc.tuple(offset, offset, offset),
  });
  return shapes.chain((shape) =>
    fc.record({
      x: floats(of, shape.nx * shape.d).map((v) => Float32Array.from(v)),
      y: floats(of, shape.ny * shape.d).map((v) => Float32Array.from(v)),
      normal: floats(fc.float({ min: -1, max: 1, noNaN: true }), shape.d).map((v) => Float32Array.from(v)),
      d: fc.constant(shape.d),
      nx: fc.constant(shape.nx),
      ny: fc.constant(shape.ny),
      m: fc.constant(shape.m),
      offsets: fc.constant(shape.offsets),
    }),
  );
}

/** m - 1 orthonormal rows, unit vectors in a mirror, and a row of zeros. */
function basisOf({ d, m, normal }: Case): Float32Array {
  const length = normal.reduce((sum, v) => sum + v * v, 0);
  const basis = new Float32Array(m * d);
  for (let i = 0; i < m - 1; i++) {
    for (let j = 0; j < d; j++) {
      const mirrored = length < 1e-3 ? 0 : (2 * normal[i]! * normal[j]!) / length;
      basis[i * d + j] = (i === j ? 1 : 0) - mirrored;
    }
  }
  return basis;
}

function run(kernels: Kernels, ip: boolean, c: Case) {
  const { d, nx, ny, m, offsets } = c;
  const { memory } = kernels;
  const bench = new Bench(memory);
  const [x, y] = [bench.f32(c.x, offsets[0]), bench.f32(c.y, offsets[1])];
  const basis = bench.f32(basisOf(c), offsets[2]);
  const [norms, count] = [bench.room(4 * ny, 4), bench.u32([5])];
  const places = () => [bench.room(4 * nx, 8), bench.room(4 * nx, 12)] as const;
  const [full, bounded] = [places(), places()];
  const table = bench.room(kernels.boundTableBytes(ny, m));
  const scratch = bench.room(Math.max(kernels.scratchBounded(ny), kernels.scratchAssign(nx, ny)));
  kernels.normsSqr(y, d, ny, norms);
  kernels.boundRows(y, ny, d, ip ? 0 : norms, basis, m, table, scratch);
  if (ip) {
    kernels.assignIp(x, nx, y, ny, d, ...full, scratch);
    kernels.assignBoundedIp(x, nx, y, ny, d, basis, m, table, ...bounded, count, scratch);
  } else {
    kernels.assignL2(x, nx, y, ny, d, norms, ...full, scratch);
    kernels.assignBoundedL2(x, nx, y, ny, d, norms, basis, m, table, ...bounded, count, scratch);
  }
  const read = ([idx, dis]: ReturnType<typeof places>) => ({
    indices: [...memory.u32(idx, nx)],
    distances: [...bits(memory.f32(dis, nx))],
  });
  const result = { full: read(full), bounded: read(bounded), compared: memory.u32(count, 1)[0]! - 5 };
  bench.close();
  return result;
}

for (const kernels of levels) {
  for (const ip of [false, true]) {
    const name = `${kernels.level}: ${ip ? 'assignBoundedIp' : 'assignBoundedL2'}`;
    const kinds: [string, fc.Arbitrary<number>][] = [
      ['finite numbers', finite],
      ['whole numbers, where ties abound', whole],
      ['numbers with NaN and infinities among them', component],
      ['numbers near the ends of the range', fc.constantFrom(0, 1e-20, -3e-20, 1e-38, 1e18, -2e19, 3e38)],
    ];
    for (const [kind, of] of kinds) {
      it(`${name} is assign to the bit, on ${kind}`, () => {
        fc.assert(
          fc.property(cases(of), (c) => {
            const { full, bounded, compared } = run(kernels, ip, c);
            expect(bounded).toEqual(full);
            expect(compared).toBeLessThanOrEqual(c.nx * c.ny);
          }),
          { numRuns: 200 },
        );
      });
    }

    it(`${name} is assign to the bit where bounds rule out most rows, ties and near ties left`, () => {
      const [d, nx, ny, m] = [48, 301, 413, 24];
      // a steep spectrum; every third row of y twice, and again a hair away
      const wave = (i: number, j: number) => (Math.sin(i * (j + 1.7) * 12.9898) * 8) / (1 + j * j);
      const row = (i: number) => (i % 3 === 1 ? i - 1 : i);
      const y = Float32Array.from(
        { length: ny * d },
        (_, at) => wave(row(Math.floor(at / d)), at % d) * (at % (7 * d) === 0 ? 1.0000001 : 1),
      );
      const x = Float32Array.from({ length: nx * d }, (_, at) => wave(Math.floor(at / d) * 5 + 0.01, at % d));
      const c = { d, nx, ny, m, offsets: [4, 8, 12], x, y, normal: new Float32Array(d) };
      const { full, bounded, compared } = run(kernels, ip, c);
      expect(bounded).toEqual(full);
      if (kernels.level !== 'scalar') expect(compared).toBeLessThan((nx * ny) / 10);
    });
  }
}

it('sumByIdx adds as its twin does, to the bit', () => {
  const shapes = fc.record({
    d: fc.integer({ min: 1, max: 21 }),
    idx: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 12 }),
    offsets: fc.tuple(offset, offset, offset),
  });
  fc.assert(
    fc.property(
      shapes.chain((shape) => fc.tuple(fc.constant(shape), floats(finite, shape.idx.length * shape.d))),
      ([{ d, idx, offsets }, values]) => {
        const [want, got] = levels.map(({ memory, sumByIdx }) => {
          const bench = new Bench(memory);
          const [x, numbers] = [bench.f32(values, offsets[0]), bench.u32(idx)];
          const sums = bench.f32(new Float32Array(5 * d).fill(0.1), offsets[1]);
          const counts = bench.f32(new Float32Array(5).fill(2), offsets[2]);
          sumByIdx(x, idx.length, d, numbers, sums, counts);
          const result = [...bits(memory.f32(sums, 5 * d)), ...memory.f32(counts, 5)];
          bench.close();
          return result;
        });
        expect(got).toEqual(want);
        expect(got!.slice(5 * d)).toEqual([0, 1, 2, 3, 4].map((c) => 2 + idx.filter((i) => i === c).length));
      },
    ),
    { numRuns: 200 },
  );
});
