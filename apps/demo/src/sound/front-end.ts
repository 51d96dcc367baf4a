/*
 * The front end of the carried speech features, and its way back. `tooling/voice-sample/make.py` normalises 80 log-mel
 * bands, puts the frames t-1 … t+2 side by side and projects these 320 numbers to 256 by a matrix with orthonormal columns.
 */

/** Samples a second. */
export const RATE = 16_000;
/** Samples from one frame to the next, and in one frame. */
export const HOP = 320;
export const WINDOW = 400;
export const FFT_SIZE = 512;
export const BANDS = 80;

const D = 256;
const WIDE = 4 * BANDS;
const FIRST_OFFSET = -1;

export interface FrontEnd {
  /** Of each band over the folder, `(80)`. */
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
  /** `(320, 256)`. */
  readonly projection: Float32Array;
  /** `(80, 257)`: triangles over the bins of the power spectrum. */
  readonly filters: Float32Array;
}

const ITERATIONS = 40;
const TOLERANCE = 1e-4;

/**
 * The log-mel frames `(T, 80)` whose features come nearest to `features`, `(T, 256)`, by least squares: each frame stands
 * in four features, so 256 equations face 80 unknowns. Solved by conjugate gradients on the normal equations
 * (Hestenes and Stiefel 1952). Features that a front end made are met; blended ones are met as well as any sound could.
 */
export function logMelOf(features: Float32Array, frontEnd: FrontEnd): Float32Array {
  const frames = features.length / D;
  const gram = gramOf(frontEnd.projection);
  const apply = (z: Float64Array): Float64Array =>
    gather(multiply(spread(z, frames), gram, WIDE, WIDE), frames);
  const wanted = gather(unproject(features, frontEnd.projection), frames);
  const z = conjugateGradients(apply, wanted);
  const out = new Float32Array(z.length);
  for (let i = 0; i < z.length; i++) {
    const band = i % BANDS;
    out[i] = z[i]! * frontEnd.deviation[band]! + frontEnd.mean[band]!;
  }
  return out;
}

/** The features `(T, 256)` of log-mel frames `(T, 80)`: the way there. */
export function featuresOf(logMel: Float32Array, frontEnd: FrontEnd): Float32Array {
  const frames = logMel.length / BANDS;
  const z = Float64Array.from(logMel, (v, i) => {
    const band = i % BANDS;
    return (v - frontEnd.mean[band]!) / frontEnd.deviation[band]!;
  });
  return Float32Array.from(multiply(spread(z, frames), frontEnd.projection, WIDE, D));
}

function conjugateGradients(apply: (x: Float64Array) => Float64Array, b: Float64Array): Float64Array {
  const x = new Float64Array(b.length);
  const residual = Float64Array.from(b);
  const direction = Float64Array.from(b);
  let norm = dot(residual, residual);
  const enough = norm * TOLERANCE ** 2;
  for (let i = 0; i < ITERATIONS && norm > enough; i++) {
    const image = apply(direction);
    const step = norm / dot(direction, image);
    for (let j = 0; j < x.length; j++) {
      x[j]! += step * direction[j]!;
      residual[j]! -= step * image[j]!;
    }
    const next = dot(residual, residual);
    const kept = next / norm;
    for (let j = 0; j < x.length; j++) direction[j] = residual[j]! + kept * direction[j]!;
    norm = next;
  }
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

const clip = (t: number, frames: number): number => Math.min(Math.max(t, 0), frames - 1);

/** `(T, 80)` to `(T, 320)`: neighbouring frames side by side, those at the edges repeated. */
function spread(z: Float64Array, frames: number): Float64Array {
  const wide = new Float64Array(frames * WIDE);
  for (let t = 0; t < frames; t++) {
    for (let c = 0; c < 4; c++) {
      const from = clip(t + c + FIRST_OFFSET, frames) * BANDS;
      wide.set(z.subarray(from, from + BANDS), t * WIDE + c * BANDS);
    }
  }
  return wide;
}

/** The transpose of {@link spread}. */
function gather(wide: Float64Array, frames: number): Float64Array {
  const z = new Float64Array(frames * BANDS);
  for (let t = 0; t < frames; t++) {
    for (let c = 0; c < 4; c++) {
      const to = clip(t + c + FIRST_OFFSET, frames) * BANDS;
      const from = t * WIDE + c * BANDS;
      for (let band = 0; band < BANDS; band++) z[to + band]! += wide[from + band]!;
    }
  }
  return z;
}

/** `x · m` for `x` of rows of `inner` and `m` of `(inner, outer)`. */
function multiply(x: Float64Array, m: ArrayLike<number>, inner: number, outer: number): Float64Array {
  const rows = x.length / inner;
  const out = new Float64Array(rows * outer);
  for (let row = 0; row < rows; row++) {
    const to = out.subarray(row * outer, (row + 1) * outer);
    for (let i = 0; i < inner; i++) {
      const factor = x[row * inner + i]!;
      const from = i * outer;
      for (let j = 0; j < outer; j++) to[j]! += factor * m[from + j]!;
    }
  }
  return out;
}

/** `(T, 256) · projectionᵀ`, `(T, 320)`. */
function unproject(features: Float32Array, projection: Float32Array): Float64Array {
  const frames = features.length / D;
  const out = new Float64Array(frames * WIDE);
  for (let t = 0; t < frames; t++) {
    for (let i = 0; i < WIDE; i++) {
      let sum = 0;
      for (let j = 0; j < D; j++) sum += features[t * D + j]! * projection[i * D + j]!;
      out[t * WIDE + i] = sum;
    }
  }
  return out;
}

const grams = new WeakMap<Float32Array, Float64Array>();

/** `projection · projectionᵀ`, `(320, 320)`. */
function gramOf(projection: Float32Array): Float64Array {
  const known = grams.get(projection);
  if (known) return known;
  const gram = new Float64Array(WIDE * WIDE);
  for (let i = 0; i < WIDE; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < D; k++) sum += projection[i * D + k]! * projection[j * D + k]!;
      gram[i * WIDE + j] = sum;
      gram[j * WIDE + i] = sum;
    }
  }
  grams.set(projection, gram);
  return gram;
}
