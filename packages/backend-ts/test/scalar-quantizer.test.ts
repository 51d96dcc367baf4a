import { readFileSync } from 'node:fs';
import type { IdSelector, IndexData, Metric, ScalarQuantizerData } from '@lutra/core';
import { decodeIndex } from '@lutra/faiss-format';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBf16, decodeFp16, encodeBf16, encodeFp16 } from '../src/quantizers/half-floats.js';
import { clusters } from './data.js';
import { backend, build, create } from './engine.js';
import { expectError } from './expect-error.js';

const METRICS: Metric[] = ['l2', 'ip'];

describe('bounds', () => {
  const all: IdSelector = { kind: 'predicate', test: () => true };

  it.each([
    ['SQ8', 32],
    ['SQ8', 37],
    ['SQ6', 20],
    ['SQ4', 33],
    ['SQ8_direct', 16],
    ['SQ8_direct_signed', 21],
    ['IVF8,SQ8', 32],
    ['IVF8,SQ6', 37],
    ['IVF8,SQ4', 21],
    ['IVF8,SQfp16', 19],
    ['IVF8,SQ8_direct', 16],
    ['IVF8,SQ8_direct_signed', 33],
  ] as const)('%s over %i dimensions finds what comparing all finds, to the bit', async (factory, d) => {
    const direct = factory.includes('SQ8_');
    const probe = factory.startsWith('IVF') ? { nprobe: 4 } : {};
    const scale = (x: Float32Array): Float32Array =>
      direct ? x.map((v) => Math.round(40 * v) + (factory.endsWith('signed') ? 0 : 128)) : x;
    const base = scale(clusters(1501, d, { seed: 5, centers: 30, spread: 0.3 }));
    // doubles, so that there are ties at the k-th place
    base.copyWithin(700 * d, 0, 200 * d);
    const x = scale(clusters(12, d, { seed: 5, centers: 30, rows: 1 }));
    for (const metric of METRICS) {
      const index = await build(factory, d, base, { metric });
      for (const k of [1, 7, 50]) {
        // a filter has every code compared
        const found = await index.search(x, k, probe);
        expect(found).toEqual(await index.search(x, k, { ...probe, filter: all }));
      }
      await index.removeIds({ kind: 'range', min: 100, max: 300 });
      await index.add(x);
      const again = await index.search(x, 5, probe);
      expect(again).toEqual(await index.search(x, 5, { ...probe, filter: all }));
      if (metric === 'l2' && !factory.startsWith('IVF')) expect(again.labels[0]).toBe(1301);
    }
  });

  it('are not made of numbers that overflow', async () => {
    const d = 16;
    const base = clusters(600, d, { seed: 5 }).map((v) => v * 1e19);
    for (const metric of METRICS) {
      const index = await build('SQ8', d, base, { metric });
      const x = base.subarray(0, 2 * d).map((v) => v / 1e19);
      expect(await index.search(x, 9)).toEqual(await index.search(x, 9, { filter: all }));
    }
  });
});

it('compares residuals of SQ8_direct as bytes, where components come in sixteens', async () => {
  const d = 16;
  const base = clusters(300, d, { seed: 3 }).map((v) => Math.round(30 * v) + 128);
  const index = await build('IVF2,SQ8_direct', d, base, { metric: 'l2' });
  const { distances, labels } = await index.search(base.subarray(0, d), 3, { nprobe: 2 });
  const data = index.toData() as Extract<IndexData, { kind: 'IvfScalarQuantizer' }>;
  const { vectors } = data.quantizer as Extract<IndexData, { kind: 'Flat' }>;
  const lists = data.invlists as Extract<typeof data.invlists, { kind: 'array' }>;
  for (let i = 0; i < 3; i++) {
    const list = lists.ids.findIndex((ids) => ids.includes(labels[i]!));
    const at = lists.ids[list]!.indexOf(labels[i]!) * d;
    let sum = 0;
    for (let j = 0; j < d; j++) {
      const byte = Math.trunc(Math.fround(base[j]! - vectors[list * d + j]!)) & 255;
      sum += (byte - lists.codes[list]![at + j]!) ** 2;
    }
    expect(distances[i]).toBe(sum);
  }
  expect(distances[0]).toBe(0);
});

