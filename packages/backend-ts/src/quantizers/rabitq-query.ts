/**
 * What a RaBitQ search knows of a query: the residual to the centroid, its components as integers, and the numbers that
 * turn bits in common into distances. Float32 as in faiss.
 * @see faiss/impl/RaBitQUtils.cpp; Gao & Long 2024, §3.3
 */
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';

const { fround, sqrt } = Math;

/** Radii, in standard deviations, of the centred quantizers of 1 to 8 bits. */
const RADII = Float32Array.of(0.79688, 1.49375, 2.05078, 2.50938, 2.9125, 3.26406, 3.59844, 3.91016);

/** A query around a centroid, its arrays in scratch memory: see `Kernels.rabitqQuery`. */
export interface RotatedQuery {
  /** `q - c`, f32 `(d)` and zeros. */
  readonly residual: Ptr;
  /** Its components in bits. */
  readonly values: Ptr;
  readonly planes: Ptr;
  readonly facts: Ptr;
  /** What the product with the signs s of a code is made of: `c1 · Σ values + c2 · |s| - c34` over the set bits. */
  readonly c1: number;
  readonly c2: number;
  readonly c34: number;
  /** `‖q - c‖²`. */
  readonly toC: number;
  /** `‖q‖²`. */
  readonly norm: number;
  /** `<q, c>`. */
  readonly product: number;
}

/** Bytes of a residual. */
export function residualBytes(d: number): number {
  return Math.ceil(d / 16) * 64;
}

/**
 * x around `centroid`, both f32 `(d)` in kernel memory.
 * @param at - for the residual, {@link residualBytes}; scratch of its own unless told
 */
export function rotateQuery(
  engine: Engine,
  { x, centroid, d, qb }: { x: Ptr; centroid: Ptr; d: number; qb: number },
  at?: Ptr,
): RotatedQuery {
  const residual = at ?? engine.scratch('rabitq.residual', residualBytes(d));
  const values = engine.scratch('rabitq.values', Math.ceil(d / 16) * 16);
  const planes = engine.scratch('rabitq.planes', 64 * Math.ceil(d / 64));
  const facts = engine.scratch('rabitq.query', 32);
  // floats are not rounded to bits; what is made of those is then not read
  engine.kernels.rabitqQuery(x, centroid, d, qb || 1, residual, values, planes, facts);
  const { floats } = engine;
  const of = (i: number): number => floats[(facts >>> 2) + i]!;
  const [c1, c2, c34, toC, norm, product] = [of(0), of(1), of(2), of(3), of(4), of(7)];
  return { residual, values, planes, facts, c1, c2, c34, toC, norm, product };
}

/** The residual's components as integers of `qb` bits around zero. */
export interface CenteredQuery {
  /** `(d)` numbers below `2 ** qb`. */
  readonly values: Uint8Array;
  /** What an integer product is multiplied by. */
  readonly scale: number;
}

/** Rounds the components of a residual, `(d)` at distance `toC` from the centroid, to `qb` bits around zero. */
export function centerQuery(residual: Float32Array, toC: number, qb: number): CenteredQuery {
  const d = residual.length;
  const most = 2 ** qb - 1;
  const [low, high] = radius(toC, d, qb);
  const delta = fround(fround(high - low) / most);
  const inverse = fround(1 / delta);
  const values = new Uint8Array(d);
  let squares = 0;
  for (let j = 0; j < d; j++) {
    const v = delta > 0 ? fround(fround(residual[j]! - low) * inverse) : 0;
    const rounded = v <= 0 ? 0 : v >= most ? most : Math.trunc(fround(v + 0.5));
    values[j] = rounded;
    squares += (2 * rounded - most) ** 2;
  }
  return { values, scale: fround(sqrt(fround(toC / (squares * d)))) };
}

function radius(toC: number, d: number, qb: number): [number, number] {
  const r = fround(RADII[qb - 1]! * fround(sqrt(fround(toC / d))));
  return [-r, r];
}
