import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Kernels } from '../src/index.js';
import { finite, floats, whole } from './helpers/arbitraries.js';
import { bits } from './helpers/compare.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const [scalar, simd] = await bothLevels();

function quantize(kernels: Kernels, lut: readonly number[], M: number, scale: number, at: number) {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const M2 = M + (M % 2);
  const [table, mins, facts, out] = [
    bench.f32(lut, at),
    bench.room(4 * M),
    bench.room(12),
    bench.room(16 * M2),
  ];
  kernels.lutRanges(table, M, 0.3, 0.7, mins, facts);
  kernels.roundLut(table, M, M2, mins, scale, out);
  const result = {
    facts: bits(memory.f32(facts, 3)),
    mins: bits(memory.f32(mins, M)),
    bytes: memory.u8(out, 16 * M2).slice(),
  };
  bench.close();
  return result;
}

const tables = fc
  .integer({ min: 1, max: 17 })
  .chain((M) => fc.tuple(fc.constant(M), fc.oneof(floats(finite, 16 * M), floats(whole, 16 * M))));

it('tables are rounded to the same bytes at every level', () => {
  fc.assert(
    fc.property(
      tables,
      fc.constantFrom(0, 4, 12),
      fc.float({ min: 0, max: 40, noNaN: true }),
      ([M, lut], at, scale) => {
        expect(quantize(simd, lut, M, scale, at)).toEqual(quantize(scalar, lut, M, scale, at));
      },
    ),
    { numRuns: 200 },
  );
});

it('an entry is its distance above the minimum, times the scale, rounded half up', () => {
  const lut = Array.from({ length: 16 }, (_, c) => 10 + c / 2);
  const { bytes, mins, facts } = quantize(simd, lut, 1, 3, 0);
  expect([...bytes.subarray(0, 16)]).toEqual(lut.map((v) => Math.floor((v - 10) * 3 + 0.5)));
  expect([...bytes.subarray(16)]).toEqual(new Array(16).fill(0));
  expect(mins).toEqual(bits(Float32Array.of(10)));
  expect(facts).toEqual(bits(Float32Array.of(Math.fround(0.3) + 10, 7.5, Math.fround(0.7) + 7.5)));
});
