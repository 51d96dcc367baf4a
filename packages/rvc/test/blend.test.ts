import { type Backend, FLT_MAX, type VectorIndex } from '@lutra/core';
import fc from 'fast-check';
import { indexFactory, ts } from 'lutra';
import { describe, expect, it } from 'vitest';
import { neighbourWeights } from '../src/blend-frame.js';
import { blendFeatures } from '../src/index.js';
import { expectError } from './expect-error.js';
import { frames, randoms } from './workspace.js';

const D = 4;
const backends: readonly Backend[] = [ts()];

async function flat(rows: Float32Array, d = D): Promise<VectorIndex> {
  const index = await indexFactory('Flat', { d, backends });
  await index.add(rows);
  return index;
}

/** Two lists far apart; all vectors are in the first, so a query near the other finds none. */
async function withEmptyList(): Promise<VectorIndex> {
  const index = await indexFactory('IVF2,Flat', { d: D, backends });
  await index.train(Float32Array.of(0, 0, 0, 0, 0, 0, 0, 1, 90, 90, 90, 90, 90, 90, 90, 91));
  await index.add(Float32Array.of(0, 0, 0, 2, 0, 0, 2, 0, 0, 2, 0, 0));
  return index;
}

/** The formula as it stands, in float64. */
function reference(x: Float32Array, rows: Float32Array, d: number, k: number, rate: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let t = 0; t < x.length / d; t++) {
    const all = Array.from({ length: rows.length / d }, (_, id) => {
      let distance = 0;
      for (let j = 0; j < d; j++) distance += (x[t * d + j]! - rows[id * d + j]!) ** 2;
      return { id, distance };
    });
    const best = all.sort((a, b) => a.distance - b.distance || a.id - b.id).slice(0, k);
    const sum = best.reduce((s, { distance }) => s + 1 / distance ** 2, 0);
    for (let j = 0; j < d; j++) {
      let mean = 0;
      for (const { id, distance } of best) mean += (rows[id * d + j]! / distance ** 2 / sum) as number;
      out[t * d + j] = rate * mean + (1 - rate) * x[t * d + j]!;
    }
  }
  return out;
}

