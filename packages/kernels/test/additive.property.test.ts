import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Kernels } from '../src/index.js';
import { bits as bitsOf } from './helpers/compare.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const [scalar, simd] = await bothLevels();

const cases = fc
  .record({
    widths: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
    parts: fc.integer({ min: 1, max: 3 }),
    dsub: fc.integer({ min: 1, max: 21 }),
    n: fc.integer({ min: 0, max: 6 }),
    normBits: fc.constantFrom(0, 4, 8, 32),
    bias: fc.float({ min: -8, max: 8, noNaN: true }),
    factor: fc.constantFrom(-2, -1, 1),
  })
  .chain((c) => {
    const widths = Array.from({ length: c.parts }, () => c.widths).flat();
    const total = widths.reduce((a, b) => a + b, 0) + c.normBits;
    const size = c.n * Math.ceil(total / 8);
    return fc.tuple(fc.constant({ ...c, widths }), fc.uint8Array({ minLength: size, maxLength: size }));
  });

const entry = (i: number): number => Math.fround(Math.sin(i * 7.31) * 5);

/** What the bit string of a code says, a bit at a time. */
function read(code: Uint8Array, widths: readonly number[]): { indices: number[]; end: number } {
  let at = 0;
  const indices = widths.map((width) => {
    let index = 0;
    for (let b = 0; b < width; b++, at++) index += ((code[at >>> 3]! >>> (at & 7)) & 1) * 2 ** b;
    return index;
  });
  return { indices, end: at };
}

it('distances and vectors are the same at every level, and those of the codes', () => {
  fc.assert(
    fc.property(cases, fc.constantFrom(0, 1, 7), ([c, codes], at) => {
      const { widths, parts, dsub, n, normBits, bias, factor } = c;
      const M = widths.length;
      const rows = widths.map((w) => 2 ** w);
      const total = rows.reduce((a, b) => a + b, 0);
      const lut = Float32Array.from({ length: total }, (_, i) => entry(i));
      const books = Float32Array.from({ length: total * dsub }, (_, i) => entry(i + 3));
      const norms = Float32Array.from({ length: 256 }, (_, i) => entry(i + 5));
      const size = codes.length / Math.max(1, n);
      const run = (kernels: Kernels) => {
        const bench = new Bench(kernels.memory);
        const place = bench.u8(codes, at);
        const bits = bench.u32(widths);
        const [out, y] = [bench.room(4 * n), bench.room(4 * n * parts * dsub)];
        const [table, rest] = [bench.f32(lut), bench.f32(norms)];
        kernels.additiveScan(place, n, size, M, bits, table, normBits, rest, bias, factor, out);
        kernels.additiveDecode(place, n, size, M, bits, bench.f32(books), dsub, parts, y);
        const found = {
          scan: bitsOf(kernels.memory.f32(out, n)),
          vectors: bitsOf(kernels.memory.f32(y, n * parts * dsub)),
        };
        bench.close();
        return found;
      };
      const found = run(scalar);
      // a float norm may be any NaN
      if (normBits !== 32) expect(run(simd)).toEqual(found);
      else expect(run(simd).vectors).toEqual(found.vectors);
      const scan = new Float32Array(n);
      const vectors = new Float32Array(n * parts * dsub);
      for (let i = 0; i < n; i++) {
        const { indices, end } = read(codes.subarray(i * size, (i + 1) * size), widths);
        let offset = 0;
        let sum = 0;
        for (let m = 0; m < M; m++) {
          sum = Math.fround(sum + lut[offset + indices[m]!]!);
          const part = Math.floor(m / (M / parts));
          for (let j = 0; j < dsub; j++) {
            vectors[(i * parts + part) * dsub + j]! += books[(offset + indices[m]!) * dsub + j]!;
          }
          offset += rows[m]!;
        }
        const code = codes.subarray(i * size, (i + 1) * size);
        let norm = 0;
        if (normBits === 4 || normBits === 8) {
          let index = 0;
          for (let b = 0; b < normBits; b++)
            index += ((code[(end + b) >>> 3]! >>> ((end + b) & 7)) & 1) * 2 ** b;
          norm = norms[index]!;
        }
        scan[i] = bias + Math.fround(norm + Math.fround(factor * sum));
      }
      expect([...new Float32Array(found.vectors.buffer)]).toEqual([...vectors]);
      if (normBits !== 32) expect([...new Float32Array(found.scan.buffer)]).toEqual([...scan]);
    }),
    { numRuns: 150 },
  );
});

it('a norm of 32 bits is a float wherever it starts', () => {
  for (const kernels of [scalar, simd]) {
    for (const width of [1, 5, 8, 11]) {
      const bench = new Bench(kernels.memory);
      const value = new Uint32Array(Float32Array.of(3.5).buffer)[0]!;
      const code = new Uint8Array(Math.ceil((width + 32) / 8));
      for (let b = 0; b < 32; b++) code[(width + b) >>> 3]! |= ((value >>> b) & 1) << ((width + b) & 7);
      const lut = bench.f32(new Float32Array(2 ** width).fill(1));
      const out = bench.room(4);
      const bits = bench.u32([width]);
      kernels.additiveScan(bench.u8(code), 1, code.length, 1, bits, lut, 32, 0, 10, -2, out);
      expect(kernels.memory.f32(out, 1)[0]).toBe(11.5);
      bench.close();
    }
  }
});

it('indices settle alike at every level, each the best beside the others', () => {
  const shapes = fc.tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 0, max: 5 }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 1000 }),
  );
  fc.assert(
    fc.property(shapes, ([M, K, n, iterations, seed]) => {
      const size = M * K;
      const unaries = Float32Array.from({ length: n * size }, (_, i) => entry(i * 3 + seed));
      const pairs = new Float32Array(size * size);
      for (let a = 0; a < size; a++) {
        for (let b = 0; b <= a; b++) pairs[a * size + b] = pairs[b * size + a] = entry(a * 31 + b + seed);
      }
      const start = Array.from({ length: n * M }, (_, i) => (i * 7 + seed) % K);
      const run = (kernels: Kernels): number[] => {
        const bench = new Bench(kernels.memory);
        const codes = bench.u32(start);
        kernels.lsqSettle(codes, n, M, K, bench.f32(unaries), bench.f32(pairs), iterations);
        const found = [...kernels.memory.u32(codes, n * M)];
        bench.close();
        return found;
      };
      const found = run(simd);
      expect(found).toEqual(run(scalar));
      // the last index was chosen beside the others as they are
      for (let i = 0; i < n; i++) {
        const value = (c: number): number => {
          let v = unaries[i * size + (M - 1) * K + c]!;
          for (let o = 0; o < M - 1; o++) v += pairs[(o * K + found[i * M + o]!) * size + (M - 1) * K + c]!;
          return v;
        };
        const chosen = value(found[i * M + M - 1]!);
        for (let c = 0; c < K; c++) expect(chosen).toBeLessThanOrEqual(value(c) + 1e-4);
      }
    }),
    { numRuns: 60 },
  );
});
