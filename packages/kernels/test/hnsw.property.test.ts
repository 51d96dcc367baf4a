import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type GraphKernels,
  HNSW_WORDS,
  hnswLinkBytes,
  hnswMergeBytes,
  hnswSearchBytes,
  type KernelMemory,
  type Kernels,
  type Ptr,
} from '../src/index.js';
import { floats, whole } from './helpers/arbitraries.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const [scalar, simd] = await bothLevels();
const EF_CONSTRUCTION = 6;
/** Places on the lowest level, and on each above. */
const PLACES = [0, 6, 9, 12];
const BATCH = EF_CONSTRUCTION + 8;

interface Case {
  d: number;
  vectors: number[];
  levels: number[];
  x: number[];
  ip: boolean;
  k: number;
  ef: number;
  mask: boolean[] | undefined;
  /** Whether neighbours are ruled out by bounds. */
  bounds: boolean;
}

/** Words of a graph's record, by name. */
type GraphRecord = Record<(typeof HNSW_WORDS)[number], number>;

/** What makes a query, f32 `(d)`, ready to be bounded with. */
function bounding(kernels: Kernels, bench: Bench, g: Ptr, { d, ip, levels, bounds }: Case, vectors: Ptr) {
  if (!bounds) return () => {};
  const { memory } = kernels;
  const d16 = Math.ceil(d / 16) * 16;
  const mean = bench.f32(new Array(d).fill(0.25));
  const records = bench.room(levels.length * (d16 + 16));
  const [query, facts, weights] = [bench.room(2 * d16), bench.room(12), bench.room(20)];
  kernels.int8Records(vectors, levels.length, d, mean, records);
  const words = memory.i32(g, HNSW_WORDS.length);
  words.set([records, query, weights], HNSW_WORDS.indexOf('records'));
  return (x: Ptr): void => {
    kernels.int12Query(x, d, ip ? 0 : mean, query, facts);
    const [zz, t, lost] = memory.f32(facts, 3);
    const product = memory.f32(x, d).reduce((sum, v) => sum + 0.25 * v, 0);
    const norm = Math.sqrt(zz!);
    // whole numbers: a thousandth outweighs what float32 loses
    const of = ip
      ? [-product - 1e-3, 0, -t!, -lost!, -norm]
      : [zz! - 1e-3, 1, -2 * t!, -2 * lost!, -2 * norm];
    memory.f32(weights, 5).set(of);
  };
}

/** What two searches find in the graph at g: the best, and all within a radius. */
function searches(
  kernels: GraphKernels,
  memory: KernelMemory,
  bench: Bench,
  { g, query }: { g: Ptr; query: Ptr },
  { k, ef, levels, mask }: Case,
) {
  const n = levels.length;
  const passes = mask ? bench.u8(Uint8Array.from(mask, Number)) : 0;
  const room = bench.room(hnswSearchBytes(Math.max(k, ef)));
  const [keys, ids] = [bench.room(4 * k), bench.room(4 * k)];
  kernels.hnswSearch(g, query, k, ef, passes, room, keys, ids);
  const [rangeKeys, rangeIds] = [bench.room(4 * n), bench.room(4 * n)];
  const hits = kernels.hnswRange(g, query, 3, ef, passes, room, rangeKeys, rangeIds);
  return {
    keys: memory.f32(keys, k).slice(),
    ids: memory.i32(ids, k).slice(),
    rangeKeys: memory.f32(rangeKeys, hits).slice(),
    rangeIds: memory.i32(rangeIds, hits).slice(),
  };
}

