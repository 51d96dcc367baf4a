import { createHash } from 'node:crypto';
import { isLutraError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { maybeSubsample } from '../../src/clustering/subsample.js';
import { floatRand, floatRandn, RandomGenerator, randPerm, SplitMix64 } from '../../src/random/index.js';
// Printed by faiss-cpu 1.15.1: RandomGenerator, SplitMix64RandomGenerator, rand_perm, float_rand, float_randn.
import golden from './faiss-random.golden.json' with { type: 'json' };

const sha256 = (x: Uint32Array | Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(x.buffer, x.byteOffset, x.byteLength))
    .digest('hex');
const bits = (x: Float32Array): number[] => [...new Uint32Array(x.slice().buffer)];

describe('RandomGenerator', () => {
  it.each(golden.mt)('draws what std::mt19937 draws, seed $seed', (g) => {
    const ints = new RandomGenerator(g.seed);
    const drawn = Array.from({ length: 1500 }, () => ints.randInt());
    expect([...drawn.slice(0, 4), ...drawn.slice(622, 627), ...drawn.slice(1246, 1250)]).toEqual(g.randInt);
    const capped = new RandomGenerator(g.seed);
    expect([1, 2, 7, 1000, 12345, 2147483647].map((max) => capped.randIntMax(max))).toEqual(g.max);
    const floats = new RandomGenerator(g.seed);
    expect(g.float.map(() => floats.randFloat())).toEqual(g.float);
    const doubles = new RandomGenerator(g.seed);
    expect(g.double.map(() => doubles.randDouble())).toEqual(g.double);
  });
});

describe('SplitMix64', () => {
  it.each(golden.splitMix64)('draws what faiss draws, seed $seed', (g) => {
    const ints = new SplitMix64(g.seed);
    expect(g.randInt.map(() => ints.randInt())).toEqual(g.randInt);
    const capped = new SplitMix64(g.seed);
    expect([1, 2, 7, 1000, 12345, 2147483647].map((max) => capped.randIntMax(max))).toEqual(g.max);
  });
});

describe('randPerm', () => {
  it.each(golden.perm)('permutes as faiss does, n $n', ({ n, seed, perm }) => {
    expect([...randPerm(n, seed)]).toEqual(perm);
  });

  it('permutes 5000 as faiss does, and gives nothing for none', () => {
    expect(sha256(randPerm(golden.permLong.n, golden.permLong.seed))).toBe(golden.permLong.sha256);
    expect(randPerm(0, 1)).toEqual(new Uint32Array(0));
  });
});

describe('floatRand and floatRandn', () => {
  it.each(golden.rand)('$name fills $n as faiss does, bit for bit', (g) => {
    const x = g.name === 'floatRand' ? floatRand(g.n, g.seed) : floatRandn(g.n, g.seed);
    expect(bits(x.subarray(0, 6))).toEqual(g.head);
    expect(bits(x.subarray(g.n - 4))).toEqual(g.tail);
    expect(sha256(x)).toBe(g.sha256);
  });
});

describe('maybeSubsample', () => {
  const x = Float32Array.from({ length: 30 }, (_, i) => i);

  it('gives x itself when there are not too many rows', () => {
    expect(maybeSubsample(x, 3, 10, 1234)).toBe(x);
  });

  it('takes the first rows of the permutation', () => {
    const rows = golden.perm.find((g) => g.n === 10)!.perm.slice(0, 4);
    expect([...maybeSubsample(x, 3, 4, 1234)]).toEqual(rows.flatMap((r) => [3 * r, 3 * r + 1, 3 * r + 2]));
  });
});

describe('randPerm', () => {
  it.each([-1, 1.5, Number.NaN, 2 ** 31])('refuses n = %s', (n) => {
    let caught: unknown;
    try {
      randPerm(n, 1);
    } catch (e) {
      caught = e;
    }
    expect(isLutraError(caught, 'ARGUMENT')).toBe(true);
  });
});
