import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FLOAT_KEYS, type Kernels, reservoirBytes } from '../src/index.js';
import { SCRATCH_SKETCH_SELECT } from '../src/sketch-contract.js';
import { component, floats, listSearches, whole } from './helpers/arbitraries.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';
import { sorted } from './helpers/sorted.js';

const [scalar, simd] = await bothLevels();

interface Case {
  readonly rows: readonly number[];
  readonly rests: readonly number[];
  readonly x: readonly number[];
  readonly ip: boolean;
}

/** The sketches of rows `(n, d)` and their keys for x. */
function look(kernels: Kernels, { rows, rests, x, ip }: Case) {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const d = x.length;
  const n = rows.length / d;
  const form = bench.room(kernels.sketchBytes(n, d));
  const query = bench.room(kernels.sketchQueryBytes(d));
  const keys = bench.room(16 * Math.ceil(n / 4));
  const scratch = bench.room(kernels.scratchSketchEncode(d));
  kernels.sketchEncode(bench.f32(rows, 4), bench.f32(rests, 8), n, d, form, scratch);
  kernels.sketchQuery(bench.f32(x, 12), d, query);
  kernels.sketchKeys(form, n, query, d, ip, keys);
  const words = memory.f32(form, kernels.sketchBytes(n, d) / 4);
  const result = { form: words.slice(), keys: memory.f32(keys, n).slice() };
  bench.close();
  return result;
}

const ordinary = fc.double({ min: -8, max: 8, noNaN: true }).map(Math.fround);

function cases(of: fc.Arbitrary<number>): fc.Arbitrary<Case> {
  const shape = fc.record({ d: fc.integer({ min: 1, max: 150 }), n: fc.integer({ min: 1, max: 9 }) });
  return shape.chain(({ d, n }) =>
    fc.record({
      rows: floats(of, n * d),
      rests: floats(ordinary.map(Math.abs), n),
      x: floats(ordinary, d),
      ip: fc.boolean(),
    }),
  );
}

it('every level makes the same sketches and the same keys, whatever the rows', () => {
  const scaled = fc
    .record({
      case: cases(fc.oneof(ordinary, whole, component)),
      scale: fc.constantFrom(1, 1e-9, 1e-20, 1e17),
    })
    .map(({ case: c, scale }) => ({ ...c, rows: c.rows.map((v) => Math.fround(v * scale)) }));
  fc.assert(
    fc.property(scaled, (c) => {
      expect(look(simd, c)).toEqual(look(scalar, c));
    }),
    { numRuns: 400 },
  );
});

it('keys are near the distances, the closer the fewer bits are lost', () => {
  fc.assert(
    fc.property(cases(ordinary), (c) => {
      const { rows, rests, x, ip } = c;
      const d = x.length;
      const n = rests.length;
      const { keys } = look(simd, c);
      const center = x.map((_, j) => rests.reduce((sum, _, i) => sum + rows[i * d + j]!, 0) / n);
      for (let i = 0; i < n; i++) {
        const row = rows.slice(i * d, (i + 1) * d);
        const exact = ip
          ? -row.reduce((sum, v, j) => sum + v * x[j]!, 0)
          : row.reduce((sum, v, j) => sum + (v - x[j]!) ** 2, rests[i]!);
        // of each component at most 2/15 of the largest, 16, are lost, and of the query 1/254 of its own
        const [z, y] = [x.map((v, j) => (ip ? v : v - center[j]!)), row.map((v, j) => v - center[j]!)];
        const lost =
          Math.hypot(...z) * Math.sqrt(d) * (32 / 15) + Math.hypot(...y) * Math.sqrt(d) * (8 / 127);
        expect(Math.abs(keys[i]! - exact)).toBeLessThan(2 * lost + 1e-3 * (1 + Math.abs(exact)));
      }
    }),
    { numRuns: 300 },
  );
});

it('keys rank rows as their distances do', () => {
  // 64 components, so that what is lost of each averages out
  const d = 64;
  const n = 400;
  const random = (i: number) =>
    Math.sin(i * 12.9898) * 43758.5453 - Math.floor(Math.sin(i * 12.9898) * 43758.5453) - 0.5;
  for (const ip of [false, true]) {
    const rows = Array.from({ length: n * d }, (_, i) => Math.fround(random(i)));
    const x = Array.from({ length: d }, (_, i) => Math.fround(random(i + 1e6)));
    const { keys } = look(simd, { rows, rests: new Array<number>(n).fill(0), x, ip });
    const exact = keys.map((_, i) => {
      const row = rows.slice(i * d, (i + 1) * d);
      return row.reduce((sum, v, j) => sum + (ip ? -v * x[j]! : (v - x[j]!) ** 2), 0);
    });
    const order = (values: Float32Array) => [...values.keys()].sort((a, b) => values[a]! - values[b]!);
    const best = new Set(order(keys).slice(0, 30));
    expect(
      order(exact)
        .slice(0, 10)
        .filter((i) => best.has(i)),
    ).toHaveLength(10);
  }
});

interface Lists {
  readonly d: number;
  readonly k: number;
  readonly ip: boolean;
  readonly sizes: readonly number[];
  /** Query and list of each visit. */
  readonly visits: readonly (readonly [number, number])[];
  readonly seed: number;
}

/** Keys and positions of what stays of each query, in order. */
function select(kernels: Kernels, { d, k, ip, sizes, visits, seed }: Lists): [number, number][][] {
  const bench = new Bench(kernels.memory);
  const random = (i: number) => ((Math.imul(i + seed, 0x9e3779b1) >>> 15) % 7) - 3;
  const work = bench.room(kernels.scratchSketchEncode(d));
  const queries = [0, 1, 2].map((q) => {
    const r = bench.room(reservoirBytes(k));
    const query = bench.room(kernels.sketchQueryBytes(d));
    kernels.reservoirStart(r, k, FLOAT_KEYS);
    kernels.sketchQuery(bench.f32(Array.from({ length: d }, (_, j) => random(j + 53 * q))), d, query);
    return { query, r };
  });
  const lists = sizes.map((n, l) => {
    const rows = bench.f32(Array.from({ length: n * d }, (_, i) => random(i + 7919 * (l + 1))));
    const rests = bench.f32(Array.from({ length: n }, (_, i) => Math.abs(random(i + 31 * l))));
    const form = bench.room(kernels.sketchBytes(n, d));
    kernels.sketchEncode(rows, rests, n, d, form, work);
    return { form, n };
  });
  let first = 3;
  const words = visits.flatMap(([q, list]) => {
    const { form, n } = lists[list % lists.length]!;
    first += n;
    return [form, n, first - n, queries[q]!.query, queries[q]!.r];
  });
  const scratch = bench.room(SCRATCH_SKETCH_SELECT);
  kernels.sketchSelect(bench.u32(words), visits.length, d, ip, scratch);
  const found = queries.map(({ r }) => sorted({ kernels, r, k }));
  bench.close();
  return found;
}

it('every level keeps the same rows of lists', () => {
  fc.assert(
    fc.property(
      fc.record({
        ...listSearches,
      }),
      (c) => {
        expect(select(simd, c)).toEqual(select(scalar, c));
      },
    ),
    { numRuns: 40 },
  );
});
