import { FLT_MAX, type IdSelector } from '@lutra/core';
import { loadKernels } from '@lutra/kernels';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../src/engine.js';
import { blockBytes, packCode, unpackCode } from '../src/fast-scan/block-layout.js';
import { BlockStore } from '../src/fast-scan/block-store.js';
import { quantizeLut, quantizeLuts } from '../src/fast-scan/quantize-lut.js';
import { GrowingStore } from '../src/growing-store.js';
import { compileSelector } from '../src/id-selector.js';
import { IdTable } from '../src/id-table.js';
import { IdList } from '../src/invlists/id-list.js';
import type { Lists } from '../src/invlists/lists.js';
import { PlaceMap } from '../src/invlists/place-map.js';
import { keepMask } from '../src/keep-mask.js';
import { codeSizeOf, readIndex, writeIndex } from '../src/quantizers/bit-codes.js';
import { TopK } from '../src/top-k.js';
import { LEVEL } from './engine.js';

const set = await loadKernels(LEVEL === undefined ? {} : { level: LEVEL });
const newEngine = (): Engine => new Engine(set.instantiate());
const engine = newEngine();
const safeId = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.maxSafeNat(), fc.integer({ min: -5, max: 5 }));

describe('TopK', () => {
  /** faiss's rule for a heap of the worst: strictly better enters, the largest order among equal worst ones leaves. */
  function reference(
    stream: { key: number; id: number }[],
    k: number,
    sign: number,
  ): { key: number; id: number }[] {
    const kept: { key: number; id: number }[] = [];
    const order = (a: { key: number; id: number }, b: { key: number; id: number }) =>
      a.key - b.key || sign * (a.id - b.id);
    for (const c of stream) {
      if (!(c.key < FLT_MAX)) continue;
      if (kept.length === k) {
        if (!(c.key < kept[k - 1]!.key)) continue;
        kept.pop();
      }
      kept.push(c);
      kept.sort(order);
    }
    return kept;
  }

  it('keeps and orders what sorting does, ties by faiss’s rule', () => {
    const key = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true }));
    const stream = fc.uniqueArray(fc.record({ key, id: fc.maxSafeNat() }), {
      selector: (c) => c.id,
      maxLength: 60,
    });
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 20 }), fc.boolean(), (candidates, k, similarity) => {
        const heap = new TopK(k, similarity);
        const sign = similarity ? -1 : 1;
        for (let round = 0; round < 2; round++) {
          for (const { key, id } of candidates) heap.push(key, id);
          const distances = new Float32Array(k + 2).fill(7);
          const labels = new Float64Array(k + 2).fill(7);
          heap.drain(distances, labels, 1, 99);
          const wanted = reference(candidates, k, sign);
          for (let i = 0; i < k; i++) {
            expect(labels[1 + i]).toBe(wanted[i]?.id ?? -1);
            expect(distances[1 + i]! + 0).toBe(Math.fround(wanted[i] ? sign * wanted[i]!.key : 99) + 0);
          }
          expect([distances[0], labels[0], distances[k + 1], labels[k + 1]]).toEqual([7, 7, 7, 7]);
        }
      }),
    );
  });
});

describe('bit codes', () => {
  it('read back what was written, and nothing beside it', () => {
    const shape = fc.record({ M: fc.integer({ min: 1, max: 20 }), nbits: fc.integer({ min: 1, max: 24 }) });
    fc.assert(
      fc.property(shape, fc.infiniteStream(fc.nat()), ({ M, nbits }, numbers) => {
        const size = codeSizeOf(M, nbits);
        const codes = new Uint8Array(3 * size);
        const indices = Array.from({ length: M }, () => numbers.next().value! % 2 ** nbits);
        for (const [m, index] of indices.entries()) writeIndex(codes, size, m, nbits, index);
        expect(indices.map((_, m) => readIndex(codes, size, m, nbits))).toEqual(indices);
        expect(
          codes.subarray(0, size).every((b) => b === 0) && codes.subarray(2 * size).every((b) => b === 0),
        ).toBe(true);
        // the bit string: lowest bit first
        const bit = (i: number) => (codes[size + (i >> 3)]! >> (i & 7)) & 1;
        const wanted = indices.flatMap((index) => Array.from({ length: nbits }, (_, b) => (index >>> b) & 1));
        expect(wanted.map((_, i) => bit(i))).toEqual(wanted);
      }),
    );
  });
});

