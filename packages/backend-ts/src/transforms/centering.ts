import type { CenteringData } from '@lutra/core';
import { centred, meanRow } from './training.js';
import { assertLength, assertRows, assertTrained, assertTrainingRows } from './transform-checks.js';
import type { TrainContext, VectorTransform } from './vector-transform.js';

/**
 * Subtracts the mean of the training rows. No factory string names it; files may hold it.
 * @see `faiss/VectorTransform.cpp`, CenteringTransform
 */
export class CenteringTransform implements VectorTransform {
  readonly dIn: number;
  readonly dOut: number;
  readonly trains = true;
  isTrained = false;
  #mean: Float32Array = new Float32Array(0);

  constructor(d: number) {
    this.dIn = d;
    this.dOut = d;
  }

  async train(x: Float32Array, n: number, _context: TrainContext): Promise<void> {
    assertTrainingRows('centering', x, n, this.dIn, 1);
    this.#mean = meanRow(x, n, this.dIn);
    this.isTrained = true;
  }

  apply(x: Float32Array, n: number): Float32Array {
    assertTrained('centering', this.isTrained);
    assertRows('centering', x, n, this.dIn);
    return centred(x, this.#mean, n);
  }

  reverse(y: Float32Array, n: number): Float32Array {
    assertTrained('centering', this.isTrained);
    assertRows('centering', y, n, this.dOut);
    return y.map((v, i) => v + this.#mean[i % this.dOut]!);
  }

  toData(): CenteringData {
    return { kind: 'Centering', dIn: this.dIn, dOut: this.dOut, isTrained: this.isTrained, mean: this.#mean };
  }

  /** Takes a copy of what a file holds. @throws LutraError `SHAPE` if it is trained and the mean has another length */
  load(data: CenteringData): this {
    if (data.isTrained) assertLength('centering', 'mean', data.mean, this.dIn);
    this.#mean = data.mean.slice();
    this.isTrained = data.isTrained;
    return this;
  }
}
