import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosineNormalize, innerProduct, l2Squared, rowNorms } from '../src/index.js';

const float32 = fc.float({ noNaN: true, min: Math.fround(-1e10), max: Math.fround(1e10) });

describe('l2Squared and innerProduct', () => {
  it('are the sums of the definition', () => {
    expect(l2Squared(Float32Array.of(1, 2, 3), Float32Array.of(4, 0, 3))).toBe(13);
    expect(innerProduct([1, 2, 3], [4, 0, 3])).toBe(13);
    expect(l2Squared([], [])).toBe(0);
  });

  it('do not overflow or cancel in float32', () => {
    expect(l2Squared(Float32Array.of(3e38), Float32Array.of(-3e38))).toBeCloseTo(3.6e77, -72);
    expect(innerProduct(Float32Array.of(1e8, 1, -1e8), Float32Array.of(1, 1, 1))).toBe(1);
  });

  it('agree: |a - b|² = aa - 2ab + bb (relative 1e-9 of the terms)', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(float32, float32), { maxLength: 67 }), (pairs) => {
        const a = Float32Array.from(pairs, ([x]) => x);
        const b = Float32Array.from(pairs, ([, y]) => y);
        const terms = innerProduct(a, a) + innerProduct(b, b);
        const expansion = terms - 2 * innerProduct(a, b);
        expect(Math.abs(l2Squared(a, b) - expansion)).toBeLessThanOrEqual(1e-9 * terms);
        expect(l2Squared(a, b)).toBe(l2Squared(b, a));
      }),
    );
  });

  it('refuse different lengths', () => {
    expect(() => l2Squared([1], [1, 2])).toThrowError(
      expect.objectContaining({ code: 'SHAPE', details: expect.objectContaining({ argument: 'b' }) }),
    );
    expect(() => innerProduct([1], [])).toThrowError(expect.objectContaining({ code: 'SHAPE' }));
  });
});

describe('cosineNormalize', () => {
  it('divides rows by their norm into a new array', () => {
    const x = Float32Array.of(3, 4, 0, 0, 0, 2);
    const y = cosineNormalize(x, 2);
    expect([...y]).toEqual([Math.fround(0.6), Math.fround(0.8), 0, 0, 0, 1]);
    expect([...x]).toEqual([3, 4, 0, 0, 0, 2]);
  });

  it('works in place and into a given array', () => {
    const x = Float32Array.of(3, 4);
    const out = new Float32Array(2);
    expect(cosineNormalize(x, 2, { out })).toBe(out);
    expect(x[0]).toBe(3);
    expect(cosineNormalize(x, 2, { out: x })).toBe(x);
    expect([...x]).toEqual([...out]);
  });

  it('divides by eps where the norm is below it, and leaves zeros alone', () => {
    expect([...cosineNormalize(Float32Array.of(0.5, 0), 2, { eps: 2 })]).toEqual([0.25, 0]);
    expect([...cosineNormalize(Float32Array.of(0, 0), 2)]).toEqual([0, 0]);
    expect([...cosineNormalize(Float32Array.of(0, 0), 2, { eps: 0 })]).toEqual([0, 0]);
  });

  it('gives norm 1 to every row longer than eps (relative 1e-6)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(float32, { maxLength: 60 }), (d, values) => {
        const x = Float32Array.from(values.slice(0, values.length - (values.length % d)));
        const before = rowNorms(x, d);
        const after = rowNorms(cosineNormalize(x, d, { eps: 1e-3 }), d);
        expect(after).toHaveLength(before.length);
        before.forEach((norm, row) => {
          expect(Math.abs(after[row]! - Math.min(1, norm / 1e-3))).toBeLessThanOrEqual(1e-6);
        });
      }),
    );
  });

  it('does not overflow where float32 squares would', () => {
    expect([...cosineNormalize(Float32Array.of(3e38, 0), 2)]).toEqual([1, 0]);
    expect(rowNorms(Float32Array.of(3e38, 3e38), 2)[0]).toBeCloseTo(4.2426e38, -35);
  });

  it.each([
    ['SHAPE', () => cosineNormalize(new Float32Array(3), 2)],
    ['SHAPE', () => cosineNormalize(new Float32Array(4), 2, { out: new Float32Array(2) })],
    ['ARGUMENT', () => cosineNormalize(new Float32Array(4), 0)],
    ['ARGUMENT', () => cosineNormalize(new Float32Array(4), 2, { eps: -1 })],
    ['ARGUMENT', () => cosineNormalize(new Float32Array(4), 2, { eps: Number.NaN })],
    ['ARGUMENT', () => rowNorms([1, 2] as never, 2)],
    ['SHAPE', () => rowNorms(new Float32Array(5), 2)],
  ])('refuses bad input: %s', (code, call) => {
    expect(call).toThrowError(expect.objectContaining({ code }));
  });
});
