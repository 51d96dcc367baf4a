/**
 * Float tables to u8 entries: `entry = floor((T - min_m) · a + 0.5)`, distance `= b + acc / a`. All in float32 and in
 * faiss's order, so that the entries come out the same.
 * @see faiss/utils/quantize_lut.cpp
 */

const { fround } = Math;
const KSUB = 16;

/** Turns an accumulator into a distance: `offset + acc · step`. */
export interface Dequantizer {
  readonly offset: number;
  readonly step: number;
}

interface Range {
  min: number;
  span: number;
}

function rangeOf(lut: Float32Array, at: number): Range {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = at; i < at + KSUB; i++) {
    const v = lut[i]!;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  return { min, span: fround(max - min) };
}

/** Rounds as C's `floorf((v - min) * a + 0.5)` with a double half. */
function round(v: number, min: number, a: number): number {
  return Math.floor(fround(fround(fround(v - min) * a) + 0.5));
}

function roundTable(
  lut: Float32Array,
  at: number,
  min: number,
  a: number,
  out: Uint8Array,
  to: number,
): void {
  for (let c = 0; c < KSUB; c++) out[to + c] = round(lut[at + c]!, min, a);
}

function scaleOf(maxSpan: number, totalSpan: number): number {
  const byEntry = maxSpan > 0 ? fround(255 / maxSpan) : Number.POSITIVE_INFINITY;
  const bySum = totalSpan > 0 ? fround(65535 / totalSpan) : Number.POSITIVE_INFINITY;
  const a = Math.min(byEntry, bySum);
  return Number.isFinite(a) ? a : 0;
}

function dequantizer(a: number, b: number): Dequantizer {
  // all spans zero: every sum is zero too, and every distance is the offset
  return { offset: b, step: a === 0 ? 0 : fround(1 / a) };
}

/**
 * One table for all lists. lut f32 `(M, 16)`, out u8 `(M2, 16)`; `bias`, if given, has one value a probe and goes to
 * `biasOut`. `capSum` keeps every sum below 65536, as the IVF classes do and the flat class does not.
 */
export function quantizeLut(
  lut: Float32Array,
  M: number,
  M2: number,
  out: Uint8Array,
  options: { capSum: boolean; bias?: Float32Array; biasOut?: Uint16Array },
): Dequantizer {
  const { bias, biasOut } = options;
  const biasMin = bias ? minOf(bias) : 0;
  const mins = new Float32Array(M);
  let maxSpan = 0;
  let totalSpan = bias ? fround(maxOf(bias) - biasMin) : 0;
  let b = 0;
  for (let m = 0; m < M; m++) {
    const { min, span } = rangeOf(lut, m * KSUB);
    mins[m] = min;
    if (span > maxSpan) maxSpan = span;
    totalSpan = fround(totalSpan + span);
    b = fround(b + min);
  }
  const a = scaleOf(maxSpan, options.capSum ? totalSpan : 0);
  for (let m = 0; m < M; m++) roundTable(lut, m * KSUB, mins[m]!, a, out, m * KSUB);
  out.fill(0, M * KSUB, M2 * KSUB);
  if (bias && biasOut) for (let j = 0; j < bias.length; j++) biasOut[j] = round(bias[j]!, biasMin, a);
  return dequantizer(a, bias ? fround(b + biasMin) : b);
}

/**
 * A table and a bias a probe: lut f32 `(nprobe, M, 16)`, bias `(nprobe)`; out u8 `(nprobe, M2, 16)`. One scale for all,
 * so that sums of different probes compare.
 */
export function quantizeLuts(
  lut: Float32Array,
  bias: Float32Array,
  M: number,
  M2: number,
  out: Uint8Array,
  biasOut: Uint16Array,
): Dequantizer {
  const nprobe = bias.length;
  const mins = new Float32Array(nprobe * M);
  const bias2 = new Float32Array(nprobe);
  const biasMin = minOf(bias);
  let maxSpan = 0;
  let maxTotal = Number.NEGATIVE_INFINITY;
  let b = Number.POSITIVE_INFINITY;
  for (let j = 0; j < nprobe; j++) {
    let total = fround(bias[j]! - biasMin);
    let offset = bias[j]!;
    for (let m = 0; m < M; m++) {
      const { min, span } = rangeOf(lut, (j * M + m) * KSUB);
      mins[j * M + m] = min;
      if (span > maxSpan) maxSpan = span;
      total = fround(total + span);
      offset = fround(offset + min);
    }
    if (total > maxTotal) maxTotal = total;
    if (offset < b) b = offset;
    bias2[j] = offset;
  }
  const a = scaleOf(maxSpan, maxTotal);
  for (let j = 0; j < nprobe; j++) {
    for (let m = 0; m < M; m++) {
      roundTable(lut, (j * M + m) * KSUB, mins[j * M + m]!, a, out, (j * M2 + m) * KSUB);
    }
    out.fill(0, (j * M2 + M) * KSUB, (j + 1) * M2 * KSUB);
    biasOut[j] = round(bias2[j]!, b, a);
  }
  return dequantizer(a, b);
}

function minOf(x: Float32Array): number {
  let min = Number.POSITIVE_INFINITY;
  for (const v of x) if (v < min) min = v;
  return min;
}

function maxOf(x: Float32Array): number {
  let max = Number.NEGATIVE_INFINITY;
  for (const v of x) if (v > max) max = v;
  return max;
}
