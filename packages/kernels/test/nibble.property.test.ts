import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FLOAT_KEYS, type Kernels, reservoirBytes } from '../src/index.js';
import { component, floats, listSearches, whole } from './helpers/arbitraries.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';
import { sorted } from './helpers/sorted.js';

const [scalar, simd] = await bothLevels();

/** The form of rows `(n, d)`, and the bounds and float distances (negated products) from x. */
function look(kernels: Kernels, rows: number[], x: number[], ip: boolean) {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const d = x.length;
  const n = rows.length / d;
  const [y, q] = [bench.f32(rows, 4), bench.f32(x, 8)];
  const bytes = kernels.nibbleBytes(n, d);
  const form = bench.room(bytes);
  const scratch = bench.room(5 * Math.ceil(d / 32) * 32);
  const [bounds, exact] = [bench.room(16 * Math.ceil(n / 4)), bench.room(4 * n)];
  kernels.nibbleEncode(y, n, d, form, scratch);
  kernels.nibbleBounds(form, n, q, d, ip, bounds, scratch);
  if (ip) kernels.ipNy(q, y, d, n, exact);
  else kernels.l2sqrNy(q, y, d, n, exact);
  const result = {
    form: memory.u8(form, bytes).slice(),
    bounds: memory.f32(bounds, n).slice(),
    exact: memory.f32(exact, n).map((v) => (ip ? -v : v)),
  };
  bench.close();
  return result;
}

const ordinary = fc.double({ min: -8, max: 8, noNaN: true }).map(Math.fround);
/** What a component may be, what is added to all, and what all are times. */
const kind = fc.record({
  of: fc.constantFrom(ordinary, whole, component),
  offset: fc.constantFrom(0, 0, 1000, 1e7, -3e15),
  scale: fc.constantFrom(1, 1, 1e-3, 1e-9, 1e-14, 1e-20, 1e-23, 1e-38, 1e9, 3e17),
  ip: fc.boolean(),
});
const cases = fc
  .record({ d: fc.integer({ min: 1, max: 150 }), n: fc.integer({ min: 1, max: 9 }), kind, own: kind })
  .chain(({ d, n, kind: { of, offset, scale, ip }, own }) =>
    fc.record({
      rows: floats(of, n * d).map((v) => v.map((c) => Math.fround((c + offset) * scale))),
      // the query from among the rows' kind, or from elsewhere
      x: fc.oneof(
        floats(of, d).map((v) => v.map((c) => Math.fround((c + offset) * scale))),
        floats(own.of, d).map((v) => v.map((c) => Math.fround((c + own.offset) * own.scale))),
      ),
      ip: fc.constant(ip),
    }),
  );

it('every level makes the same form', () => {
  fc.assert(
    fc.property(cases, ({ rows, x, ip }) => {
      expect(look(simd, rows, x, ip).form).toEqual(look(scalar, rows, x, ip).form);
    }),
    { numRuns: 150 },
  );
});

it('no bound is above what comparing gives, whatever the numbers', () => {
  fc.assert(
    fc.property(cases, ({ rows, x, ip }) => {
      for (const kernels of [scalar, simd]) {
        const { bounds, exact } = look(kernels, rows, x, ip);
        // not greater: a bound that is not a number rules nothing out; neither does a distance that is none count
        expect([...bounds].filter((bound, i) => bound > exact[i]!)).toEqual([]);
      }
    }),
    { numRuns: 600 },
  );
});

it('bounds are near, and the same at every level but for the last bits', () => {
  const near = fc
    .record({ d: fc.integer({ min: 8, max: 150 }), n: fc.integer({ min: 1, max: 9 }), ip: fc.boolean() })
    .chain(({ d, n, ip }) =>
      fc.record({
        rows: floats(ordinary, n * d),
        x: floats(ordinary, d).map((v) => [9, ...v.slice(1)]),
        ip: fc.constant(ip),
      }),
    );
  fc.assert(
    fc.property(near, ({ rows, x, ip }) => {
      const [a, b] = [look(scalar, rows, x, ip), look(simd, rows, x, ip)];
      const d = x.length;
      const own = Math.hypot(...x);
      for (let i = 0; i < a.bounds.length; i++) {
        const length = Math.hypot(...rows.slice(i * d, (i + 1) * d));
        // of each component at most 2/15 of the largest, 16, are lost, and of the query 1/254
        const loose = 2 * (own + Math.hypot(...rows)) * Math.sqrt(d) * (16 / 15 + 8 / 127);
        expect(a.bounds[i]!).toBeGreaterThan(a.exact[i]! - 2 * loose - 1e-3);
        expect(Math.abs(a.bounds[i]! - b.bounds[i]!)).toBeLessThan(1e-4 * (own + length + 1) ** 2);
      }
    }),
    { numRuns: 100 },
  );
});

interface Lists {
  readonly d: number;
  readonly k: number;
  readonly ip: boolean;
  /** Rows of each list. */
  readonly sizes: readonly number[];
  /** Query and list of each visit. */
  readonly visits: readonly (readonly [number, number])[];
  readonly seed: number;
  /** Components are whole numbers up to this: few, for ties. */
  readonly top: number;
}

/** Keys and positions of what stays of each query, in order. */
function select(kernels: Kernels, { d, k, ip, sizes, visits, seed, top }: Lists): [number, number][][] {
  const bench = new Bench(kernels.memory);
  const random = (i: number) => ((Math.imul(i + seed, 0x9e3779b1) >>> 15) % (2 * top + 1)) - top;
  const work = bench.room(5 * Math.ceil(d / 32) * 32);
  const queries = [0, 1, 2].map((q) => {
    const r = bench.room(reservoirBytes(k));
    kernels.reservoirStart(r, k, FLOAT_KEYS);
    return { x: bench.f32(Array.from({ length: d }, (_, j) => random(j + 53 * q))), r };
  });
  const lists = sizes.map((n, l) => {
    const rows = bench.f32(Array.from({ length: n * d }, (_, i) => random(i + 7919 * (l + 1))));
    const form = bench.room(kernels.nibbleBytes(n, d));
    kernels.nibbleEncode(rows, n, d, form, work);
    return { rows, form, n };
  });
  let first = 3;
  const words = visits.flatMap(([q, list]) => {
    const { rows, form, n } = lists[list % lists.length]!;
    first += n;
    return [form, rows, n, first - n, queries[q]!.x, queries[q]!.r];
  });
  const scratch = bench.room(kernels.scratchNibbleSelect(k, d));
  kernels.nibbleSelect(bench.u32(words), visits.length, d, ip, scratch);
  const found = queries.map(({ r }) => sorted({ kernels, r, k }));
  bench.close();
  return found;
}

it('keeps what comparing every row keeps', () => {
  fc.assert(
    fc.property(
      fc.record({
        ...listSearches,
        // sums of squares stay below 2^24, exact in float32 in any order
        top: fc.constantFrom(1, 3, 300),
      }),
      (c) => {
        expect(select(simd, c)).toEqual(select(scalar, c));
      },
    ),
    { numRuns: 40 },
  );
});

it('sums of the largest products are exact', () => {
  for (const d of [16, 112, 128, 144, 240, 256, 400]) {
    const rows = [1, -1, -1, 1, 1].flatMap((v) => new Array<number>(d).fill(v));
    const x = new Array<number>(d).fill(2);
    for (const kernels of [scalar, simd]) {
      const { bounds, exact } = look(kernels, rows, x, false);
      for (const [i, bound] of bounds.entries()) expect(bound / exact[i]!).toBeCloseTo(1, 3);
    }
  }
});
