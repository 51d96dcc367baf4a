import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Kernels, reservoirBytes, reservoirPositions } from '../src/index.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';
import { sorted } from './helpers/sorted.js';

const levels = await bothLevels();

interface Case {
  readonly n: number;
  readonly bbs: number;
  readonly M2: number;
  readonly k: number;
  readonly flip: number;
  readonly first: number;
  /** The largest entry of each query's table, and its bias; `steep` if every seventh sub-quantizer has most of the sum. */
  readonly queries: readonly { top: number; bias: number; steep?: boolean }[];
  readonly seed: number;
}

/** `[sum, position]` of what a reservoir keeps, by `pq4Scan`, which has its own tests, and a full sort. */
function wanted(kernels: Kernels, c: Case, codes: number, lut: number, bias: number): [number, number][] {
  const blocks = Math.ceil(c.n / c.bbs);
  const out = kernels.memory.alloc(Math.max(16, blocks * c.bbs * 2));
  kernels.pq4Scan(codes, blocks, c.bbs, c.M2, lut, bias, out);
  const sums = [...kernels.memory.u16(out, c.n)];
  kernels.memory.free(out);
  const all = sums.map((sum, v): [number, number] => [sum ^ c.flip, c.first + v]);
  const limit = all.map(([key]) => key).sort((a, b) => a - b)[c.k - 1] ?? 0xffff;
  return all
    .filter(([key]) => key <= limit)
    .filter(([key], i) => key < limit || i < c.k)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** @param cut - vectors of a first list, whole blocks; the rest are visited as a second one, which changes nothing */
function check(kernels: Kernels, c: Case, cut = 0): void {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const random = (i: number) => Math.imul(i + c.seed, 0x85ebca6b) >>> 16;
  const bytes = (Math.ceil(c.n / c.bbs) * c.bbs * c.M2) / 2;
  const codes = bench.u8(Uint8Array.from({ length: bytes }, (_, i) => random(i)));
  const luts = c.queries.map(({ top, steep }, q) => {
    const topOf = (m: number) => (steep && m % 7 > 0 ? top >>> 5 : top);
    return bench.u8(
      Uint8Array.from({ length: c.M2 * 16 }, (_, i) => random(i + 77 * q) % (topOf(i >>> 4) + 1)),
    );
  });
  const reservoirs = c.queries.map(() => bench.room(reservoirBytes(c.k)));
  for (const r of reservoirs) kernels.reservoirStart(r, c.k, 65535);
  const visits = bench.u32(
    [
      [codes + (cut * c.M2) / 2, c.n - cut, c.first + cut] as const,
      ...(cut > 0 ? [[codes, cut, c.first] as const] : []),
    ].flatMap(([at, n, first]) =>
      c.queries.flatMap(({ bias }, q) => [at, n, luts[q]!, reservoirs[q]!, first, bias]),
    ),
  );
  const nvisits = c.queries.length * (cut > 0 ? 2 : 1);
  const scratch = bench.room(kernels.scratchPq4Select(c.M2));
  kernels.pq4Select(visits, nvisits, c.bbs, c.M2, c.flip, scratch);
  const found = reservoirs.map((r) => sorted({ kernels, r, k: c.k }));
  const want = c.queries.map(({ bias }, q) => wanted(kernels, c, codes, luts[q]!, bias));
  bench.close();
  expect(found).toEqual(want);
}

const cases: fc.Arbitrary<Case> = fc.record({
  n: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 500, max: 1200 })),
  bbs: fc.constantFrom(32, 64, 96),
  M2: fc.integer({ min: 1, max: 40 }).map((half) => 2 * half),
  k: fc.constantFrom(1, 4, 30, 100, 2000),
  flip: fc.constantFrom(0, 0xffff),
  first: fc.nat({ max: 2 ** 30 }),
  queries: fc.array(
    fc.record({
      top: fc.constantFrom(1, 6, 63, 255),
      bias: fc.constantFrom(0, 1, 1000, 65535),
      steep: fc.boolean(),
    }),
    { minLength: 1, maxLength: 9 },
  ),
  seed: fc.nat(),
});

for (const kernels of levels) {
  it(`${kernels.level}: every query keeps the k best of the vectors that are there`, () => {
    fc.assert(
      fc.property(cases, (c) => check(kernels, c)),
      { numRuns: 120 },
    );
  });

  it(`${kernels.level}: visits several lists in one call`, () => {
    fc.assert(
      fc.property(cases, fc.double({ min: 0, max: 1, noNaN: true }), (c, part) => {
        check(kernels, c, Math.floor((part * c.n) / c.bbs) * c.bbs);
      }),
      { numRuns: 60 },
    );
  });

  it(`${kernels.level}: sums again where a byte is too small for a group`, () => {
    const queries = Array.from({ length: 5 }, () => ({ top: 255, bias: 0, steep: true }));
    for (const k of [1, 20])
      check(kernels, { n: 900, bbs: 32, M2: 128, k, flip: 0, first: 0, queries, seed: k });
    check(kernels, { n: 900, bbs: 64, M2: 128, k: 7, flip: 0, first: 0, queries: queries.slice(4), seed: 8 });
  });

  it(`${kernels.level}: passes over a list whose bias alone is above the threshold`, () => {
    const { memory } = kernels;
    const bench = new Bench(memory);
    const [n, M2, k] = [64, 8, 4];
    const codes = bench.u8(Uint8Array.from({ length: (n * M2) / 2 }, (_, i) => Math.imul(i + 1, 77)));
    const lut = bench.u8(Uint8Array.from({ length: M2 * 16 }, (_, i) => i % 16));
    const r = bench.room(reservoirBytes(k));
    kernels.reservoirStart(r, k, 65535);
    const half = codes + (32 * M2) / 2;
    const biased = [5, 400, 9].flatMap((bias, i) => [i < 1 ? codes : half, 32, lut, r, 32 * i, bias]);
    const visits = bench.u32(biased);
    // the threshold falls when the first list is in: a reservoir of so few is full after half of it
    kernels.pq4Select(visits, 1, 32, M2, 0, bench.room(kernels.scratchPq4Select(M2)));
    kernels.reservoirTake(r);
    kernels.pq4Select(visits + 24, 2, 32, M2, 0, bench.room(kernels.scratchPq4Select(M2)));
    const found = kernels.reservoirSort(r);
    const positions = [...memory.u32(reservoirPositions(r, k), found)];
    const sums = (at: number, bias: number) => {
      const out = bench.room(64);
      kernels.pq4Scan(at, 1, 32, M2, lut, bias, out);
      return [...memory.u16(out, 32)];
    };
    const all = [...sums(codes, 5), ...sums(half, 400), ...sums(half, 9)].map((sum, i) => [sum, i] as const);
    bench.close();
    const want = all.sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, k);
    expect(positions.slice(0, k)).toEqual(want.map(([, position]) => position));
    expect(positions.every((position) => position < 32 || position >= 64)).toBe(true);
  });

  it(`${kernels.level}: takes lists of several pieces apart`, () => {
    const queries = [3, 200, 255].map((top) => ({ top, bias: 5 }));
    check(kernels, { n: 2500, bbs: 32, M2: 128, k: 50, flip: 0, first: 9, queries, seed: 3 });
    check(kernels, { n: 100, bbs: 64, M2: 2100, k: 50, flip: 0xffff, first: 0, queries, seed: 4 });
  });
}