/** Links all nodes one by one, and searches: the links, and what is found. */
function run(
  kernels: Kernels,
  c: Case,
  { codes, ownDistances = false }: { codes?: Codes; ownDistances?: boolean } = {},
) {
  const { d, vectors, levels, x, ip } = c;
  const { memory } = kernels;
  const bench = new Bench(memory);
  const n = levels.length;
  const offsets = [0];
  for (const level of levels) offsets.push(offsets.at(-1)! + PLACES[level + 1]!);
  const total = offsets.at(-1)!;
  const record: GraphRecord = {
    neighbors: bench.u32(new Uint32Array(total).fill(0xffffffff)),
    offsets: bench.u8(new Uint8Array(Float64Array.from(offsets).buffer), 8),
    places: bench.u32(PLACES),
    vectors: bench.f32(vectors),
    d,
    kind: ip ? 1 : 0,
    visited: bench.u32(new Uint32Array(Math.ceil(n / 16))),
    n,
    entryPoint: 0,
    maxLevel: levels[0]!,
    visit: 65530,
    room: bench.room(BATCH * 8),
    efConstruction: EF_CONSTRUCTION,
    batch: BATCH,
    codeSize: 4 * d,
    code: 0,
    records: 0,
    query: 0,
    weights: 0,
    compared: 0,
  };
  const g = bench.room(HNSW_WORDS.length * 4);
  memory.i32(g, HNSW_WORDS.length).set(HNSW_WORDS.map((word) => record[word]));
  const weigh = bounding(kernels, bench, g, c, record.vectors);
  const links = (node: number, level: number): Int32Array =>
    memory.i32(record.neighbors + 4 * (offsets[node]! + PLACES[level]!), PLACES[level + 1]! - PLACES[level]!);
  const distance = (at: number, node: number): number => {
    const [a, b] = [memory.f32(at, d), memory.f32(record.vectors + 4 * d * node, d)];
    return a.reduce((sum, v, j) => sum + (ip ? v * b[j]! : (v - b[j]!) ** 2), 0);
  };
  const graphs = ownDistances ? kernels.graphBy(distance) : kernels;
  const work = bench.room(Math.max(hnswLinkBytes(n, EF_CONSTRUCTION), hnswMergeBytes(BATCH, n)));
  const incoming = bench.room(4 * n);
  for (let node = 1; node < n; node++) {
    weigh(record.vectors + 4 * node * d);
    graphs.hnswLink(g, record.vectors + 4 * node * d, node, levels[node]!, work);
    const top = memory.i32(g, HNSW_WORDS.length)[HNSW_WORDS.indexOf('maxLevel')]!;
    for (let level = Math.min(levels[node]!, top); level >= 0; level--) {
      for (const other of links(node, level).filter((id) => id >= 0)) {
        memory.u32(incoming, 1)[0] = node;
        graphs.hnswMerge(g, other, level, incoming, 1, work);
      }
    }
    if (levels[node]! > top) {
      memory.i32(g, HNSW_WORDS.length)[HNSW_WORDS.indexOf('maxLevel')] = levels[node]!;
      memory.i32(g, HNSW_WORDS.length)[HNSW_WORDS.indexOf('entryPoint')] = node;
    }
  }
  const query = codes ? codes.table(bench) : bench.f32(x, 4);
  if (codes) {
    const { kind, d: numbers, codeSize, code } = codes;
    const words = { ...record, kind, d: numbers, codeSize, code, vectors: bench.u8(codes.codes) };
    memory.i32(g, HNSW_WORDS.length).set(HNSW_WORDS.map((word) => words[word]));
  } else weigh(query);
  const result = {
    links: memory.i32(record.neighbors, total).slice(),
    ...searches(graphs, memory, bench, { g, query }, c),
  };
  bench.close();
  return result;
}

/** Codes to search among instead of the vectors that the graph was made of. */
interface Codes {
  kind: number;
  d: number;
  codeSize: number;
  code: number;
  codes: Uint8Array;
  table(bench: Bench): Ptr;
}

