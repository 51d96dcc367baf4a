import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HNSW_WORDS, hnswLinkBytes, hnswMergeBytes, hnswSearchBytes, type Kernels } from '../src/index.js';
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
}

/** Links all nodes one by one, and searches: the links, and what is found. */
function run(kernels: Kernels, { d, vectors, levels, x, ip, k, ef, mask }: Case, ownDistances = false) {
  const { memory } = kernels;
  const bench = new Bench(memory);
  const n = levels.length;
  const offsets = [0];
  for (const level of levels) offsets.push(offsets.at(-1)! + PLACES[level + 1]!);
  const total = offsets.at(-1)!;
  const record: Record<string, number> = {
    neighbors: bench.u32(new Uint32Array(total).fill(0xffffffff)),
    offsets: bench.u8(new Uint8Array(Float64Array.from(offsets).buffer), 8),
    places: bench.u32(PLACES),
    vectors: bench.f32(vectors),
    d,
    kind: ip ? 1 : 0,
    visited: bench.u8(new Uint8Array(n)),
    n,
    entryPoint: 0,
    maxLevel: levels[0]!,
    visit: 250,
    room: bench.room(BATCH * 8),
    efConstruction: EF_CONSTRUCTION,
    batch: BATCH,
    codeSize: 4 * d,
    code: 0,
  };
  const g = bench.room(HNSW_WORDS.length * 4);
  memory.i32(g, HNSW_WORDS.length).set(HNSW_WORDS.map((word) => record[word]!));
  const links = (node: number, level: number): Int32Array =>
    memory.i32(
      record.neighbors! + 4 * (offsets[node]! + PLACES[level]!),
      PLACES[level + 1]! - PLACES[level]!,
    );
  const distance = (at: number, node: number): number => {
    const [a, b] = [memory.f32(at, d), memory.f32(record.vectors! + 4 * d * node, d)];
    return a.reduce((sum, v, j) => sum + (ip ? v * b[j]! : (v - b[j]!) ** 2), 0);
  };
  const graphs = ownDistances ? kernels.graphBy(distance) : kernels;
  const work = bench.room(Math.max(hnswLinkBytes(n, EF_CONSTRUCTION), hnswMergeBytes(BATCH, n)));
  const incoming = bench.room(4 * n);
  for (let node = 1; node < n; node++) {
    graphs.hnswLink(g, record.vectors! + 4 * node * d, node, levels[node]!, work);
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
  const query = bench.f32(x, 4);
  const passes = mask ? bench.u8(Uint8Array.from(mask, Number)) : 0;
  const room = bench.room(hnswSearchBytes(Math.max(k, ef)));
  const [keys, ids] = [bench.room(4 * k), bench.room(4 * k)];
  graphs.hnswSearch(g, query, k, ef, passes, room, keys, ids);
  const [rangeKeys, rangeIds] = [bench.room(4 * n), bench.room(4 * n)];
  const hits = graphs.hnswRange(g, query, 3, ef, passes, room, rangeKeys, rangeIds);
  const result = {
    links: memory.i32(record.neighbors!, total).slice(),
    keys: memory.f32(keys, k).slice(),
    ids: memory.i32(ids, k).slice(),
    rangeKeys: memory.f32(rangeKeys, hits).slice(),
    rangeIds: memory.i32(rangeIds, hits).slice(),
  };
  bench.close();
  return result;
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
      expect(run(simd, c, true)).toEqual(run(scalar, c));
    }),
    { numRuns: 40 },
  );
});

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
