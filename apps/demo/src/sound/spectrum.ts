/*
 * From log-mel frames to the magnitudes that Griffin–Lim wants: powers over the 257 bins that, seen through the filters,
 * give the mel bands, found by the multiplicative updates of Lee and Seung 2001 with the filters held fixed; then four
 * frames for one, as Griffin–Lim needs windows that overlap more than those of the features do.
 */
import { BANDS, FFT_SIZE, type FrontEnd } from './front-end.js';

const BINS = FFT_SIZE / 2 + 1;
const UPDATES = 24;
/** Frames of sound for a frame of features. */
export const FINER = 4;

/** Magnitudes `(FINER · (T - 1) + 1, 257)` of log-mel frames `(T, 80)`. */
export function magnitudesOf(logMel: Float32Array, { filters }: FrontEnd): Float32Array {
  const frames = logMel.length / BANDS;
  const rows = sparse(filters);
  const logs = new Float64Array(frames * BINS);
  const power = new Float64Array(BINS);
  for (let t = 0; t < frames; t++) {
    const mel = Float64Array.from(logMel.subarray(t * BANDS, (t + 1) * BANDS), Math.exp);
    powersOf(mel, rows, power);
    for (let bin = 0; bin < BINS; bin++) logs[t * BINS + bin] = Math.log(power[bin]! + 1e-10);
  }
  return finer(logs, frames);
}

interface Filter {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Each filter without the zeros around it. */
function sparse(filters: Float32Array): Filter[] {
  return Array.from({ length: BANDS }, (_, band) => {
    const row = filters.subarray(band * BINS, (band + 1) * BINS);
    const first = row.findIndex((w) => w > 0);
    const last = row.findLastIndex((w) => w > 0);
    return { first, weights: Float64Array.from(row.subarray(first, last + 1)) };
  });
}

function powersOf(mel: Float64Array, filters: readonly Filter[], power: Float64Array): void {
  power.fill(1e-6);
  filters.forEach(({ first, weights }, band) => {
    let sum = 0;
    for (const w of weights) sum += w;
    for (let i = 0; i < weights.length; i++) power[first + i]! += (weights[i]! * mel[band]!) / sum;
  });
  const up = new Float64Array(BINS);
  const down = new Float64Array(BINS);
  for (let update = 0; update < UPDATES; update++) {
    up.fill(0);
    down.fill(1e-12);
    filters.forEach(({ first, weights }, band) => {
      let seen = 0;
      for (let i = 0; i < weights.length; i++) seen += weights[i]! * power[first + i]!;
      for (let i = 0; i < weights.length; i++) {
        up[first + i]! += weights[i]! * mel[band]!;
        down[first + i]! += weights[i]! * seen;
      }
    });
    for (let bin = 0; bin < BINS; bin++) power[bin]! *= up[bin]! / down[bin]!;
  }
}

/** Log-powers between frames on a straight line, as magnitudes. */
function finer(logs: Float64Array, frames: number): Float32Array {
  const out = new Float32Array((FINER * (frames - 1) + 1) * BINS);
  for (let at = 0; at < out.length / BINS; at++) {
    const t = Math.floor(at / FINER);
    const part = (at % FINER) / FINER;
    const next = Math.min(t + 1, frames - 1);
    for (let bin = 0; bin < BINS; bin++) {
      const log = (1 - part) * logs[t * BINS + bin]! + part * logs[next * BINS + bin]!;
      out[at * BINS + bin] = Math.exp(log / 2);
    }
  }
  return out;
}
