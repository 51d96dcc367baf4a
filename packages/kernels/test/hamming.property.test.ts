import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Kernels } from '../src/index.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const [scalar, simd] = await bothLevels();

it('counts the bits that differ', () => {
  const cases = fc
    .tuple(
      fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(8, 16, 32, 64)),
      fc.integer({ min: 0, max: 9 }),
    )
    .chain(([size, n]) =>
      fc.tuple(
        fc.uint8Array({ minLength: size, maxLength: size }),
        fc.uint8Array({ minLength: n * size, maxLength: n * size }),
      ),
    );
  fc.assert(
    fc.property(cases, fc.constantFrom(0, 1, 7), ([x, codes], at) => {
      const n = codes.length / x.length;
      const run = (kernels: Kernels): number[] => {
        const bench = new Bench(kernels.memory);
        const out = bench.room(4 * n);
        kernels.hammingNy(bench.u8(x, at), bench.u8(codes, at), x.length, n, out);
        const found = [...kernels.memory.f32(out, n)];
        const last = new Uint32Array(n).map((_, i) => n - 1 - i);
        kernels.hammingByIdx(bench.u8(x, at), bench.u8(codes, at), x.length, bench.u32(last), n, out);
        expect([...kernels.memory.f32(out, n)].reverse()).toEqual(found);
        bench.close();
        return found;
      };
      const want = Array.from({ length: n }, (_, i) =>
        x.reduce((sum, v, p) => {
          const bits = (v ^ codes[i * x.length + p]!).toString(2);
          return sum + bits.replaceAll('0', '').length;
        }, 0),
      );
      expect(run(scalar)).toEqual(want);
      expect(run(simd)).toEqual(want);
    }),
    { numRuns: 200 },
  );
});
