import fc from 'fast-check';
import { float16ToFloat32 } from 'npyjs';
import { describe, expect, it } from 'vitest';
import { float32ToHalf, float64ToHalf, halfToFloat32 } from '../src/half.js';

const ALL = Uint16Array.from({ length: 65536 }, (_, i) => i);

describe('half precision', () => {
  it('widens all 65,536 patterns to the values of npyjs', () => {
    const wide = halfToFloat32(ALL);
    expect(wide).toEqual(Float32Array.from(ALL, (h) => float16ToFloat32(h)));
  });

  it('comes back to all 65,536 patterns, NaN payloads included', () => {
    const wide = halfToFloat32(ALL);
    expect(float32ToHalf(wide)).toEqual(ALL);
    const finite = ALL.filter((h) => (h & 0x7c00) !== 0x7c00);
    expect(float64ToHalf(Float64Array.from(halfToFloat32(finite)))).toEqual(finite);
  });

  it('rounds to nearest, ties to even, between all neighbours', () => {
    // exact: the middle of two half floats is a float32
    for (let h = 0; h < 0x7bff; h++) {
      const [low, high] = halfToFloat32(Uint16Array.of(h, h + 1)) as unknown as [number, number];
      const middle = (low + high) / 2;
      const step = 2 ** -30;
      const x = Float64Array.of(middle, middle * (1 - step), middle * (1 + step), -middle);
      const even = h % 2 === 0 ? h : h + 1;
      const wanted = [even, h, h + 1, even | 0x8000];
      if ([...float64ToHalf(x)].some((bits, i) => bits !== wanted[i])) throw new Error(`float64 beside ${h}`);
      const single = Float32Array.of(middle, middle * (1 - 2 ** -22), middle * (1 + 2 ** -22), -middle);
      if ([...float32ToHalf(single)].some((bits, i) => bits !== wanted[i]))
        throw new Error(`float32 beside ${h}`);
    }
    expect(float32ToHalf(Float32Array.of(65519.996, 65520, 2 ** -25, 1.0000001 * 2 ** -25))).toEqual(
      Uint16Array.of(0x7bff, 0x7c00, 0, 1),
    );
  });

  it('rounds float64 once', () => {
    // through float32 this would be a tie, which goes down
    expect(float64ToHalf(Float64Array.of(1 + 2 ** -11 + 2 ** -40))).toEqual(Uint16Array.of(0x3c01));
    expect(float32ToHalf(Float32Array.of(1 + 2 ** -11 + 2 ** -40))).toEqual(Uint16Array.of(0x3c00));
    expect(float64ToHalf(Float64Array.of(Number.NaN, Number.MIN_VALUE, -Number.MIN_VALUE))).toEqual(
      Uint16Array.of(0x7e00, 0, 0x8000),
    );
  });

  it('agrees between float32 and float64 on any float32', () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, maxLength: 50, noNaN: true }), (x) => {
        expect(float32ToHalf(x)).toEqual(float64ToHalf(Float64Array.from(x)));
      }),
    );
  });
});
