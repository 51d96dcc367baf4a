import fc from 'fast-check';

/** Distances from 16-byte alignment that float rows may have. */
export const offset: fc.Arbitrary<number> = fc.constantFrom(0, 4, 8, 12);
export const dimension: fc.Arbitrary<number> = fc.integer({ min: 1, max: 67 });
export const count: fc.Arbitrary<number> = fc.integer({ min: 0, max: 9 });

const ordinary = fc.float({ min: -8, max: 8, noNaN: true });
const special = fc.constantFrom(0, -0, 1e-40, -1e-42, 1e-45, 1, -1, 1e15, Infinity, -Infinity, Number.NaN);

/** Floats as vectors have them, with zeros of both signs, subnormals, infinities and NaN here and there. */
export const component: fc.Arbitrary<number> = fc.oneof(
  { weight: 60, arbitrary: ordinary },
  { weight: 1, arbitrary: special },
);
/** The same without infinities and NaN. */
export const finite: fc.Arbitrary<number> = fc.oneof(
  { weight: 30, arbitrary: ordinary },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 1e-40, -1e-42, 1e-45, 1e15) },
);
/** Small whole numbers: sums are exact in any order, and ties abound. */
export const whole: fc.Arbitrary<number> = fc.integer({ min: -2, max: 2 });

/** Exactly `n` of `of`. */
export function floats(of: fc.Arbitrary<number>, n: number): fc.Arbitrary<number[]> {
  return fc.array(of, { minLength: n, maxLength: n });
}
