import type { LinearTransformData, LshData } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { gatherRows, type RowView } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { kernelMatmul } from '../kernel-matmul.js';
import type { Task } from '../task.js';
import { loadTransform, type VectorTransform } from '../transforms/index.js';
import { RandomRotationTransform, randomRotation } from '../transforms/random-rotation.js';
import type { VectorCodec } from './vector-codec.js';

/** The seed of faiss's rotation. */
const ROTATION_SEED = 5;

/** What a string says of an LSH index. */
export interface LshShape {
  readonly nbits: number;
  readonly rotate: boolean;
  readonly trainThresholds: boolean;
}

/**
 * Locality-sensitive hashing: the signs of components, rotated or not, or on which side of the median they are; compared by
 * the bits that differ.
 * @see Charikar 2002, "Similarity estimation techniques from rounding algorithms"; faiss/IndexLSH.cpp
 */
export class LshCodec implements VectorCodec {
  readonly d: number;
  readonly metric = 'l2';
  readonly codeSize: number;
  isTrained: boolean;
  readonly #engine: Engine;
  readonly #shape: LshShape;
  readonly #rotation: LinearTransformData;
  readonly #map: VectorTransform | undefined;
  #thresholds: Float32Array;
  #x: Float32Array = new Float32Array(0);
  #query: Ptr = 0;

  constructor(engine: Engine, d: number, shape: LshShape, data?: LshData) {
    this.#engine = engine;
    this.d = d;
    this.#shape = shape;
    this.codeSize = data?.codeSize ?? Math.ceil(shape.nbits / 8);
    this.#rotation = (data?.rotation as LinearTransformData | undefined) ?? newRotation(d, shape);
    const options = { matmul: kernelMatmul(engine) };
    this.#map = shape.rotate ? loadTransform(this.#rotation, options) : undefined;
    this.#thresholds = data?.thresholds.slice() ?? new Float32Array(0);
    this.isTrained = data?.isTrained ?? !shape.trainThresholds;
  }

  async train(points: RowView, task: Task): Promise<void> {
    await task.breathe();
    const { nbits, trainThresholds } = this.#shape;
    if (trainThresholds) {
      const { n, d } = points;
      const x = new Float32Array(n * d);
      gatherRows(points, 0, n, x);
      const y = this.#project(x, n);
      const column = new Float32Array(n);
      this.#thresholds = Float32Array.from({ length: nbits }, (_, j) => {
        for (let i = 0; i < n; i++) column[i] = y[i * nbits + j]!;
        column.sort();
        const middle = n >>> 1;
        return n % 2 === 1 ? column[middle]! : Math.fround(column[middle]! + column[middle - 1]!) / 2;
      });
    }
    this.isTrained = true;
  }

  /** Rotated, or cut to the first components: `(n, nbits)`. */
  #project(x: Float32Array, n: number): Float32Array {
    const { nbits } = this.#shape;
    if (this.#map) return this.#map.apply(x, n);
    const out = new Float32Array(n * nbits);
    for (let i = 0; i < n; i++) out.set(x.subarray(i * this.d, i * this.d + nbits), i * nbits);
    return out;
  }

  encode(x: Float32Array, n: number): Uint8Array {
    const { nbits } = this.#shape;
    const y = this.#project(x.subarray(0, n * this.d), n);
    const codes = new Uint8Array(n * this.codeSize);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < nbits; j++) {
        const v = Math.fround(y[i * nbits + j]! - (this.#thresholds[j] ?? 0));
        if (v >= 0) codes[i * this.codeSize + (j >>> 3)]! |= 1 << (j & 7);
      }
    }
    return codes;
  }

  /** One or minus one for each bit, brought back through the transposed rotation. */
  decode(codes: Uint8Array, at: number, out: Float32Array): void {
    const { nbits } = this.#shape;
    const { A } = this.#rotation;
    out.fill(0);
    for (let i = 0; i < nbits; i++) {
      const bit = (codes[at + (i >>> 3)]! >>> (i & 7)) & 1;
      const v = 2 * bit - 1 + (this.#thresholds[i] ?? 0);
      if (!this.#map) out[i] = v;
      else for (let j = 0; j < this.d; j++) out[j]! += v * A[i * this.d + j]!;
    }
  }

  begin(x: Float32Array): void {
    this.#x = x;
  }

  enter(): void {
    this.#query = this.#engine.scratch('lsh.query', this.codeSize);
    this.#engine.memory.u8(this.#query, this.codeSize).set(this.encode(this.#x, 1));
  }

  scan(codes: Ptr, n: number, out: Ptr): void {
    this.#engine.kernels.hammingNy(this.#query, codes, this.codeSize, n, out);
  }

  toData(): Pick<
    LshData,
    'nbits' | 'rotateData' | 'trainThresholds' | 'thresholds' | 'codeSize' | 'rotation'
  > {
    const { nbits, rotate, trainThresholds } = this.#shape;
    return {
      nbits,
      rotateData: rotate,
      trainThresholds,
      thresholds: this.#thresholds,
      codeSize: this.codeSize,
      rotation: this.#rotation,
    };
  }
}

function newRotation(d: number, { nbits, rotate }: LshShape): LinearTransformData {
  const rotation = new RandomRotationTransform(d, nbits);
  if (rotate) rotation.setMatrix(randomRotation(d, nbits, ROTATION_SEED));
  return rotation.toData();
}
