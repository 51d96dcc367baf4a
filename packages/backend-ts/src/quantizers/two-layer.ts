import type { Ptr } from '@lutra/kernels';
import { type RowView, viewRows } from '../clustering/row-view.js';
import { subsample } from '../clustering/subsample.js';
import type { Engine } from '../engine.js';
import type { CoarseQuantizer } from '../nodes/coarse-quantizer.js';
import { residualsOf } from '../nodes/residuals.js';
import type { Task } from '../task.js';
import type { ProductQuantizer } from './product-quantizer.js';
import type { VectorCodec } from './vector-codec.js';

/** Vectors that are decoded at once. */
const DECODE_ROWS = 256;

/** Bytes of the largest number below `n`. */
function bytesOfNumber(n: number): number {
  let bytes = 0;
  for (let largest = n - 1; largest > 0; largest = Math.floor(largest / 256)) bytes++;
  return bytes;
}

/**
 * The number of the nearest centroid, then a product code of what is left. Compared by decoding: it is meant for graphs, which
 * compare few.
 * @see faiss/Index2Layer.cpp
 */
export class TwoLayerCodec implements VectorCodec {
  readonly d: number;
  readonly metric = 'l2';
  readonly nlist: number;
  readonly coarse: CoarseQuantizer;
  readonly pq: ProductQuantizer;
  /** Bytes of the number. */
  readonly codeSize1: number;
  readonly codeSize: number;
  isTrained: boolean;
  readonly #engine: Engine;
  #x: Float32Array = new Float32Array(0);

  constructor(
    engine: Engine,
    coarse: CoarseQuantizer,
    pq: ProductQuantizer,
    { nlist, isTrained = false }: { nlist: number; isTrained?: boolean },
  ) {
    this.#engine = engine;
    this.d = pq.d;
    this.nlist = nlist;
    this.coarse = coarse;
    this.pq = pq;
    this.codeSize1 = bytesOfNumber(nlist);
    this.codeSize = this.codeSize1 + pq.codeSize;
    this.isTrained = isTrained;
  }

  async train(points: RowView, task: Task): Promise<void> {
    this.isTrained = false;
    await this.coarse.train(points, this.nlist, task);
    const sample = subsample(points, this.pq.maxTrainRows, task.seed);
    await this.pq.train(residualsOf(sample, this.coarse), task);
    this.isTrained = true;
  }

  encode(x: Float32Array, n: number): Uint8Array {
    const { d, codeSize, codeSize1 } = this;
    const rows = x.slice(0, n * d);
    const assign = new Uint32Array(n);
    this.coarse.assign(rows, n, assign);
    this.coarse.subtract(rows, assign);
    const fine = new Uint8Array(n * this.pq.codeSize);
    this.pq.encode(viewRows(rows, n, d), fine);
    const codes = new Uint8Array(n * codeSize);
    for (let i = 0; i < n; i++) {
      let number = assign[i]!;
      for (let b = 0; b < codeSize1; b++, number = Math.floor(number / 256))
        codes[i * codeSize + b] = number % 256;
      const own = fine.subarray(i * this.pq.codeSize, (i + 1) * this.pq.codeSize);
      codes.set(own, i * codeSize + codeSize1);
    }
    return codes;
  }

  decode(codes: Uint8Array, at: number, out: Float32Array): void {
    let number = 0;
    for (let b = this.codeSize1 - 1; b >= 0; b--) number = number * 256 + codes[at + b]!;
    this.pq.decode(codes, at + this.codeSize1, out);
    const centroid = this.coarse.centroid(number);
    for (let j = 0; j < this.d; j++) out[j]! += centroid[j]!;
  }

  begin(x: Float32Array): void {
    this.#x = x;
  }

  enter(): void {}

  scan(codes: Ptr, n: number, out: Ptr): void {
    const { d, codeSize } = this;
    const engine = this.#engine;
    const query = engine.scratchOf('2layer.query', this.#x);
    const rows = engine.scratch('2layer.rows', DECODE_ROWS * d * 4);
    for (let start = 0; start < n; start += DECODE_ROWS) {
      const count = Math.min(DECODE_ROWS, n - start);
      const bytes = engine.memory.u8(codes + start * codeSize, count * codeSize);
      const decoded = engine.memory.f32(rows, count * d);
      for (let i = 0; i < count; i++) this.decode(bytes, i * codeSize, decoded.subarray(i * d, (i + 1) * d));
      engine.kernels.l2sqrNy(query, rows, d, count, out + start * 4);
    }
  }
}
