import { assertFinite } from '../checks.js';

/** How far two distances may differ and still be the same one: `max(absolute, relative · |the true one|)`. */
export interface Tolerance {
  /** 1e-5 unless told: what float32 sums of some hundred terms lose. */
  readonly relative?: number;
  /** 0 unless told. Distances near 0 need one where they come from the expansion |q|² − 2qb + |b|². */
  readonly absolute?: number;
}

/** The width of `tolerance` around a true distance. */
export type Width = (distance: number) => number;

/** @throws LutraError `ARGUMENT` for a part that is not a finite number >= 0 */
export function toleranceWidth(where: string, tolerance: Tolerance): Width {
  const { relative = 1e-5, absolute = 0 } = tolerance;
  assertFinite(where, 'relative', relative, 0);
  assertFinite(where, 'absolute', absolute, 0);
  return (distance) => Math.max(absolute, relative * Math.abs(distance));
}
