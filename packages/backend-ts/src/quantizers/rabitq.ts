import { FLT_MAX, type Metric, type RaBitQuantizerData } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { RowView } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { assertSame } from '../invariants.js';
import type { CoarseQuantizer } from '../nodes/coarse-quantizer.js';
import type { Task } from '../task.js';
import type { TopK } from '../top-k.js';
import { meanRow } from './mean-row.js';
import { type RotatedQuery, rotateQuery } from './rabitq-query.js';
import type { VectorCodec } from './vector-codec.js';

/** Codes whose bounds are looked at together: of the next ones fewer pass, as better results are known. */
const SIFT_ROWS = 64;
/** Bytes of the factors behind the signs: two floats, and with more bits the error. */
const FACTORS = 8;
const FACTORS_WITH_ERROR = 12;

/** Bytes of a code of `nbBits` bits a dimension: signs, factors, and what more than one bit adds. */
export function raBitQCodeSize(d: number, nbBits: number): number {
  const signs = Math.ceil(d / 8);
  if (nbBits === 1) return signs + FACTORS;
  return signs + FACTORS_WITH_ERROR + Math.ceil((d * (nbBits - 1)) / 8) + 8;
}

/**
 * RaBitQ: the sign of each component of a residual, and `nbBits - 1` bits of its magnitude, with the factors that make
 * estimates of distances unbiased. Bits of magnitude are looked at only where the bound from the signs leaves a chance, as
 * in faiss: a bound holds with high probability, not always.
 *
 * Left out: the random rotation of the paper, which faiss leaves to a transform in front (`RR`).
 * @see Gao & Long 2024, "RaBitQ"; Gao et al. 2025; faiss/impl/RaBitQuantizer.cpp
 */
export class RaBitQuantizer implements VectorCodec {
  readonly d: number;
  readonly metric: Metric;
  readonly nbBits: number;
  /** Bits of a component of the query, 0 for floats. */
  readonly qb: number;
  readonly codeSize: number;
  isTrained: boolean;
  /** `(d)` what codes of a flat index are around; empty before training, and in an IVF. */
  center: Float32Array;
  readonly #engine: Engine;
  readonly #signs: number;
  #x: Ptr = 0;
  #query: RotatedQuery | undefined;

  constructor(
    engine: Engine,
    data: { d: number; metric: Metric; nbBits: number },
    state: { qb: number; center?: Float32Array; isTrained?: boolean },
  ) {
    this.#engine = engine;
    this.d = data.d;
    this.metric = data.metric;
    this.nbBits = data.nbBits;
    this.qb = state.qb;
    this.center = state.center?.slice() ?? new Float32Array(0);
    this.isTrained = state.isTrained ?? false;
    this.codeSize = raBitQCodeSize(data.d, data.nbBits);
    this.#signs = Math.ceil(data.d / 8);
  }

  /** The mean of the points is the centre; an IVF's codes are around its centroids. */
  async train(points: RowView, task: Task, coarse?: CoarseQuantizer): Promise<void> {
    this.isTrained = false;
    if (!coarse) this.center = await meanRow(points, task);
    this.isTrained = true;
  }

  encode(x: Float32Array, n: number, centroidOf?: (row: number) => Float32Array): Uint8Array {
    const { d, codeSize, nbBits } = this;
    const { kernels, memory } = this.#engine;
    const row = this.#engine.scratch('rabitq.row', d * 4);
    const centroid = this.#engine.scratch('rabitq.centroid', d * 4);
    const code = this.#engine.scratch('rabitq.code', codeSize);
    const scratch = this.#engine.scratch('rabitq.encode', 24 * d);
    const codes = new Uint8Array(n * codeSize);
    for (let i = 0; i < n; i++) {
      memory.f32(row, d).set(x.subarray(i * d, (i + 1) * d));
      memory.f32(centroid, d).set(centroidOf ? centroidOf(i) : this.center);
      kernels.rabitqEncode(row, 1, d, centroid, nbBits - 1, this.metric === 'ip', code, codeSize, scratch);
      codes.set(memory.u8(code, codeSize), i * codeSize);
    }
    return codes;
  }

  begin(x: Float32Array): void {
    this.#x = this.#engine.scratchOf('rabitq.x', x);
  }

  enter(centroid?: Float32Array): void {
    const engine = this.#engine;
    const around = engine.scratchOf('rabitq.centroid', centroid ?? this.center);
    this.#query = rotateQuery(engine, { x: this.#x, centroid: around, d: this.d, qb: this.qb });
  }

  centerAt(): Ptr {
    return this.#engine.scratchOf('rabitq.center', this.center);
  }

  /** Where the components of the query are bits. */
  get select(): VectorCodec['select'] {
    return this.qb > 0 ? this.#select : undefined;
  }

  readonly #select = (visits: Ptr, count: number, k: number, reservoir: Ptr): void => {
    const { kernels } = this.#engine;
    const { d, qb, nbBits, codeSize } = this;
    const scratch = this.#engine.scratch('rabitq.select', kernels.scratchRabitqSelect(k, d));
    const ip = this.metric === 'ip';
    kernels.rabitqSelect(visits, count, this.#x, d, qb, nbBits - 1, codeSize, ip, k, reservoir, scratch);
  };

  scan(codes: Ptr, n: number, out: Ptr): void {
    if (this.nbBits > 1) this.#scanFull(codes, 0, n, out);
    else this.#scanSigns(codes, n, out, 0);
  }

