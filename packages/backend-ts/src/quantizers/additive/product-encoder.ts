import type { Task } from '../../task.js';
import type { AdditiveEncoder } from './additive-encoder.js';
import { codebookFloats } from './additive-encoder.js';

/** A quantizer for each part of a vector, their codebooks one after the other. @see faiss/impl/ProductAdditiveQuantizer.cpp */
export class ProductEncoder implements AdditiveEncoder {
  readonly d: number;
  readonly nbits: readonly number[];
  readonly parts: number;
  readonly encoders: readonly AdditiveEncoder[];

  constructor(encoders: readonly AdditiveEncoder[]) {
    this.encoders = encoders;
    this.parts = encoders.length;
    this.d = encoders.reduce((sum, e) => sum + e.d, 0);
    this.nbits = encoders.flatMap((e) => e.nbits);
  }

  get maxTrainRows(): number {
    return this.encoders[0]!.maxTrainRows;
  }

  async train(x: Float32Array, n: number, task: Task): Promise<Float32Array> {
    const all = new Float32Array(codebookFloats(this));
    let at = 0;
    for (const [s, encoder] of this.encoders.entries()) {
      const found = await encoder.train(this.#part(x, n, s), n, task);
      all.set(found, at);
      at += found.length;
    }
    return all;
  }

  load(codebooks: Float32Array): void {
    for (const [s, part] of this.split(codebooks).entries()) this.encoders[s]!.load(part);
  }

  /** The codebooks of each part, as views. */
  split(codebooks: Float32Array): Float32Array[] {
    let at = 0;
    return this.encoders.map((e) => {
      const from = at;
      at += codebookFloats(e);
      return codebooks.subarray(from, at);
    });
  }

  encode(x: Float32Array, n: number): Int32Array {
    const M = this.nbits.length;
    const each = M / this.parts;
    const out = new Int32Array(n * M);
    for (const [s, encoder] of this.encoders.entries()) {
      const indices = encoder.encode(this.#part(x, n, s), n);
      for (let i = 0; i < n; i++) {
        out.set(indices.subarray(i * each, (i + 1) * each), i * M + s * each);
      }
    }
    return out;
  }

  /** Part `s` of each row of x, `(n, d / parts)`. */
  #part(x: Float32Array, n: number, s: number): Float32Array {
    const dsub = this.d / this.parts;
    const out = new Float32Array(n * dsub);
    for (let i = 0; i < n; i++) {
      out.set(x.subarray(i * this.d + s * dsub, i * this.d + (s + 1) * dsub), i * dsub);
    }
    return out;
  }
}
