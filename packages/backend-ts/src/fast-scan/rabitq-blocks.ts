import { FLT_MAX, type Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { centerQuery, type RotatedQuery, residualBytes, rotateQuery } from '../quantizers/rabitq-query.js';
import type { TopK } from '../top-k.js';
import { blockBytes, unpackCode } from './block-layout.js';
import type { BlockStore } from './block-store.js';
import { type Dequantizer, quantizeLut, quantizeLuts } from './quantize-lut.js';

const KSUB = 16;
/** Codes whose bounds are looked at together: of the next ones fewer pass. */
const SIFT_ROWS = 64;
/** Bytes of the three factors behind the signs, where there are more bits. */
const FACTORS = 12;
const { fround } = Math;

/** What is kept of a query for each list it visits. */
interface ListQuery extends Pick<RotatedQuery, 'toC' | 'norm' | 'product' | 'c34'> {
  readonly scale: number;
}

/**
 * RaBitQ codes in FastScan blocks, as one query reads them: four signs an index, tables rounded to bytes, 16-bit sums, and
 * the vectors' factors behind their block.
 * @see faiss/IndexRaBitQFastScan.h; faiss/IndexIVFRaBitQFastScan.cpp
 */
export class RaBitQBlocks {
  readonly #engine: Engine;
  readonly #d: number;
  readonly #bits: number;
  readonly #ip: boolean;
  readonly #qb: number;
  readonly #centered: boolean;
  /** Indexes of four dimensions, and the same rounded up to even. */
  readonly #M: number;
  readonly #M2: number;
  #queries: ListQuery[] = [];
  #dequantizer: Dequantizer = { offset: 0, step: 0 };
  #biases: Uint32Array = new Uint32Array(0);

  constructor(
    engine: Engine,
    options: { d: number; metric: Metric; nbBits: number; qb: number; centered: boolean },
  ) {
    this.#engine = engine;
    this.#d = options.d;
    this.#bits = options.nbBits - 1;
    this.#ip = options.metric === 'ip';
    this.#qb = options.qb;
    this.#centered = options.centered;
    this.#M = Math.ceil(options.d / 4);
    this.#M2 = this.#M + (this.#M % 2);
  }

  /** Makes the tables of query x for codes around `centroid`. */
  beginFlat(x: Float32Array, centroid: Float32Array): void {
    this.#reserve(1);
    this.#fill(x, centroid, 0, false);
    const shape = { M: this.#M, M2: this.#M2 };
    this.#dequantizer = quantizeLut(this.#engine, this.#floatLut(1), shape, this.#lut(0), { capSum: false });
    this.#biases[0] = 0;
  }

  /** Makes the tables of query x for `count` lists, of which number `rank` has the centroid that `centroidOf` gives. */
  beginLists(x: Float32Array, count: number, centroidOf: (rank: number) => Float32Array): void {
    this.#reserve(Math.max(1, count));
    for (let rank = 0; rank < count; rank++) this.#fill(x, centroidOf(rank), rank, true);
    if (count === 0) return;
    const shape = { M: this.#M, M2: this.#M2 };
    const none = new Float32Array(count);
    const parts = this.#engine.scratch('rabitq.parts', count * 4);
    const size = this.#M * KSUB * 4;
    const products = this.#engine.scratch('rabitq.products', size);
    const luts = this.#floatLut(count);
    const at = this.#engine.memory.u32(parts, count);
    for (let rank = 0; rank < count; rank++) at[rank] = luts + rank * size;
    // nothing to subtract: each list has a table of its own
    this.#engine.memory.f32(products, size / 4).fill(0);
    const tables = { parts, products };
    this.#dequantizer = quantizeLuts(this.#engine, tables, none, shape, this.#lut(0), this.#biases);
  }

  #reserve(count: number): void {
    const engine = this.#engine;
    engine.scratch('rabitq.residuals', count * this.#residualBytes);
    engine.scratch('rabitq.luts', count * this.#M2 * KSUB);
    this.#floatLut(count);
    this.#queries = [];
    if (this.#biases.length < count) this.#biases = new Uint32Array(count);
  }

  get #residualBytes(): number {
    return residualBytes(this.#d);
  }

  #floatLut(count: number): Ptr {
    return this.#engine.scratch('rabitq.floatLuts', count * this.#M * KSUB * 4);
  }

  #lut(rank: number): Ptr {
    return this.#engine.scratch('rabitq.luts', 1) + rank * this.#M2 * KSUB;
  }

  #residual(rank: number): Ptr {
    return this.#engine.scratch('rabitq.residuals', 1) + rank * this.#residualBytes;
  }

  #fill(x: Float32Array, centroid: Float32Array, rank: number, inList: boolean): void {
    const engine = this.#engine;
    const { memory } = engine;
    const [d, qb, at] = [this.#d, this.#qb, this.#residual(rank)];
    const query = engine.scratchOf('rabitq.x', x);
    const around = engine.scratchOf('rabitq.centroid', centroid);
    const { values, c1, c2, c34, toC, norm, product } = rotateQuery(
      engine,
      { x: query, centroid: around, d, qb },
      at,
    );
    const lut = memory.f32(this.#floatLut(1) + rank * this.#M * KSUB * 4, this.#M * KSUB);
    if (this.#centered) {
      const centered = centerQuery(memory.f32(at, d), toC, qb);
      this.#queries[rank] = { toC, norm, product, c34, scale: centered.scale };
      fillCentered(lut, centered.values, 2 ** qb - 1);
      return;
    }
    this.#queries[rank] = { toC, norm, product, c34, scale: 1 };
    if (inList) fillSums(lut, memory.u8(values, d), c1, c2);
    else fillProducts(lut, memory.u8(values, d), c1, c2);
  }

  /** Distances of all entries of `store`, of the list of `rank`. */
  scan(store: BlockStore, rank: number, out: Ptr): void {
    if (this.#bits === 0) this.#estimates(store, rank, out, 0);
    else for (let i = 0; i < store.size; i++) this.#full(store, i, rank, out + 4 * i);
  }

  /** The same where `best` may rule out entries by their bounds; see `VectorCodec.sift`. */
  sift(store: BlockStore, rank: number, out: Ptr, best: TopK): void {
    const sign = this.#ip ? -1 : 1;
    const one = this.#engine.scratch('rabitq.full', SIFT_ROWS * 4);
    this.#estimates(store, rank, out, fround(Math.sqrt(this.#queries[rank]!.toC)));
    const { floats } = this.#engine;
    for (let i = 0, at = out >>> 2; i < store.size; i++, at++) {
      if (sign * floats[at]! < best.threshold) {
        this.#full(store, i, rank, one);
        const value = floats[one >>> 2]!;
        best.push(sign * value, i);
        floats[at] = value;
      } else floats[at] = sign * FLT_MAX;
    }
  }

  /** Whether looking at bounds first is worth it. */
  get sifts(): boolean {
    return this.#bits > 0;
  }

  /** Estimates from the signs; with `error`, the best that each may be. */
  #estimates(store: BlockStore, rank: number, out: Ptr, error: number): void {
    const { kernels, memory } = this.#engine;
    const { bbs, M2, extra, stride } = store;
    const packed = blockBytes(bbs, M2);
    const sums = this.#engine.scratch('rabitq.sums', bbs * 2);
    const facts = this.#engine.scratch('rabitq.facts', 28);
    const { step, offset } = this.#dequantizer;
    const { toC, norm, c34 } = this.#queries[rank]!;
    memory.f32(facts, 6).set([step, offset, c34, toC, norm, error]);
    const lut = this.#lut(rank);
    const bias = this.#biases[rank]!;
    for (let start = 0, block = store.ptr; start < store.size; start += bbs, block += stride) {
      const count = Math.min(bbs, store.size - start);
      kernels.pq4Scan(block, 1, bbs, M2, lut, bias, sums);
      const to = out + 4 * start;
      if (this.#centered) this.#centeredEstimates(sums, count, block + packed, extra, rank, error, to);
      else kernels.rabitqFromSums(sums, count, block + packed, extra, facts, this.#ip, to);
    }
  }

  /** For files whose query quantizer is centred: sums count the bits that differ. */
  #centeredEstimates(
    sums: Ptr,
    n: number,
    factors: Ptr,
    extra: number,
    rank: number,
    error: number,
    out: Ptr,
  ): void {
    const { memory, floats } = this.#engine;
    const view = new DataView(memory.buffer);
    const values = memory.u16(sums, n);
    const { step, offset } = this.#dequantizer;
    const { toC, norm, scale } = this.#queries[rank]!;
    const most = (2 ** this.#qb - 1) * this.#d;
    for (let i = 0; i < n; i++) {
      const at = factors + i * extra;
      const product = (most - 2 * Math.trunc(fround(fround(values[i]! * step) + offset))) * scale;
      const v = toC + view.getFloat32(at, true) - 2 * view.getFloat32(at + 4, true) * product;
      const slack = error === 0 ? 0 : error * view.getFloat32(at + 8, true);
      floats[(out >>> 2) + i] = this.#ip ? -0.5 * (v - norm) + slack : Math.max(0, Math.max(0, v) - slack);
    }
  }

  /** The distance of entry `i` from all bits, to `out`. */
  #full(store: BlockStore, i: number, rank: number, out: Ptr): void {
    const { kernels, memory } = this.#engine;
    const { bbs, M2, extra, stride, ptr } = store;
    const block = ptr + Math.floor(i / bbs) * stride;
    const signs = this.#engine.scratch('rabitq.signs', M2 / 2);
    const bytes = new Uint8Array(memory.buffer);
    unpackCode(bytes, block, i % bbs, bbs, bytes.subarray(signs, signs + M2 / 2));
    const more = block + blockBytes(bbs, M2) + (i % bbs) * extra + FACTORS;
    const { toC, product } = this.#queries[rank]!;
    const base = this.#ip ? product : toC;
    const query = this.#residual(rank);
    kernels.rabitqFull(signs, 0, more, 0, 0, 1, this.#d, this.#bits, query, base, this.#ip, out);
  }
}

/** `out[m, c] = c1 · sum + c2 · count` over the set bits of c: what a code says of four components. */
function fillProducts(out: Float32Array, values: Uint8Array, c1: number, c2: number): void {
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    let count = 0;
    for (let bit = 0, j = (i >>> 4) * 4; bit < 4 && j < values.length; bit++, j++) {
      if (((i >>> bit) & 1) === 0) continue;
      sum += values[j]!;
      count++;
    }
    out[i] = fround(c1 * sum) + fround(c2 * count);
  }
}

/** The same, summed a component at a time: the rounding of the IVF class. */
function fillSums(out: Float32Array, values: Uint8Array, c1: number, c2: number): void {
  for (let m = 0; m < out.length / KSUB; m++) {
    const v = [0, 1, 2, 3].map((k) =>
      4 * m + k < values.length ? fround(fround(c1 * values[4 * m + k]!) + c2) : 0,
    );
    fillSubsets(out, m, 0, v);
  }
}

/** How many units of the query differ from the bits of c, for the centred quantizer. */
function fillCentered(out: Float32Array, values: Uint8Array, most: number): void {
  for (let m = 0; m < out.length / KSUB; m++) {
    const q = [0, 1, 2, 3].map((k) => values[4 * m + k]);
    const base = q.reduce((sum: number, v) => sum + (v ?? 0), 0);
    fillSubsets(
      out,
      m,
      base,
      q.map((v) => (v === undefined ? 0 : most - 2 * v)),
    );
  }
}

function fillSubsets(out: Float32Array, m: number, base: number, v: readonly number[]): void {
  for (let c = 0; c < KSUB; c++) {
    let sum = base;
    for (let bit = 0; bit < 4; bit++) if (((c >>> bit) & 1) === 1) sum = fround(sum + v[bit]!);
    out[m * KSUB + c] = sum;
  }
}
