/**
 * Whether `got` is `want` but for float32 rounding of a sum of `terms` numbers whose magnitudes add up to `magnitude`;
 * NaN agrees with NaN only, and an infinity with itself.
 */
export function nearSum(got: number, want: number, magnitude: number, terms: number): boolean {
  if (Number.isNaN(want) || Number.isNaN(got)) return Number.isNaN(want) && Number.isNaN(got);
  if (Math.abs(want) === Infinity) return got === want;
  return Math.abs(got - want) <= (terms + 4) * 2 ** -24 * magnitude + terms * 2 ** -148;
}

/** The bit patterns of floats, for exact comparison: -0 is not 0, and NaN is NaN, of whose many patterns no rule says which comes out. */
export function bits(values: Float32Array): Uint32Array {
  const patterns = new Uint32Array(values.slice().buffer);
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) patterns[i] = 0x7fc00000;
  return patterns;
}
