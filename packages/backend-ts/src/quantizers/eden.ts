import type { EdenQuantizerData, Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { RowView } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { assertSame } from '../invariants.js';
import type { CoarseQuantizer } from '../nodes/coarse-quantizer.js';
import type { Task } from '../task.js';
import { lloydMax } from './lloyd-max.js';
import { meanRow } from './mean-row.js';
import { type ScalarCoder, tableCoder } from './scalar-codes.js';
import type { VectorCodec } from './vector-codec.js';

/** Bytes of the factors behind a code: the term of the norm in an l2 distance, and the scale. */
const FACTORS = 8;
/** Squared norms up to this are of vectors at the centre: the float32 epsilon. */
const LEAST_NORM = 2 ** -23;
const { fround } = Math;

/**
 * EDEN: the components of a residual, scaled to unit variance, by the best scalar quantizer of a normal variable, with a
 * scale that makes products unbiased, or their error least.
 *
 * Left out: the random rotation of the paper, which faiss leaves to a transform in front (`RR`).
 * @see Vargaftik et al. 2022, "EDEN: communication-efficient and robust distributed mean estimation"; Vargaftik et al. 2021,
 *   "DRIVE"; faiss/impl/scalar_quantizer/EDENQuantizer.cpp
 */
export class EdenQuantizer implements VectorCodec {
  readonly d: number;
  readonly metric: Metric;
  readonly bits: number;
  readonly scaleType: EdenQuantizerData['scaleType'];
  readonly codeSize: number;
  isTrained: boolean;
  /** `(d)` what codes of a flat index are around; empty before training, and in an IVF. */
  center: Float32Array;
  readonly #engine: Engine;
  readonly #values: Float32Array;
  readonly #coder: ScalarCoder;
  #x: Float32Array = new Float32Array(0);
  #base = 0;
  #table: Ptr = 0;

  constructor(
    engine: Engine,
    data: Pick<EdenQuantizerData, 'd' | 'metric' | 'bits' | 'scaleType'>,
    state: { center?: Float32Array; isTrained?: boolean } = {},
  ) {
    this.#engine = engine;
    this.d = data.d;
    this.metric = data.metric;
    this.bits = data.bits;
    this.scaleType = data.scaleType;
    this.codeSize = Math.ceil((data.d * data.bits) / 8) + FACTORS;
    this.center = state.center?.slice() ?? new Float32Array(0);
    this.isTrained = state.isTrained ?? false;
    this.#values = lloydMax(data.bits);
    this.#coder = tableCoder(data.bits, this.#values, data.d);
  }

  /** The mean of the points is the centre; an IVF's codes are around its centroids. */
  async train(points: RowView, task: Task, coarse?: CoarseQuantizer): Promise<void> {
    this.isTrained = false;
    if (!coarse) this.center = await meanRow(points, task);
    this.isTrained = true;
  }

  encode(x: Float32Array, n: number, centroidOf?: (row: number) => Float32Array): Uint8Array {
    const { d, codeSize } = this;
    const codes = new Uint8Array(n * codeSize);
    const residual = new Float32Array(d);
    for (let i = 0; i < n; i++) {
      const around = centroidOf ? centroidOf(i) : this.center;
      for (let j = 0; j < d; j++) residual[j] = x[i * d + j]! - around[j]!;
      this.#encodeRow(residual, codes, i * codeSize);
    }
    return codes;
  }

  #encodeRow(residual: Float32Array, codes: Uint8Array, at: number): void {
    const { d } = this;
    let square = 0;
    for (const r of residual) square = fround(square + fround(r * r));
    if (square <= LEAST_NORM) return;
    const root = fround(Math.sqrt(d));
    const inverse = fround(1 / fround(Math.sqrt(square)));
    this.#coder.encode(
      residual.map((r) => fround(fround(r * root) * inverse)),
      codes,
      at,
    );
    const decoded = new Float32Array(d);
    this.#coder.decode(codes, at, decoded);
    let norm = 0;
    let product = 0;
    for (let j = 0; j < d; j++) {
      norm += decoded[j]! * decoded[j]!;
      product += decoded[j]! * residual[j]!;
    }
    const biased = this.scaleType === 'biased';
    const scale = fround(biased ? product / norm : square / product);
    if (!Number.isFinite(scale)) return;
    const factors = new DataView(codes.buffer, codes.byteOffset + at + this.codeSize - FACTORS, FACTORS);
    factors.setFloat32(0, biased ? scale * scale * norm : square, true);
    factors.setFloat32(4, scale, true);
  }

  decode(codes: Uint8Array, at: number, out: Float32Array, centroid: Float32Array = this.center): void {
    this.#coder.decode(codes, at, out);
    const scaleAt = codes.byteOffset + at + this.codeSize - 4;
    const scale = new DataView(codes.buffer, scaleAt, 4).getFloat32(0, true);
    for (let j = 0; j < this.d; j++) out[j] = centroid[j]! + fround(scale * out[j]!);
  }

  begin(x: Float32Array): void {
    this.#x = x;
  }

  /** What each index of each component adds to the product: `(d, 2^bits)`. */
  enter(centroid: Float32Array = this.center): void {
    const { d, metric } = this;
    const x = this.#x;
    const ip = metric === 'ip';
    const size = 2 ** this.bits;
    this.#table = this.#engine.scratch('eden.table', d * size * 4);
    const table = this.#engine.memory.f32(this.#table, d * size);
    let base = 0;
    for (let j = 0; j < d; j++) {
      const r = x[j]! - centroid[j]!;
      base += ip ? x[j]! * centroid[j]! : r * r;
      const v = ip ? x[j]! : fround(r);
      for (let c = 0; c < size; c++) table[j * size + c] = v * this.#values[c]!;
    }
    this.#base = base;
  }

  scan(codes: Ptr, n: number, out: Ptr): void {
    const { kernels, memory } = this.#engine;
    const { codeSize } = this;
    kernels.pqBitsScan(codes, n, this.d, this.bits, codeSize, this.#table, 0, out);
    const values = memory.f32(out, n);
    const factors = new DataView(memory.buffer, codes, n * codeSize);
    const ip = this.metric === 'ip';
    for (let i = 0, at = codeSize - FACTORS; i < n; i++, at += codeSize) {
      const product = factors.getFloat32(at + 4, true) * values[i]!;
      values[i] = ip ? this.#base + product : this.#base + factors.getFloat32(at, true) - 2 * product;
    }
  }

  /** @throws LutraError `ARGUMENT` unless `data` is of the same kind */
  assertSame(data: EdenQuantizerData): void {
    for (const field of ['d', 'metric', 'bits', 'scaleType'] as const) {
      assertSame(field, this[field], data[field]);
    }
  }

  toData(): EdenQuantizerData {
    const { d, codeSize, metric, bits, scaleType } = this;
    return { d, codeSize, metric, bits, scaleType };
  }
}
