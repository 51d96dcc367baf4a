import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Kernels } from '../src/index.js';
import { floats, offset } from './helpers/arbitraries.js';
import { bits, nearSum } from './helpers/compare.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const [scalar, simd] = await bothLevels();

const dimension = fc.integer({ min: 1, max: 141 });
const value = fc.float({ min: -8, max: 8, noNaN: true });
const rows = fc
  .tuple(dimension, fc.integer({ min: 0, max: 5 }))
  .chain(([d, n]) => fc.tuple(fc.constant(d), fc.constant(n), floats(value, n * d), floats(value, d)));

const strideOf = (d: number, extra: number): number =>
  Math.ceil(d / 8) + (extra === 0 ? 8 : 20 + Math.ceil((d * extra) / 8));

interface Rows {
  readonly d: number;
  readonly n: number;
  readonly x: readonly number[];
  readonly center: readonly number[] | undefined;
}

function encode(kernels: Kernels, { d, n, x, center }: Rows, extra: number, similarity: boolean): Uint8Array {
  const bench = new Bench(kernels.memory);
  const stride = strideOf(d, extra);
  const at = bench.f32(x);
  const c = center ? bench.f32(center) : 0;
  const codes = bench.room(n * stride, 4);
  kernels.rabitqEncode(at, n, d, c, extra, similarity, codes, stride, bench.room(24 * d));
  const found = kernels.memory.u8(codes, n * stride).slice();
  bench.close();
  return found;
}

const settings = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean(), fc.boolean());

it('codes are the same bytes at every level', () => {
  fc.assert(
    fc.property(rows, settings, ([d, n, x, c], [extra, similarity, centered]) => {
      const input = { d, n, x, center: centered ? c : undefined };
      expect(encode(simd, input, extra, similarity)).toEqual(encode(scalar, input, extra, similarity));
    }),
    { numRuns: 150 },
  );
});

function scan(
  kernels: Kernels,
  codes: Uint8Array,
  d: number,
  query: readonly number[],
  at: number,
  ip: boolean,
  error = 0,
) {
  const bench = new Bench(kernels.memory);
  const bytes = Math.ceil(d / 8);
  const stride = strideOf(d, error > 0 ? 3 : 0);
  const n = codes.length / stride;
  const planes = new Uint8Array(64 * Math.ceil(bytes / 8));
  for (let j = 0; j < d; j++) {
    for (let p = 0; p < 8; p++) {
      planes[64 * (j >>> 6) + 8 * p + ((j & 63) >>> 3)]! |= ((query[j]! >> p) & 1) << (j & 7);
    }
  }
  const used = Math.max(1, 32 - Math.clz32(Math.max(...query)));
  const facts = bench.f32([0.5, -0.25, 1.5, 3, 2, used, error]);
  const out = bench.room(4 * n);
  kernels.rabitqScan(bench.u8(codes, at), n, stride, bytes, bench.u8(planes), facts, ip, out);
  const found = bits(kernels.memory.f32(out, n));
  bench.close();
  return found;
}