describe('blendFeatures', () => {
  it('weighs neighbours by 1 / squared distance², and mixes by the index rate', async () => {
    const d = 16;
    const rows = frames(300, d, 3);
    const x = frames(40, d, 4);
    const index = await flat(rows, d);
    const { features, ...counts } = await blendFeatures(index, x, { k: 8, indexRate: 0.75 });
    const wanted = reference(x, rows, d, 8, 0.75);
    const worst = features.reduce((most, v, i) => Math.max(most, Math.abs(v - wanted[i]!)), 0);
    expect(worst).toBeLessThan(1e-5);
    expect(counts).toEqual({ frames: 40, exactFrames: 0, emptyFrames: 0, shortFrames: 0 });
  });

  it('says how far it is, over more frames than one search takes', async () => {
    const rows = frames(50, D, 3);
    const seen: [number, number][] = [];
    const x = frames(600, D, 9);
    const index = await flat(rows);
    const { features } = await blendFeatures(index, x, { onProgress: (...at) => seen.push(at) });
    expect(seen).toEqual([
      [256, 600],
      [512, 600],
      [600, 600],
    ]);
    const alone = await blendFeatures(index, x.subarray(599 * D));
    expect(features.subarray(599 * D)).toEqual(alone.features);
  });

  it('rate 0 gives the features back bit for bit, rate 1 the neighbours alone', async () => {
    const rows = randoms(40 * D, 1);
    const index = await flat(rows);
    const x = Float32Array.of(-0, 1e-40, 0.5, 2, ...rows.subarray(0, D));
    for (const compat of [false, true]) {
      const { features, exactFrames } = await blendFeatures(index, x, { indexRate: 0, compat });
      expect([...features].every((v, i) => Object.is(v, x[i]))).toBe(true);
      expect(exactFrames).toBe(0);
    }
    const one = await blendFeatures(index, Float32Array.of(9, 9, 9, 9), { k: 1, indexRate: 1 });
    const { labels } = await index.search(Float32Array.of(9, 9, 9, 9), 1);
    expect([...one.features]).toEqual([...rows.subarray(labels[0]! * D, (labels[0]! + 1) * D)]);
  });

  it('an exact hit takes all the weight, several share it', async () => {
    const hit = [1, 2, 3, 4];
    const index = await flat(Float32Array.of(...hit, 5, 5, 5, 5, 1, 2, 3, 4.5));
    const { features, exactFrames } = await blendFeatures(index, Float32Array.from(hit), { indexRate: 0.5 });
    expect([...features]).toEqual(hit);
    expect(exactFrames).toBe(1);
    const nan = await blendFeatures(index, Float32Array.from(hit), { compat: true });
    expect([...nan.features]).toEqual([NaN, NaN, NaN, NaN]);
    expect(nan.exactFrames).toBe(1);
  });

  it('a probed list with fewer than k vectors gives what it has', async () => {
    const index = await withEmptyList();
    const x = Float32Array.of(0, 0, 0, 0);
    const { features, ...counts } = await blendFeatures(index, x, { indexRate: 1 });
    // three neighbours at the same distance
    const third = Math.fround(2 / 3);
    expect([...features]).toEqual([0, third, third, third]);
    expect(counts).toEqual({ frames: 1, exactFrames: 0, emptyFrames: 0, shortFrames: 1 });
    const compat = await blendFeatures(index, x, { indexRate: 1, compat: true });
    expect([...compat.features].every((v, i) => Math.abs(v - features[i]!) < 1e-6)).toBe(true);
  });

  it('an empty probed list leaves the frame as it is', async () => {
    const index = await withEmptyList();
    const x = Float32Array.of(90, 90, 90, 90, 0, 0, 0, 0);
    const { features, ...counts } = await blendFeatures(index, x, { indexRate: 1 });
    expect([...features.subarray(0, D)]).toEqual([90, 90, 90, 90]);
    expect(counts).toEqual({ frames: 2, exactFrames: 0, emptyFrames: 1, shortFrames: 2 });
    const compat = await blendFeatures(index, x, { indexRate: 1, compat: true });
    expect([...compat.features.subarray(0, D)]).toEqual([NaN, NaN, NaN, NaN]);
    const both = await blendFeatures(index, x, { indexRate: 1, parameters: { nprobe: 2 } });
    expect(both.emptyFrames).toBe(0);
  });

  it('stays finite for distances that overflow or vanish', async () => {
    for (const size of [1e-44, 1e-30, 1e-20, 1e10, 1e18, 1e19, 1e30, FLT_MAX]) {
      const rows = randoms(20 * D, 5).map((v) => v * size);
      const index = await flat(rows);
      const { features } = await blendFeatures(
        index,
        randoms(6 * D, 6).map((v) => v * size * 0.9),
      );
      expect(features.every(Number.isFinite), `size ${size}`).toBe(true);
    }
  });

  it('is within the range of frame and neighbours, whatever the numbers', async () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true });
    await fc.assert(
      fc.asyncProperty(
        fc.array(float, { minLength: 3 * D, maxLength: 3 * D }),
        fc.array(float, { minLength: D, maxLength: D }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (stored, frame, indexRate) => {
          const rows = Float32Array.from(stored);
          const x = Float32Array.from(frame);
          const { features } = await blendFeatures(await flat(rows), x, { k: 3, indexRate });
          for (let j = 0; j < D; j++) {
            const column = [x[j]!, rows[j]!, rows[D + j]!, rows[2 * D + j]!];
            const slack = Math.max(...column.map(Math.abs)) * 1e-6 + 1e-44;
            expect(features[j]).toBeGreaterThanOrEqual(Math.min(...column) - slack);
            expect(features[j]).toBeLessThanOrEqual(Math.max(...column) + slack);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('counts approximate distances below 0 as 0, and infinite ones as missing', () => {
    const row = new Float32Array(D);
    const { weights, exact, found } = neighbourWeights(
      Float32Array.of(-1e-4, 0, 3, Number.POSITIVE_INFINITY, FLT_MAX),
      [row, row, row, row, undefined],
    );
    expect([[...weights], exact, found]).toEqual([[0.5, 0.5, 0, 0, 0], true, 3]);
    const none = neighbourWeights(Float32Array.of(Number.POSITIVE_INFINITY, FLT_MAX), [row, undefined]);
    expect([[...none.weights], none.found]).toEqual([[0, 0], 0]);
  });

  it('empty input is an empty result', async () => {
    const { features, frames: n } = await blendFeatures(await flat(randoms(D, 1)), new Float32Array(0));
    expect([features.length, n]).toEqual([0, 0]);
  });
});

describe('blendFeatures refuses', () => {
  const x = new Float32Array(2 * D).fill(0.5);

  it('an index without vectors: a trained_ file', async () => {
    const index = await indexFactory('IVF2,Flat', { d: D, backends });
    await index.train(randoms(10 * D, 2));
    const message = 'blend: the index holds no vectors; it may be a trained_ file, the added_ one is wanted';
    await expectError(blendFeatures(index, x), 'STATE', message);
  });

  it('features of another width', async () => {
    const index = await flat(randoms(3 * D, 2));
    await expectError(
      blendFeatures(index, new Float32Array(6)),
      'SHAPE',
      'blend: 6 numbers are no whole frames of 4',
    );
  });

  it('NaN and infinities, in any chunk', async () => {
    const index = await flat(randoms(3 * D, 2));
    const bad = frames(400, D, 1);
    bad[300 * D + 2] = Number.NaN;
    bad[301 * D] = Number.NEGATIVE_INFINITY;
    for (const compat of [false, true]) {
      await expectError(
        blendFeatures(index, bad, { compat }),
        'ARGUMENT',
        'blend: 2 of 400 frames hold NaN or infinities, the first is NaN in frame 300, column 2',
      );
    }
  });

  it('a rate outside 0 to 1, a k below 1, unknown parameters and other metrics', async () => {
    const index = await flat(randoms(3 * D, 2));
    await expectError(
      blendFeatures(index, x, { indexRate: 1.5 }),
      'ARGUMENT',
      'blend: indexRate is 1.5, wanted 0 to 1',
    );
    await expectError(
      blendFeatures(index, x, { indexRate: Number.NaN }),
      'ARGUMENT',
      'blend: indexRate is NaN, wanted 0 to 1',
    );
    await expectError(
      blendFeatures(index, x, { k: 0 }),
      'ARGUMENT',
      'blend: k is 0, wanted a whole number ≥ 1',
    );
    await expectError(blendFeatures(index, x, { parameters: { nprobe: 2 } }), 'ARGUMENT', /nprobe/);
    const ip = await indexFactory('Flat', { d: D, metric: 'ip', backends });
    const message = 'blend: weights come from l2 distances, the index has ip';
    await expectError(blendFeatures(ip, x), 'ARGUMENT', message);
    const list = [1, 2, 3, 4] as unknown as Float32Array;
    await expectError(
      blendFeatures(index, list),
      'ARGUMENT',
      'blend: features is object, wanted a Float32Array',
    );
  });

  it('to go on when stopped', async () => {
    const index = await flat(randoms(3 * D, 2));
    await expectError(blendFeatures(index, x, { signal: AbortSignal.abort() }), 'ABORTED', /stopped/);
  });
});
