import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Kernels } from '../src/index.js';
import { component, floats, offset, whole } from './helpers/arbitraries.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const [scalar, tested] = await bothLevels();

interface Case {
  nbits: 4 | 8;
  nx: number;
  M: number;
  dsub: number;
  offsets: readonly number[];
  x: Float32Array;
  centroids: Float32Array;
}

function cases(of: fc.Arbitrary<number>): fc.Arbitrary<Case> {
  const shapes = fc.record({
    nbits: fc.constantFrom(4 as const, 8 as const),
    nx: fc.integer({ min: 0, max: 5 }),
    M: fc.integer({ min: 1, max: 5 }),
    dsub: fc.integer({ min: 1, max: 9 }),
    offsets: fc.tuple(offset, offset),
  });
  return shapes.chain(({ nbits, nx, M, dsub, offsets }) =>
    fc.tuple(floats(of, nx * M * dsub), floats(of, 64 * M * dsub)).map(([x, some]) => {
      // 64 centroids' worth of numbers, turned and repeated to fill 256: ties are common
      const centroids = Float32Array.from(
        { length: 2 ** nbits * M * dsub },
        (_, i) => some[i % some.length]!,
      );
      return { nbits, nx, M, dsub, offsets, x: Float32Array.from(x), centroids };
    }),
  );
}

function run({ memory, ...kernels }: Kernels, { nbits, nx, M, dsub, offsets, x, centroids }: Case): number[] {
  const bench = new Bench(memory);
  const codeSize = Math.ceil((M * nbits) / 8);
  const codes = bench.room(nx * codeSize, 3);
  const encode = nbits === 4 ? kernels.pqEncode4 : kernels.pqEncode8;
  encode(bench.f32(x, offsets[0]), nx, bench.f32(centroids, offsets[1]), M, dsub, codes);
  const result = [...memory.u8(codes, nx * codeSize)];
  bench.close();
  return result;
}

it('encodes each slice as its nearest centroid, the lowest of equals, exactly, on whole numbers', () => {
  fc.assert(
    fc.property(cases(whole), (c) => {
      const { nbits, nx, M, dsub } = c;
      const ksub = 2 ** nbits;
      const want = new Uint8Array(nx * Math.ceil((M * nbits) / 8));
      for (let q = 0; q < nx; q++) {
        for (let m = 0; m < M; m++) {
          const all = Array.from({ length: ksub }, (_, k) => {
            let sum = 0;
            for (let j = 0; j < dsub; j++)
              sum += (c.x[(q * M + m) * dsub + j]! - c.centroids[(m * dsub + j) * ksub + k]!) ** 2;
            return sum;
          });
          const index = all.indexOf(Math.min(...all));
          if (nbits === 8) want[q * M + m] = index;
          else want[q * Math.ceil(M / 2) + (m >> 1)]! |= index << (4 * (m & 1));
        }
      }
      for (const kernels of [scalar, tested]) expect(run(kernels, c)).toEqual([...want]);
    }),
    { numRuns: 100 },
  );
});

it('gives the same codes at every level, whatever comes', () => {
  fc.assert(
    fc.property(cases(component), (c) => {
      expect(run(tested, c)).toEqual(run(scalar, c));
    }),
    { numRuns: 200 },
  );
});