describe('distances from one bit a dimension', () => {
  it('and their bounds are the same at every level', () => {
    fc.assert(
      fc.property(
        rows.chain((r) => fc.tuple(fc.constant(r), floats(fc.integer({ min: 0, max: 255 }), r[0]))),
        offset,
        fc.boolean(),
        fc.constantFrom(15, 255),
        fc.constantFrom(0, 1.25),
        ([[d, n, x], query], at, ip, most, error) => {
          const codes = encode(scalar, { d, n, x, center: undefined }, error > 0 ? 3 : 0, ip);
          const q = query.map((v) => v & most);
          expect(scan(simd, codes, d, q, at, ip, error)).toEqual(scan(scalar, codes, d, q, at, ip, error));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('are the same from sums at every level', () => {
    const from = (kernels: Kernels, sums: readonly number[], factors: readonly number[], at: number) => {
      const bench = new Bench(kernels.memory);
      const place = bench.room(2 * sums.length);
      kernels.memory.u16(place, sums.length).set(sums);
      const bytes = new Uint8Array(Float32Array.from(factors).buffer);
      const facts = bench.f32([0.001, -3, 0.5, 4, 2, at === 7 ? 0.5 : 0]);
      const out = bench.room(4 * sums.length);
      kernels.rabitqFromSums(place, sums.length, bench.u8(bytes, at), 12, facts, at === 4, out);
      const found = bits(kernels.memory.f32(out, sums.length));
      bench.close();
      return found;
    };
    const sums = fc.array(fc.integer({ min: 0, max: 65535 }), { maxLength: 40 });
    fc.assert(
      fc.property(
        sums.chain((s) => fc.tuple(fc.constant(s), floats(value, 3 * s.length))),
        fc.constantFrom(0, 1, 4, 7),
        ([s, factors], at) => {
          expect(from(simd, s, factors, at)).toEqual(from(scalar, s, factors, at));
        },
      ),
      { numRuns: 60 },
    );
  });
});

it('distances from all bits are the products with the values of the codes', () => {
  fc.assert(
    fc.property(
      rows.chain((r) => fc.tuple(fc.constant(r), floats(value, r[0]))),
      fc.integer({ min: 1, max: 8 }),
      fc.boolean(),
      ([[d, n, x, c], query], extra, ip) => {
        const codes = encode(scalar, { d, n, x, center: c }, extra, ip);
        const stride = strideOf(d, extra);
        const run = (kernels: Kernels): Float32Array => {
          const bench = new Bench(kernels.memory);
          const at = bench.u8(codes, 4);
          const q = bench.f32([...query, ...new Array((8 - (d % 8)) % 8).fill(0)]);
          const ids = bench.u32(Array.from({ length: n }, (_, i) => n - 1 - i));
          const out = bench.room(4 * n);
          const factors = at + Math.ceil(d / 8) + 12;
          kernels.rabitqFull(at, stride, factors, stride, ids, n, d, extra, q, 0.75, ip, out);
          const found = kernels.memory.f32(out, n).slice();
          bench.close();
          return found;
        };
        const found = run(simd);
        expect(bits(found)).toEqual(bits(run(scalar)));
        const view = new DataView(codes.buffer);
        for (let i = 0; i < n; i++) {
          const row = (n - 1 - i) * stride;
          const from = row + Math.ceil(d / 8) + 12;
          let sum = 0;
          let size = 0;
          for (let j = 0; j < d; j++) {
            let code = 0;
            for (let b = 0; b < extra; b++) {
              const bit = j * extra + b;
              code |= ((codes[from + (bit >>> 3)]! >>> (bit & 7)) & 1) << b;
            }
            const sign = (codes[row + (j >>> 3)]! >>> (j & 7)) & 1;
            const term = query[j]! * (code + sign * 2 ** extra + 0.5 - 2 ** extra);
            sum += term;
            size += Math.abs(term);
          }
          const factors = from + Math.ceil((d * extra) / 8);
          const [offsetOf, scale] = [view.getFloat32(factors, true), view.getFloat32(factors + 4, true)];
          const want = 0.75 + offsetOf + scale * sum;
          const magnitude = 0.75 + Math.abs(offsetOf) + Math.abs(scale) * size;
          expect(nearSum(found[i]!, ip ? want : Math.max(0, want), magnitude, d + 4)).toBe(true);
        }
      },
    ),
    { numRuns: 120 },
  );
});

it('codes of a vector and its query give back the distance, the closer the more bits', () => {
  const d = 64;
  const x = Array.from({ length: d }, (_, j) => Math.sin(j * j + 1));
  const query = Array.from({ length: d }, (_, j) => Math.sin(j * j + 1) + 0.3 * Math.cos(3 * j * j));
  const exact = x.reduce((sum, v, j) => sum + (v - query[j]!) ** 2, 0);
  const toC = query.reduce((sum, v) => sum + v * v, 0);
  const errors = [1, 3, 5, 8].map((extra) => {
    const codes = encode(simd, { d, n: 1, x, center: undefined }, extra, false);
    const bench = new Bench(simd.memory);
    const at = bench.u8(codes);
    const out = bench.room(4);
    simd.rabitqFull(at, 0, at + 20, 0, 0, 1, d, extra, bench.f32(query), toC, false, out);
    const error = Math.abs(simd.memory.f32(out, 1)[0]! - exact);
    bench.close();
    return error;
  });
  expect(errors[0]).toBeLessThan(0.5 * exact);
  expect(errors[3]).toBeLessThan(0.01 * exact);
  expect(errors[3]).toBeLessThan(errors[0]!);
});
