import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Kernels } from '../src/index.js';
import { floats, whole } from './helpers/arbitraries.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const [scalar, simd] = await bothLevels();

/** All that the kernels make of some rows and a query. */
function encode(kernels: Kernels, rows: number[], x: number[], mean: number[] | undefined) {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const d = x.length;
  const d16 = Math.ceil(d / 16) * 16;
  const n = rows.length / d;
  const groups = Math.ceil(n / 4);
  const [y, q] = [bench.f32(rows, 4), bench.f32(x, 8)];
  const center = mean === undefined ? 0 : bench.f32(mean);
  const codes = bench.u8(new Uint8Array(4 * groups * d16));
  const facts = bench.f32(new Float32Array(20 * groups));
  const [u, about] = [bench.room(d16), bench.room(12)];
  kernels.int8Encode(y, n, d, center, codes, facts);
  kernels.int8Query(q, d, center, u, about);
  const [zz, t, lost] = memory.f32(about, 3);
  const weights = bench.f32([zz!, 1, -2 * t!, -2 * lost!, -2 * Math.sqrt(zz!)]);
  const out = bench.room(16 * groups);
  kernels.int8Bounds(codes, facts, groups, d16, u, weights, out);
  const result = {
    codes: memory.u8(codes, 4 * groups * d16).slice(),
    u: memory.u8(u, d16).slice(),
    facts: memory.f32(facts, 20 * groups).slice(),
    bounds: memory.f32(out, n).slice(),
    zz: zz!,
  };
  bench.close();
  return result;
}

/** Records of rows and a query as `int8Records` and `int12Query` leave them. */
interface Recorded {
  records: Uint8Array;
  facts: number[][];
  query: Int16Array;
  about: number[];
}

const ordinary = fc.double({ min: -8, max: 8, noNaN: true }).map(Math.fround);
const cases = fc
  .record({ d: fc.integer({ min: 1, max: 70 }), n: fc.integer({ min: 1, max: 9 }), mean: fc.boolean() })
  .chain(({ d, n, mean }) =>
    fc.oneof(ordinary, whole).chain(() =>
      fc.record({
        rows: floats(ordinary, n * d),
        x: floats(fc.oneof(ordinary, whole), d),
        mean: mean ? floats(ordinary, d) : fc.constant(undefined),
      }),
    ),
  );

it('every level gives the same bytes, and bounds that differ in the last bits alone', () => {
  fc.assert(
    fc.property(cases, ({ rows, x, mean }) => {
      const [a, b] = [encode(scalar, rows, x, mean), encode(simd, rows, x, mean)];
      expect(b.codes).toEqual(a.codes);
      expect(b.u).toEqual(a.u);
      const size = a.zz + Math.max(...a.facts, 1);
      for (let i = 0; i < a.bounds.length; i++) {
        expect(Math.abs(a.bounds[i]! - b.bounds[i]!)).toBeLessThan(1e-5 * size);
      }
    }),
    { numRuns: 200 },
  );
});

it('the bound of a squared distance is not above it, and near it for rows that bytes hold well', () => {
  fc.assert(
    fc.property(cases, ({ rows, x, mean }) => {
      const d = x.length;
      for (const kernels of [scalar, simd]) {
        const { bounds, zz, facts } = encode(kernels, rows, x, mean);
        for (let i = 0; i < bounds.length; i++) {
          let exact = 0;
          for (let j = 0; j < d; j++) exact += (x[j]! - rows[i * d + j]!) ** 2;
          const [yy, norm] = [facts[20 * (i >> 2) + (i & 3)]!, facts[20 * (i >> 2) + 8 + (i & 3)]!];
          const slack = (d + 64) * 2 ** -24 * (zz + yy) + 1e-30;
          expect(bounds[i]!).toBeLessThanOrEqual(exact + slack);
          // a step of the query is 1/63 of its largest component, one of the row 1/127
          const loose = 2 * Math.sqrt(d * zz) * (norm + Math.sqrt(yy)) * (1 / 63 + 1 / 127);
          expect(bounds[i]!).toBeGreaterThanOrEqual(exact - 2 * loose - slack);
        }
      }
    }),
    { numRuns: 200 },
  );
});

it('values that are not above a limit are found in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(whole, fc.constant(Number.NaN)), { maxLength: 90 }),
      whole,
      fc.nat({ max: 1000 }),
      (values, limit, first) => {
        for (const kernels of [scalar, simd]) {
          const bench = new Bench(kernels.memory);
          const [at, out] = [bench.f32(values, 4), bench.room(4 * Math.max(1, values.length))];
          const n = kernels.indicesUpTo(at, values.length, limit, first, out);
          const found = [...kernels.memory.u32(out, n)];
          bench.close();
          expect(found).toEqual(values.flatMap((v, i) => (v > limit ? [] : [first + i])));
        }
      },
    ),
  );
});

it('a row that is too long for its square has no bound', () => {
  for (const kernels of [scalar, simd]) {
    const { bounds } = encode(kernels, [1e19, 1e19, 1, 1], [1, 2], undefined);
    expect(bounds[0]).toBe(-Infinity);
    expect(bounds[1]).toBeGreaterThan(0);
  }
});

it('records and queries of 12 bits hold what the bound is made of', () => {
  fc.assert(
    fc.property(cases, ({ rows, x, mean }) => {
      const d = x.length;
      const n = rows.length / d;
      const d16 = Math.ceil(d / 16) * 16;
      const [a, b] = [scalar, simd].map(({ memory, ...kernels }) => {
        const bench = new Bench(memory);
        const center = mean === undefined ? 0 : bench.f32(mean);
        const [out, v, about] = [bench.room(n * (d16 + 16)), bench.room(2 * d16), bench.room(12)];
        kernels.int8Records(bench.f32(rows, 4), n, d, center, out);
        kernels.int12Query(bench.f32(x, 8), d, center, v, about);
        const records = memory.u8(out, n * (d16 + 16)).slice();
        const facts = Array.from({ length: n }, (_, i) => [...memory.f32(out + i * (d16 + 16) + d16, 4)]);
        const query = new Int16Array(memory.u8(v, 2 * d16).slice().buffer);
        const result = { records, facts, query, about: [...memory.f32(about, 3)] };
        bench.close();
        return result;
      }) as [Recorded, Recorded];
      expect(b.query).toEqual(a.query);
      const [zz, t, lost] = b.about as [number, number, number];
      const q = new Int8Array(b.records.buffer);
      const slack = 1e-5 * (zz + 1);
      for (let i = 0; i < n; i++) {
        const at = i * (d16 + 16);
        expect(b.records.subarray(at, at + d16)).toEqual(a.records.subarray(at, at + d16));
        const [yy, s, kept, rest] = b.facts[i] as [number, number, number, number];
        let exact = 0;
        let product = 0;
        for (let j = 0; j < d; j++) {
          exact += (x[j]! - rows[i * d + j]!) ** 2;
          product += b.query[j]! * q[at + j]!;
        }
        const bound = zz + yy - 2 * t * s * product - 2 * lost * kept - 2 * Math.sqrt(zz) * rest;
        expect(bound).toBeLessThanOrEqual(exact + slack + 1e-5 * yy);
        // a step of the query is 1/2047 of its largest component, one of the row 1/127
        const loose = 2 * Math.sqrt(d * zz) * (kept + Math.sqrt(yy)) * (1 / 2047 + 1 / 127);
        expect(bound).toBeGreaterThanOrEqual(exact - 2 * loose - slack - 1e-5 * yy);
      }
    }),
    { numRuns: 150 },
  );
});