describe('blocks of 4-bit codes', () => {
  const shape = fc.record({
    bbs: fc.constantFrom(32, 64, 96),
    M: fc.integer({ min: 1, max: 21 }),
    n: fc.integer({ min: 1, max: 200 }),
    seed: fc.nat(),
  });
  /** Codes as they come: the last nibble is zero when M is odd. */
  const codesOf = (n: number, M: number, seed: number): Uint8Array => {
    const size = Math.ceil(M / 2);
    return Uint8Array.from({ length: n * size }, (_, i) => {
      const byte = (Math.imul(i + 1, 2654435761) ^ seed) >>> 13;
      return M % 2 === 1 && i % size === size - 1 ? byte & 15 : byte & 255;
    });
  };

  it('unpack what was packed, each vector in nibbles of its own', () => {
    fc.assert(
      fc.property(shape, ({ bbs, M, seed }) => {
        const [M2, size] = [M + (M % 2), Math.ceil(M / 2)];
        const codes = codesOf(bbs, M, seed);
        const packed = new Uint8Array(blockBytes(bbs, M2) + 2);
        for (let v = 0; v < bbs; v++) packCode(codes, v * size, size, packed, 1, v, bbs);
        const code = new Uint8Array(size);
        for (let v = 0; v < bbs; v++) {
          unpackCode(packed, 1, v, bbs, code);
          expect(code).toEqual(codes.subarray(v * size, (v + 1) * size));
        }
        expect([packed[0], packed.at(-1)]).toEqual([0, 0]);
      }),
    );
  });

  it('hold what was pushed, keep what is retained, and are zero behind the last', () => {
    fc.assert(
      fc.property(shape, ({ bbs, M, n, seed }) => {
        const engine = newEngine();
        const [M2, size] = [M + (M % 2), Math.ceil(M / 2)];
        const store = new BlockStore(engine, bbs, M2, size);
        const codes = codesOf(n, M, seed);
        const first = seed % n;
        for (const [from, to] of [
          [0, first],
          [first, n],
        ] as const) {
          store.extend(to - from);
          const memory = new Uint8Array(engine.memory.buffer);
          for (let i = from; i < to; i++) store.push(codes, i * size, memory);
        }
        const keep = keepMask(n, (i) => (i * 7 + seed) % 3 === 0);
        const left = Array.from({ length: n }, (_, i) => i).filter((i) => keep[i] === 1);
        expect(store.retain(keep)).toBe(n - left.length);
        const fresh = new BlockStore(engine, bbs, M2, size);
        fresh.extend(left.length);
        const memory = new Uint8Array(engine.memory.buffer);
        for (const i of left) fresh.push(codes, i * size, memory);
        expect(store.size).toBe(left.length);
        expect(Buffer.compare(store.bytes(), fresh.bytes())).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});

describe('stores', () => {
  it('grow, drop and clear as an array does, in one memory with others', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), n: fc.integer({ min: 0, max: 300 }) }),
      fc.record({ kind: fc.constant('reserve' as const), n: fc.integer({ min: 0, max: 2000 }) }),
      fc.record({ kind: fc.constant('retain' as const), n: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant('clear' as const), n: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 20 }), (size, steps) => {
        const engine = newEngine();
        const stores = [new GrowingStore(engine, size), new GrowingStore(engine, size)];
        const models: number[][] = [[], []];
        steps.forEach(({ kind, n }, turn) => {
          const store = stores[turn % 2]!;
          const model = models[turn % 2]!;
          if (kind === 'append') {
            const bytes = Uint8Array.from({ length: n * size }, (_, i) => (i * 31 + turn) & 255);
            store.append(bytes);
            model.push(...bytes);
          } else if (kind === 'reserve') store.reserve(n);
          else if (kind === 'clear') {
            store.clear();
            model.length = 0;
          } else {
            const keep = keepMask(store.size, (i) => i % n === 0);
            store.retain(keep);
            models[turn % 2] = model.filter((_, i) => keep[Math.floor(i / size)] === 1);
          }
          stores.forEach((s, i) => {
            expect(s.size * size).toBe(models[i]!.length);
            expect(Buffer.compare(s.bytes(), Uint8Array.from(models[i]!))).toBe(0);
          });
        });
        for (const store of stores) store.clear();
        expect(engine.memory.allocatedBytes).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('do not move for each of many small additions', () => {
    const engine = newEngine();
    const store = new GrowingStore(engine, 64);
    let moves = 0;
    let blocked = engine.memory.alloc(16);
    for (let i = 0, ptr = 0; i < 5000; i++) {
      store.reserve(1);
      store.append(new Uint8Array(64));
      if (store.ptr !== ptr) {
        moves++;
        // something behind it, so that growing in place is no way out
        engine.memory.free(blocked);
        blocked = engine.memory.alloc(16);
      }
      ptr = store.ptr;
    }
    expect(moves).toBeLessThan(50);
  });
});

describe('tables by id', () => {
  it('find what a Map finds', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(safeId, fc.maxSafeNat())), safeId, (entries, other) => {
        const table = new IdTable(entries.length);
        for (const [key, value] of entries) table.set(key, value);
        const map = new Map(entries);
        for (const [key] of entries) expect(table.get(key)).toBe(map.get(key));
        expect(table.get(other)).toBe(map.get(other));
        expect(table.has(other)).toBe(map.has(other));
      }),
    );
  });

  it('find the place of every id of inverted lists, the last of equal ones', () => {
    const engine = newEngine();
    const lists = fc.array(fc.array(safeId, { maxLength: 12 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(lists, safeId, (ids, other) => {
        const held = ids.map((list) => {
          const held = new IdList(engine);
          held.append(Float64Array.from(list));
          return held;
        });
        const map = new PlaceMap({ nlist: ids.length, ids: (list: number) => held[list]! } as Lists);
        const wanted = new Map<number, { list: number; offset: number }>();
        ids.forEach((list, i) => {
          list.forEach((id, offset) => {
            wanted.set(id, { list: i, offset });
          });
        });
        for (const id of [...wanted.keys(), other]) expect(map.find(id)).toEqual(wanted.get(id));
        const pairs = map.toData('hash', ids.flat().length);
        expect(pairs.kind === 'hash' && pairs.pairs.length).toBe(2 * ids.flat().length);
      }),
    );
  });
});

describe('id selectors', () => {
  const leaf: fc.Arbitrary<IdSelector> = fc.oneof(
    fc.record({ kind: fc.constant('range' as const), min: safeId, max: safeId }),
    fc.record({ kind: fc.constant('list' as const), ids: fc.array(safeId) }),
    fc.record({ kind: fc.constant('bitmap' as const), bits: fc.uint8Array({ maxLength: 8 }) }),
    fc.constant({ kind: 'predicate' as const, test: (id: number) => id % 2 === 0 }),
  );
  const { selector } = fc.letrec<{ selector: IdSelector }>((tie) => ({
    selector: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.record({ kind: fc.constant('not' as const), selector: tie('selector') }),
      fc.record({
        kind: fc.constant('and' as const),
        selectors: fc.array(tie('selector'), { maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('or' as const), selectors: fc.array(tie('selector'), { maxLength: 3 }) }),
    ),
  }));

  function selects(s: IdSelector, id: number): boolean {
    switch (s.kind) {
      case 'range':
        return id >= s.min && id < s.max;
      case 'list':
        return Array.from(s.ids).includes(id);
      case 'bitmap':
        return id >= 0 && id < 8 * s.bits.length && Boolean((s.bits[Math.floor(id / 8)]! >> (id % 8)) & 1);
      case 'predicate':
        return s.test(id);
      case 'not':
        return !selects(s.selector, id);
      case 'and':
        return s.selectors.every((inner) => selects(inner, id));
      case 'or':
        return s.selectors.some((inner) => selects(inner, id));
    }
  }

  it('mean what they say', () => {
    fc.assert(
      fc.property(selector, fc.array(safeId), (s, ids) => {
        const test = compileSelector(s);
        for (const id of ids) expect(test(id)).toBe(selects(s, id));
      }),
    );
  });
});

describe('quantised tables', () => {
  const float = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
  const tables = fc
    .record({ M: fc.integer({ min: 1, max: 12 }), nprobe: fc.integer({ min: 1, max: 4 }) })
    .chain(({ M, nprobe }) =>
      fc.record({
        M: fc.constant(M),
        nprobe: fc.constant(nprobe),
        lut: fc.array(float, { minLength: nprobe * M * 16, maxLength: nprobe * M * 16 }),
        bias: fc.array(float, { minLength: nprobe, maxLength: nprobe }),
      }),
    );

  it('stay within a step a table of the float sum, and below 65536', () => {
    fc.assert(
      fc.property(tables, fc.nat(), ({ M, nprobe, lut, bias }, seed) => {
        const M2 = M + (M % 2);
        const floats = Float32Array.from(lut);
        const biases = Float32Array.from(bias);
        const { memory } = engine;
        const [at, to] = [engine.hold(floats), memory.alloc(nprobe * M2 * 16)];
        // tables as parts, and products of zero
        const products = engine.hold(new Float32Array(M * 16));
        const parts = memory.alloc(nprobe * 4);
        for (let j = 0; j < nprobe; j++) memory.u32(parts, nprobe)[j] = at + j * M * 64;
        memory.u8(to, nprobe * M2 * 16).fill(9);
        const biasOut = new Uint32Array(nprobe);
        const { offset, step } = quantizeLuts(engine, { parts, products }, biases, { M, M2 }, to, biasOut);
        const out = memory.u8(to, nprobe * M2 * 16).slice();
        checkSums({ M, M2, nprobe, seed, step }, floats, biases, out, biasOut, offset);
        const one = floats.subarray(0, M * 16);
        const d = quantizeLut(engine, at, { M, M2 }, to, { capSum: true, bias: biases, biasOut });
        const shared = memory.u8(to, M2 * 16).slice();
        for (const ptr of [at, to, products, parts]) memory.free(ptr);
        const all = new Float32Array(nprobe * M * 16);
        const repeated = new Uint8Array(nprobe * M2 * 16);
        for (let j = 0; j < nprobe; j++) {
          all.set(one, j * M * 16);
          repeated.set(shared, j * M2 * 16);
        }
        checkSums({ M, M2, nprobe, seed, step: d.step }, all, biases, repeated, biasOut, d.offset);
      }),
    );
  });

  function checkSums(
    shape: { M: number; M2: number; nprobe: number; seed: number; step: number },
    lut: Float32Array,
    bias: Float32Array,
    out: Uint8Array,
    biasOut: Uint32Array,
    offset: number,
  ): void {
    const { M, M2, nprobe, seed, step } = shape;
    for (let j = 0; j < nprobe; j++) {
      let [sum, wanted, most] = [biasOut[j]!, bias[j]!, biasOut[j]!];
      let magnitude = Math.abs(wanted);
      for (let m = 0; m < M; m++) {
        const c = (seed + m * 7 + j) % 16;
        sum += out[(j * M2 + m) * 16 + c]!;
        wanted += lut[(j * M + m) * 16 + c]!;
        const table = lut.subarray((j * M + m) * 16, (j * M + m + 1) * 16);
        magnitude += table.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
        most += out.subarray((j * M2 + m) * 16, (j * M2 + m + 1) * 16).reduce((a, v) => Math.max(a, v), 0);
      }
      // each entry and the bias are rounded to half a step
      expect(Math.abs(offset + sum * step - wanted)).toBeLessThanOrEqual(
        0.51 * (M + 1) * step + 1e-4 * magnitude + 1e-6,
      );
      // the cap is on the spans: rounding may add a half for each table
      expect(most).toBeLessThanOrEqual(65535 + M + 1);
      for (let c = M * 16; c < M2 * 16; c++) expect(out[j * M2 * 16 + c]).toBe(0);
    }
  }
});
