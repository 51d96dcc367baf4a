import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Kernels } from '../src/index.js';
import { bits } from './helpers/compare.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const [scalar, simd] = await bothLevels();

const cases = fc
  .record({
    M: fc.integer({ min: 1, max: 9 }),
    nbits: fc.integer({ min: 1, max: 12 }),
    n: fc.integer({ min: 0, max: 9 }),
    base: fc.float({ min: -8, max: 8, noNaN: true }),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .chain((c) => {
    const size = c.n * Math.ceil((c.M * c.nbits) / 8);
    return fc.tuple(fc.constant(c), fc.uint8Array({ minLength: size, maxLength: size }));
  });

const entry = (seed: number, i: number): number => Math.fround(Math.sin(seed + i * 7.31) * 5);

it('sums of table entries are the same at every level, and those of the codes', () => {
  fc.assert(
    fc.property(cases, fc.constantFrom(0, 1, 7), ([{ M, nbits, n, base, seed }, codes], at) => {
      const lut = Float32Array.from({ length: M * 2 ** nbits }, (_, i) => entry(seed, i));
      const codeSize = Math.ceil((M * nbits) / 8);
      const run = (kernels: Kernels): Uint32Array => {
        const bench = new Bench(kernels.memory);
        const out = bench.room(4 * n);
        kernels.pqBitsScan(bench.u8(codes, at), n, M, nbits, codeSize, bench.f32(lut), base, out);
        const found = bits(kernels.memory.f32(out, n));
        bench.close();
        return found;
      };
      const want = Float32Array.from({ length: n }, (_, i) => {
        let sum = 0;
        for (let m = 0; m < M; m++) {
          let index = 0;
          for (let b = 0; b < nbits; b++) {
            const bit = m * nbits + b;
            index |= ((codes[i * codeSize + (bit >>> 3)]! >>> (bit & 7)) & 1) << b;
          }
          sum = Math.fround(sum + lut[m * 2 ** nbits + index]!);
        }
        return base + sum;
      });
      expect(run(scalar)).toEqual(bits(want));
      expect(run(simd)).toEqual(bits(want));
    }),
    { numRuns: 150 },
  );
});

it('reads widths of up to 24 bits', () => {
  const nbits = 24;
  const wanted = [2 ** 24 - 1, 3, 2 ** 23 + 5];
  for (const kernels of [scalar, simd]) {
    const bench = new Bench(kernels.memory);
    const lut = kernels.memory.alloc(2 ** nbits * 4);
    for (const index of wanted) kernels.memory.f32(lut, 2 ** nbits)[index] = index;
    const codes = wanted.flatMap((v) => [v & 255, (v >>> 8) & 255, v >>> 16]);
    const out = bench.room(12);
    kernels.pqBitsScan(bench.u8(codes), 3, 1, nbits, 3, lut, 0, out);
    expect([...kernels.memory.f32(out, 3)]).toEqual(wanted);
    bench.close();
    kernels.memory.free(lut);
  }
});
