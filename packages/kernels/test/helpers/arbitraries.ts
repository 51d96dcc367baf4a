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

/**
 * Searches of up to four lists, some larger than what is looked at together, for the k best of d components. A visit is of a
 * query, 0 to 2, to a list.
 */
export const listSearches: {
  readonly d: fc.Arbitrary<number>;
  readonly k: fc.Arbitrary<number>;
  readonly ip: fc.Arbitrary<boolean>;
  readonly sizes: fc.Arbitrary<number[]>;
  readonly visits: fc.Arbitrary<[number, number][]>;
  readonly seed: fc.Arbitrary<number>;
} = {
  d: fc.integer({ min: 1, max: 40 }),
  k: fc.constantFrom(1, 3, 10, 80, 400),
  ip: fc.boolean(),
  sizes: fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 1, max: 40 }) },
      { weight: 3, arbitrary: fc.integer({ min: 200, max: 600 }) },
      { weight: 1, arbitrary: fc.integer({ min: 2040, max: 2300 }) },
    ),
    { minLength: 1, maxLength: 4 },
  ),
  visits: fc.array(fc.tuple(fc.constantFrom(0, 0, 0, 1, 2), fc.nat({ max: 3 })), { maxLength: 7 }),
  seed: fc.nat(),
};
