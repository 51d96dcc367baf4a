import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compatFrame, pairwiseSum } from '../src/compat.js';

interface Golden {
  readonly name: string;
  readonly rate: number;
  readonly x: readonly string[];
  readonly scores: readonly string[];
  readonly rows: readonly string[];
  readonly out: readonly string[];
}

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/compat-golden.json'), 'utf8'),
) as Golden[];

const floats = (hex: readonly string[]): Float32Array =>
  new Float32Array(Uint32Array.from(hex, (v) => Number.parseInt(v, 16)).buffer);

/** Bits as hex, the sign and payload of NaN aside. */
const bits = (x: Float32Array): string[] =>
  Array.from(new Uint32Array(x.slice().buffer), (v, i) =>
    Number.isNaN(x[i]!) ? 'NaN' : v.toString(16).padStart(8, '0'),
  );

describe("compatFrame gives numpy's bits for", () => {
  for (const { name, rate, ...hex } of golden) {
    it(name, () => {
      const [x, scores, all] = [floats(hex.x), floats(hex.scores), floats(hex.rows)];
      const d = x.length;
      const missing = Math.fround(3.4028234663852886e38);
      const rows = Array.from(scores, (score, i) =>
        score === missing ? undefined : all.subarray(i * d, (i + 1) * d),
      );
      const out = new Float32Array(d);
      compatFrame(x, scores, rows, rate, out);
      expect(bits(out)).toEqual(bits(floats(hex.out)));
    });
  }
});

describe('pairwiseSum', () => {
  it('adds in eight sums up to 128 terms and halves beyond', () => {
    // 2^24 + 1 is lost in float32: which ones survive tells the order
    const x = new Float32Array(16).fill(1);
    x[0] = 2 ** 24;
    expect(pairwiseSum(x)).toBe(2 ** 24 + 14);
    const long = new Float32Array(136).fill(1);
    long[0] = 2 ** 24;
    // halves of 64 and 72: the first keeps 64 - 8 ones, the second all 72
    expect(pairwiseSum(long)).toBe(2 ** 24 + 56 + 72);
    expect(pairwiseSum(Float32Array.of(2 ** 24, 1, 1, 1))).toBe(2 ** 24);
  });
});
