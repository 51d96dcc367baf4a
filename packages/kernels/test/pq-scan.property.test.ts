import fc from 'fast-check';
import { expect, it } from 'vitest';
import { component, floats, offset } from './helpers/arbitraries.js';
import { nearSum } from './helpers/compare.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const [scalar, tested] = await bothLevels();

const shapes = fc.record({
  n: fc.integer({ min: 0, max: 9 }),
  M: fc.integer({ min: 1, max: 19 }),
  spare: fc.integer({ min: 0, max: 3 }),
  codeOffset: fc.integer({ min: 0, max: 15 }),
  offset,
  seed: fc.nat(),
  base: component,
});

for (const nbits of [8, 4]) {
  const ksub = 2 ** nbits;
  const cases = shapes.chain((shape) => {
    const codeSize = nbits === 8 ? shape.M : Math.ceil(shape.M / 2) + shape.spare;
    return fc.record({
      shape: fc.constant({ ...shape, codeSize }),
      codes: fc.uint8Array({ minLength: shape.n * codeSize, maxLength: shape.n * codeSize }),
      palette: floats(component, 37).map((v) => Float32Array.from(v)),
    });
  });

  it(`${nbits}-bit codes: every level gives the sum in order of m, then the base`, () => {
    fc.assert(
      fc.property(
        cases,
        ({ shape: { n, M, codeSize, codeOffset, offset: at, seed, base }, codes, palette }) => {
          const lut = Float32Array.from({ length: M * ksub }, (_, i) => palette[(i * 31 + seed) % 37]!);
          const want = Float32Array.from({ length: n }, (_, i) => {
            let sum = 0;
            for (let m = 0; m < M; m++) {
              const byte = codes[i * codeSize + (nbits === 8 ? m : m >> 1)]!;
              const code = nbits === 8 ? byte : (byte >> (4 * (m & 1))) & 15;
              sum = Math.fround(sum + lut[m * ksub + code]!);
            }
            return Math.fround(base) + sum;
          });
          for (const kernels of [scalar, tested]) {
            const bench = new Bench(kernels.memory);
            const out = bench.room(4 * n, at);
            const [pc, pl] = [bench.u8(codes, codeOffset), bench.f32(lut, at)];
            if (nbits === 8) kernels.pq8Scan(pc, n, M, pl, base, out);
            else kernels.pq4CodesScan(pc, n, M, codeSize, pl, base, out);
            expect([...kernels.memory.f32(out, n)]).toEqual([...want]);
            bench.close();
          }
        },
      ),
      { numRuns: 300 },
    );
  });
}

it('stays within float32 rounding of float64 over 128 sub-quantizers', () => {
  const { memory } = tested;
  const bench = new Bench(memory);
  const [n, M] = [13, 128];
  const lut = Float32Array.from({ length: M * 256 }, (_, i) => Math.abs(Math.sin(i)) * 1e3);
  const codes = Uint8Array.from({ length: n * M }, (_, i) => (i * 131) % 256);
  const out = bench.room(4 * n);
  tested.pq8Scan(bench.u8(codes), n, M, bench.f32(lut), 7, out);
  memory.f32(out, n).forEach((got, i) => {
    let want = 7;
    for (let m = 0; m < M; m++) want += lut[m * 256 + codes[i * M + m]!]!;
    expect(nearSum(got, want, want, M)).toBe(true);
  });
  bench.close();
});
