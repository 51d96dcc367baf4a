/**
 * What a RaBitQ search knows of a query: the residual to the centroid, its components as integers, and the numbers that
 * turn bits in common into distances. Float32 as in faiss.
 * @see faiss/impl/RaBitQUtils.cpp; Gao & Long 2024, §3.3
 */

const { fround, sqrt } = Math;

/** Radii, in standard deviations, of the centred quantizers of 1 to 8 bits. */
const RADII = Float32Array.of(0.79688, 1.49375, 2.05078, 2.50938, 2.9125, 3.26406, 3.59844, 3.91016);

/** A query around a centroid. */
export interface RotatedQuery {
  /** `q - c`, `(d)`. */
  readonly residual: Float32Array;
  /** `‖q - c‖²`. */
  readonly toC: number;
  /** `‖q‖²`. */
  readonly norm: number;
  /** `<q, c>`. */
  readonly product: number;
}

/** x, `(d)`, around `centroid`, or around the origin; `residual` is written. */
export function rotateQuery(
  x: Float32Array,
  centroid: Float32Array | undefined,
  residual: Float32Array,
): RotatedQuery {
  let [toC, norm, product] = [0, 0, 0];
  for (let j = 0; j < x.length; j++) {
    const v = x[j]!;
    const c = centroid ? centroid[j]! : 0;
    const r = fround(v - c);
    residual[j] = r;
    toC += r * r;
    norm += v * v;
    product += v * c;
  }
  return { residual, toC: fround(toC), norm: fround(norm), product: fround(product) };
}

/** The residual's components as integers of `qb` bits; see {@link quantizeQuery}. */
export interface QuantizedQuery {
  /** `(d)` numbers below `2 ** qb`. */
  readonly values: Uint8Array;
  readonly c1: number;
  readonly c2: number;
  readonly c34: number;
  /** What an integer product of a centred quantizer is multiplied by. */
  readonly scale: number;
}

/**
 * Rounds the components of a residual to `qb` bits between their extremes, or `centered` around zero: the product with the
 * signs s of a code is `c1 · Σ values + c2 · |s| - c34` over the set bits.
 */
export function quantizeQuery(query: RotatedQuery, qb: number, centered: boolean): QuantizedQuery {
  const { residual, toC } = query;
  const d = residual.length;
  const most = 2 ** qb - 1;
  const rootD = fround(1 / fround(sqrt(d)));
  const [low, high] = centered ? radius(toC, d, qb) : extremes(residual);
  const delta = fround(fround(high - low) / most);
  const inverse = fround(1 / delta);
  const values = new Uint8Array(d);
  let sum = 0;
  let squares = 0;
  for (let j = 0; j < d; j++) {
    const v = delta > 0 ? fround(fround(residual[j]! - low) * inverse) : 0;
    const rounded = v <= 0 ? 0 : v >= most ? most : Math.trunc(fround(v + 0.5));
    values[j] = rounded;
    sum += rounded;
    squares += (2 * rounded - most) ** 2;
  }
  return {
    values,
    c1: fround(fround(2 * delta) * rootD),
    c2: fround(fround(2 * low) * rootD),
    c34: fround(rootD * fround(fround(delta * sum) + fround(d * low))),
    scale: centered ? fround(sqrt(fround(toC / (squares * d)))) : 1,
  };
}

function extremes(x: Float32Array): [number, number] {
  let [low, high] = [x[0]!, x[0]!];
  for (const v of x) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return [low, high];
}

function radius(toC: number, d: number, qb: number): [number, number] {
  const r = fround(RADII[qb - 1]! * fround(sqrt(fround(toC / d))));
  return [-r, r];
}
