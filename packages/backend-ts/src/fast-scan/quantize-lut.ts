import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';

/**
 * Float tables to u8 entries: `entry = floor((T - min_m) · a + 0.5)`, distance `= b + acc / a`. All in float32 and in
 * faiss's order, so that the entries come out the same.
 * @see faiss/utils/quantize_lut.cpp
 */

const { fround } = Math;

/** Turns an accumulator into a distance: `offset + acc · step`. */
export interface Dequantizer {
  readonly offset: number;
  readonly step: number;
}

/** The distance that a sum stands for. */
export function dequantize({ offset, step }: Dequantizer, sum: number): number {
  return fround(offset + fround(sum * step));
}

/** Sizes of a table: f32 `(M, 16)` becomes u8 `(M2, 16)`. */
export interface TableShape {
  readonly M: number;
  readonly M2: number;
}

/** Rounds as C's `floorf((v - min) * a + 0.5)` with a double half. */
function round(v: number, min: number, a: number): number {
  return Math.floor(fround(fround(fround(v - min) * a) + 0.5));
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
 * One table for all lists, from `lut` to `out` in kernel memory; `bias`, if given, has one value a probe and goes to
 * `biasOut`. `capSum` keeps every sum below 65536, as the IVF classes do and the flat class does not.
 */
export function quantizeLut(
  engine: Engine,
  lut: Ptr,
  { M, M2 }: TableShape,
  out: Ptr,
  options: { capSum: boolean; bias?: Float32Array | undefined; biasOut?: Uint32Array | undefined },
): Dequantizer {
  const { bias, biasOut } = options;
  const biasMin = bias ? minOf(bias) : 0;
  const mins = engine.scratch('fs.mins', M * 4);
  const facts = engine.scratch('fs.facts', 12);
  engine.kernels.lutRanges(lut, M, 0, bias ? fround(maxOf(bias) - biasMin) : 0, mins, facts);
  const { floats } = engine;
  const [b, maxSpan, totalSpan] = [
    floats[facts >>> 2]!,
    floats[(facts >>> 2) + 1]!,
    floats[(facts >>> 2) + 2]!,
  ];
  const a = scaleOf(maxSpan, options.capSum ? totalSpan : 0);
  engine.kernels.roundLut(lut, M, M2, mins, a, out);
  if (bias && biasOut) for (let j = 0; j < bias.length; j++) biasOut[j] = round(bias[j]!, biasMin, a);
  return dequantizer(a, bias ? fround(b + biasMin) : b);
}

/** Tables of residuals, a probe each: f32 `(M, 16)` at `parts[j]` less `products`. `parts` u32 is in kernel memory. */
export interface ResidualLuts {
  readonly parts: Ptr;
  readonly products: Ptr;
}

/**
 * A table and a bias a probe; `bias` `(nprobe)`, u8 `(nprobe, M2, 16)` at `out`. One scale for all, so that sums of
 * different probes compare.
 */
export function quantizeLuts(
  engine: Engine,
  { parts, products }: ResidualLuts,
  bias: Float32Array,
  { M, M2 }: TableShape,
  out: Ptr,
  biasOut: Uint32Array,
): Dequantizer {
  const nprobe = bias.length;
  const { kernels } = engine;
  const mins = engine.scratch('fs.mins', nprobe * M * 4);
  const facts = engine.scratch('fs.facts', nprobe * 12);
  const offsets = engine.scratchOf('fs.offsets', bias);
  kernels.residualRanges(parts, nprobe, products, M, offsets, minOf(bias), mins, facts);
  const { floats } = engine;
  let b = Number.POSITIVE_INFINITY;
  let maxSpan = 0;
  let maxTotal = Number.NEGATIVE_INFINITY;
  for (let j = 0, at = facts >>> 2; j < nprobe; j++, at += 3) {
    b = Math.min(b, floats[at]!);
    maxSpan = Math.max(maxSpan, floats[at + 1]!);
    maxTotal = Math.max(maxTotal, floats[at + 2]!);
  }
  const a = scaleOf(maxSpan, maxTotal);
  kernels.roundResiduals(parts, nprobe, products, M, M2, mins, a, out);
  for (let j = 0; j < nprobe; j++) biasOut[j] = round(floats[(facts >>> 2) + 3 * j]!, b, a);
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