it.each(['SQfp16', 'SQbf16'])(
  '%s gives a query the same distances alone and among others',
  async (factory) => {
    for (const d of [13, 32]) {
      const base = clusters(900, d, { seed: 8 });
      const x = clusters(9, d, { seed: 8, rows: 1 });
      for (const metric of METRICS) {
        const index = await build(factory, d, base, { metric });
        const together = await index.search(x, 20);
        for (let q = 0; q < 9; q++) {
          const alone = await index.search(x.subarray(q * d, (q + 1) * d), 20);
          expect(alone.distances).toEqual(together.distances.subarray(20 * q, 20 * (q + 1)));
          expect(alone.labels).toEqual(together.labels.subarray(20 * q, 20 * (q + 1)));
        }
      }
    }
  },
);

describe('training', () => {
  it('takes the ranges of the rows, constant components included', async () => {
    const x = Float32Array.of(1, 5, -2, 3, 5, 4, 2, 5, 1);
    const index = await build('SQ4', 3, x);
    const { sq } = index.toData() as ScalarQuantizerData;
    expect([...sq.trained]).toEqual([1, 5, -2, 2, 0, 6]);
    expect([...(await index.reconstruct([1])).subarray(1, 2)]).toEqual([5]);
  });

  it('wants a row, and rows within range for types that learn nothing', async () => {
    const index = await create('SQ8', 4);
    await expectError(() => index.train(new Float32Array(0)), 'ARGUMENT', /at least 1/);
    expect((await create('SQfp16', 4)).isTrained).toBe(true);
    expect((await create('IVF4,SQfp16', 4)).isTrained).toBe(false);
  });

  it('by another statistic is refused, though such a file is searched', async () => {
    const folder = new URL('../../faiss-format/test/fixtures/', import.meta.url);
    const index = await backend.load(
      decodeIndex(new Uint8Array(readFileSync(new URL('sq8-meanstd.faiss', folder)))),
    );
    index.reset();
    await expectError(() => index.train(clusters(20, 8)), 'UNSUPPORTED', /by meanstd/);
  });
});

describe('codes', () => {
  it('of 16 bits are the nearest float, and of two as near the one further from zero', () => {
    const all = Array.from({ length: 0x7c00 }, (_, h) => decodeFp16(h));
    const wrong = all.filter((v, h) => {
      const middle = (v + (all[h + 1] ?? 65536)) / 2;
      return encodeFp16(v) !== h || encodeFp16(-v) !== (h | 0x8000) || encodeFp16(middle) !== h + 1;
    });
    expect(wrong).toEqual([]);
    expect([encodeFp16(1e6), encodeFp16(-Infinity), encodeFp16(Number.NaN)]).toEqual([
      0x7c00, 0xfc00, 0x7e00,
    ]);
    fc.assert(
      fc.property(fc.double({ noNaN: true, max: 1e38, min: -1e38 }).map(Math.fround), (x) => {
        const [back, h] = [decodeBf16(encodeBf16(x)), encodeBf16(x)];
        expect(Math.abs(back - x)).toBeLessThanOrEqual(Math.abs(decodeBf16((h ^ 1) & 0xffff) - x));
      }),
    );
  });

  it('without bits leave every vector at its centroid', async () => {
    const d = 8;
    const base = clusters(300, d, { seed: 2 });
    const index = await build('IVF4,SQ0', d, base);
    const data = index.toData() as Extract<IndexData, { kind: 'IvfScalarQuantizer' }>;
    const lists = data.invlists.kind === 'array' ? data.invlists.ids : [];
    const vectors = (data.quantizer as Extract<IndexData, { kind: 'Flat' }>).vectors;
    for (let list = 0; list < 4; list++) {
      const y = await index.reconstruct([lists[list]![0]!]);
      expect([...y]).toEqual([...vectors.subarray(list * d, (list + 1) * d)]);
    }
    const { labels, distances } = await index.search(base.subarray(0, d), 3, { nprobe: 1 });
    const home = lists.find((ids) => ids.includes(labels[0]!))!;
    expect([...labels]).toEqual([...home.subarray(0, 3)]);
    expect(new Set(distances).size).toBe(1);
    const copy = await backend.load(data);
    await copy.mergeFrom(index);
    expect(copy.ntotal).toBe(600);
  });
});
