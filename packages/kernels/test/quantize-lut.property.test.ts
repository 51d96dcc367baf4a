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

/** The same of two tables that are parts less the products, in one call each. */
function quantizeResiduals(kernels: Kernels, luts: readonly (readonly number[])[], M: number, scale: number) {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const M2 = M + (M % 2);
  const n = luts.length - 1;
  const [products, ...parts] = luts.map((lut) => bench.f32(lut, 0));
  const offsets = bench.f32([0.3, 4.5], 0);
  const [mins, facts, out] = [bench.room(4 * M * n), bench.room(12 * n), bench.room(16 * M2 * n)];
  const at = bench.u32(parts);
  kernels.residualRanges(at, n, products!, M, offsets, 0.3, mins, facts);
  kernels.roundResiduals(at, n, products!, M, M2, mins, scale, out);
  const result = {
    facts: bits(memory.f32(facts, 3 * n)),
    mins: bits(memory.f32(mins, M * n)),
    bytes: memory.u8(out, 16 * M2 * n).slice(),
  };
  bench.close();
  return result;
}

const residuals = fc
  .integer({ min: 1, max: 17 })
  .chain((M) => fc.tuple(fc.constant(M), ...[0, 1, 2].map(() => floats(finite, 16 * M))));

it('tables of residuals are those of their differences, at every level', () => {
  fc.assert(
    fc.property(residuals, fc.float({ min: 0, max: 40, noNaN: true }), ([M, ...luts], scale) => {
      const found = quantizeResiduals(simd, luts, M, scale);
      expect(found).toEqual(quantizeResiduals(scalar, luts, M, scale));
      const [products, ...parts] = luts;
      const M2 = M + (M % 2);
      for (const [j, part] of parts.entries()) {
        const table = part.map((v, i) => Math.fround(Math.fround(v) - Math.fround(products![i]!)));
        const { bytes, mins } = quantize(simd, table, M, scale, 0);
        expect(found.bytes.slice(j * M2 * 16, (j + 1) * M2 * 16)).toEqual(bytes);
        expect(found.mins.slice(j * M, (j + 1) * M)).toEqual(mins);
      }
    }),
    { numRuns: 100 },
  );
});