/** Codes and a query's table of small whole numbers, whose sums are exact in any order. */
function codesOf({ d, levels }: Case, kind: number, bits: number, seed: number): Codes {
  const random = (i: number): number => Math.imul(i + seed, 0x9e3779b1) >>> 16;
  const codeSize = Math.ceil((d * bits) / 8);
  // what is behind the last number stays 0
  const rest = 0xff >> (8 * codeSize - d * bits);
  const codes = Uint8Array.from(
    { length: levels.length * codeSize },
    (_, i) => random(i) & (i % codeSize === codeSize - 1 ? rest : 255),
  );
  const entries = kind === 2 ? 2 * d : kind === 3 ? d + 1 : d * 2 ** bits;
  const table = (bench: Bench): Ptr =>
    bench.f32(Array.from({ length: entries }, (_, i) => (random(7 * i) % 5) - 2));
  return { kind, d, codeSize, code: bits, codes, table };
}

const cases: fc.Arbitrary<Case> = fc
  .record({ d: fc.integer({ min: 1, max: 21 }), n: fc.integer({ min: 1, max: 40 }), masked: fc.boolean() })
  .chain(({ d, n, masked }) =>
    fc.record({
      d: fc.constant(d),
      vectors: floats(whole, n * d),
      levels: fc.array(fc.constantFrom(0, 0, 0, 0, 1, 2), { minLength: n, maxLength: n }),
      x: floats(whole, d),
      ip: fc.boolean(),
      k: fc.integer({ min: 1, max: 12 }),
      ef: fc.integer({ min: 1, max: 12 }),
      bounds: fc.boolean(),
      mask: masked ? fc.array(fc.boolean(), { minLength: n, maxLength: n }) : fc.constant(undefined),
    }),
  );

it('every level builds the same graph and finds the same, ties and all', () => {
  fc.assert(
    fc.property(cases, (c) => {
      expect(run(simd, c)).toEqual(run(scalar, c));
    }),
    { numRuns: 150 },
  );
});

it('the same comes of distances that the caller computes', () => {
  fc.assert(
    fc.property(cases, (c) => {
      expect(run(simd, c, { ownDistances: true })).toEqual(run(scalar, c));
    }),
    { numRuns: 40 },
  );
});

it('bounds change nothing', () => {
  fc.assert(
    fc.property(cases, (c) => {
      expect(run(simd, { ...c, bounds: true })).toEqual(run(simd, { ...c, bounds: false }));
    }),
    { numRuns: 150 },
  );
});

it.each(['scalar quantizer, l2', 'scalar quantizer, ip', 'product quantizer, l2', 'product quantizer, ip'])(
  'every level finds the same among codes of a %s',
  (what) => {
    const kind = what.startsWith('scalar') ? (what.endsWith('l2') ? 2 : 3) : what.endsWith('l2') ? 4 : 5;
    fc.assert(
      fc.property(
        cases,
        fc.constantFrom(...(kind < 4 ? [4, 6, 8] : [3, 4, 8, 9])),
        fc.nat(),
        (c, bits, seed) => {
          const graph = { ...c, ip: kind % 2 === 1, bounds: false };
          const codes = codesOf(graph, kind, bits, seed);
          expect(run(simd, graph, { codes })).toEqual(run(scalar, graph, { codes }));
        },
      ),
      { numRuns: 40 },
    );
  },
);

it('a wide search of a connected graph finds the nearest that the mask lets pass', () => {
  fc.assert(
    fc.property(cases, (c) => {
      const n = c.levels.length;
      const { keys, ids } = run(simd, { ...c, k: n, ef: n });
      const key = (id: number): number => {
        let sum = 0;
        for (let j = 0; j < c.d; j++) {
          const y = c.vectors[id * c.d + j]!;
          sum += c.ip ? -c.x[j]! * y : (c.x[j]! - y) ** 2;
        }
        return sum;
      };
      const found = Array.from(ids).filter((id) => id >= 0);
      expect(new Set(found).size).toBe(found.length);
      expect(found.every((id) => c.mask?.[id] ?? true)).toBe(true);
      expect(found.map(key)).toEqual(Array.from(keys.subarray(0, found.length), (k) => k + 0));
      expect(keys.every((k, i) => i === 0 || k >= keys[i - 1]!)).toBe(true);
    }),
    { numRuns: 60 },
  );
});