  /** Estimates from the signs alone; with `error`, the best that each may be. */
  #scanSigns(codes: Ptr, n: number, out: Ptr, error: number): void {
    const { kernels, floats } = this.#engine;
    if (this.qb === 0) {
      this.#scanFloats(codes, n, out, error);
      return;
    }
    const { facts, planes } = this.#query!;
    floats[(facts >>> 2) + 6] = error;
    const ip = this.metric === 'ip';
    kernels.rabitqScan(codes, n, this.codeSize, this.#signs, planes, facts, ip, out);
  }

  /** The same with the components of the query as floats, for files that ask for it. */
  #scanFloats(codes: Ptr, n: number, out: Ptr, error: number): void {
    const { d, codeSize } = this;
    const { toC, norm } = this.#query!;
    const residual = this.#engine.memory.f32(this.#query!.residual, d);
    const values = this.#engine.memory.f32(out, n);
    const { buffer } = this.#engine.memory;
    const bytes = new Uint8Array(buffer);
    const view = new DataView(buffer);
    const rootD = 1 / Math.sqrt(d);
    const all = residual.reduce((sum, v) => sum + v, 0);
    for (let i = 0; i < n; i++) {
      const code = codes + i * codeSize;
      let set = 0;
      for (let j = 0; j < d; j++) if (((bytes[code + (j >>> 3)]! >>> (j & 7)) & 1) === 1) set += residual[j]!;
      const [f0, f1] = [
        view.getFloat32(code + this.#signs, true),
        view.getFloat32(code + this.#signs + 4, true),
      ];
      const v = f0 + toC - 2 * f1 * (2 * set - all) * rootD;
      const slack = error === 0 ? 0 : error * view.getFloat32(code + this.#signs + 8, true);
      values[i] = this.metric === 'ip' ? -0.5 * (v - norm) + slack : Math.max(0, Math.max(0, v) - slack);
    }
  }

  /** Distances from all bits, of the codes with numbers `ids` or of all. */
  #scanFull(codes: Ptr, ids: Ptr, n: number, out: Ptr): void {
    const { residual, toC, product } = this.#query!;
    const ip = this.metric === 'ip';
    const { codeSize: stride, nbBits, d } = this;
    const extra = codes + this.#signs + FACTORS_WITH_ERROR;
    const base = ip ? product : toC;
    const { kernels } = this.#engine;
    kernels.rabitqFull(codes, stride, extra, stride, ids, n, d, nbBits - 1, residual, base, ip, out);
  }

  /** In more than one step where there is more than one bit. */
  get sift(): VectorCodec['sift'] {
    return this.nbBits > 1 ? this.#sift : undefined;
  }

  readonly #sift = (codes: Ptr, n: number, out: Ptr, best: TopK): void => {
    const engine = this.#engine;
    const ip = this.metric === 'ip';
    const sign = ip ? -1 : 1;
    const missing = sign * FLT_MAX;
    const error = Math.fround(Math.sqrt(this.#query!.toC));
    const ids = engine.scratch('rabitq.ids', SIFT_ROWS * 4);
    const full = engine.scratch('rabitq.full', SIFT_ROWS * 4);
    this.#scanSigns(codes, n, out, error);
    for (let start = 0; start < n; start += SIFT_ROWS) {
      const count = Math.min(SIFT_ROWS, n - start);
      const { words, floats } = engine;
      const bounds = (out >>> 2) + start;
      let passed = 0;
      for (let i = 0; i < count; i++) {
        if (sign * floats[bounds + i]! < best.threshold) words[(ids >>> 2) + passed++] = i;
        else floats[bounds + i] = missing;
      }
      if (passed > 0) this.#scanFull(codes + start * this.codeSize, ids, passed, full);
      for (let i = 0; i < passed; i++) {
        const at = bounds + words[(ids >>> 2) + i]!;
        const value = floats[(full >>> 2) + i]!;
        if (sign * floats[at]! < best.threshold) {
          best.push(sign * value, at);
          floats[at] = value;
        } else floats[at] = missing;
      }
    }
  };

  decode(codes: Uint8Array, at: number, out: Float32Array, centroid: Float32Array = this.center): void {
    const { d, nbBits } = this;
    const view = new DataView(codes.buffer, codes.byteOffset, codes.byteLength);
    const signOf = (j: number): number => (codes[at + (j >>> 3)]! >>> (j & 7)) & 1;
    if (nbBits === 1) {
      const scale = view.getFloat32(at + this.#signs + 4, true) / Math.sqrt(d);
      for (let j = 0; j < d; j++) out[j] = centroid[j]! + (2 * signOf(j) - 1) * scale;
      return;
    }
    const extra = at + this.#signs + FACTORS_WITH_ERROR;
    const bits = nbBits - 1;
    const factor = view.getFloat32(extra + Math.ceil((d * bits) / 8) + 4, true);
    // what a product with the code is multiplied by, is what the code is multiplied by
    const scale = this.metric === 'ip' ? factor : -0.5 * factor;
    for (let j = 0; j < d; j++) {
      const bit = j * bits;
      const word = codes[extra + (bit >>> 3)]! | ((codes[extra + (bit >>> 3) + 1] ?? 0) << 8);
      const value = ((word >>> (bit & 7)) & (2 ** bits - 1)) + signOf(j) * 2 ** bits + 0.5 - 2 ** bits;
      out[j] = centroid[j]! + scale * value;
    }
  }

  /** @throws LutraError `ARGUMENT` unless `data` encodes alike */
  assertSame(data: RaBitQuantizerData): void {
    assertSame('nb_bits', this.nbBits, data.nbBits);
  }

  toData(): RaBitQuantizerData {
    return { d: this.d, codeSize: this.codeSize, metric: this.metric, nbBits: this.nbBits };
  }
}
