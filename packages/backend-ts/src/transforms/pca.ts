import { LutraError, type PcaTransformData } from '@lutra/core';
import { maybeSubsample } from '../clustering/subsample.js';
import { multiply32, multiply64, symmetricEigen } from '../linalg/index.js';
import { Task } from '../task.js';
import { LinearTransform } from './linear.js';
import { randomRotation } from './random-rotation.js';
import { centred, crossProduct, meanRow, seedFor } from './training.js';
import { assertLength, assertTrainingRows } from './transform-checks.js';
import type { TrainContext, TransformOptions } from './vector-transform.js';

const MAX_POINTS_PER_D = 1000;
const ROTATION_SEED = 5;
const EPSILON = 2 ** -52;
const NONE: Float32Array = new Float32Array(0);

/** What a PCA is told beforehand. */
export interface PcaParameters {
  /** 0, or -0.5 to whiten. */
  readonly eigenPower: number;
  readonly randomRotation: boolean;
  /** False leaves the mean in the data, as ITQ wants it. */
  readonly centre?: boolean;
  readonly epsilon?: number;
  readonly balancedBins?: number;
}

/**
 * `PCA`, `PCAR`, `PCAW`, `PCAWR`: the projection on the directions of largest variance. Eigenvalues are those of the
 * scatter matrix, which is not divided by the number of rows, as in faiss.
 * @see `faiss/VectorTransform.cpp`, PCAMatrix; the covariance here is summed in float64
 */
export class PcaTransform extends LinearTransform {
  readonly #parameters: Required<PcaParameters>;
  #mean: Float32Array = NONE;
  #eigenvalues: Float32Array = NONE;
  #pcaMat: Float32Array = NONE;

  constructor(dIn: number, dOut: number, parameters: PcaParameters, options?: TransformOptions) {
    super(dIn, dOut, options);
    this.#parameters = { centre: true, epsilon: 0, balancedBins: 0, ...parameters };
  }

  override get trains(): boolean {
    return true;
  }

  protected override get who(): string {
    return 'pca';
  }

  override async train(x: Float32Array, n: number, context: TrainContext): Promise<void> {
    assertTrainingRows(this.who, x, n, this.dIn, this.dOut);
    if (this.#parameters.balancedBins !== 0) {
      throw new LutraError('UNSUPPORTED', 'pca: training with balanced bins is not done here', {
        feature: 'PCA with balanced bins',
        by: '@lutra/backend-ts',
      });
    }
    this.forget();
    const rows = maybeSubsample(x, this.dIn, MAX_POINTS_PER_D * this.dIn, context.seed);
    const count = rows.length / this.dIn;
    const { centre } = this.#parameters;
    this.#mean = centre ? meanRow(rows, count, this.dIn) : new Float32Array(this.dIn);
    const data = centre ? centred(rows, this.#mean, count) : rows;
    if (count >= this.dIn) await this.#fromScatter(data, count, context);
    else this.#fromGram(data, count);
    const A = this.#projection(seedFor(ROTATION_SEED, context.seed));
    this.setMatrix(A, centre ? this.#bias(A) : undefined);
    context.onProgress?.({ stage: 'pca', done: 1, total: 1 });
  }

  override toData(): PcaTransformData {
    const { eigenPower, epsilon, randomRotation: rotated, balancedBins } = this.#parameters;
    return {
      ...this.linearData(),
      kind: 'Pca',
      eigenPower,
      epsilon,
      randomRotation: rotated,
      balancedBins,
      mean: this.#mean,
      eigenvalues: this.#eigenvalues,
      pcaMat: this.#pcaMat,
      // An untrained PCA has no matrix yet but is already one with a bias.
      haveBias: this.#parameters.centre,
    };
  }

  override load(data: PcaTransformData): this {
    if (data.isTrained && data.mean.length > 0) assertLength(this.who, 'mean', data.mean, this.dIn);
    this.#mean = data.mean.slice();
    this.#eigenvalues = data.eigenvalues.slice();
    this.#pcaMat = data.pcaMat.slice();
    return super.load(data);
  }

  async #fromScatter(data: Float32Array, n: number, context: TrainContext): Promise<void> {
    const d = this.dIn;
    const task = new Task(context);
    const scatter = await crossProduct(data, data, { n, da: d, db: d }, this.fastMatmul, task);
    const { values, vectors } = symmetricEigen(scatter, d);
    await task.breathe();
    this.#eigenvalues = Float32Array.from(values);
    this.#pcaMat = Float32Array.from(vectors);
  }

  /** Fewer rows than dimensions: the eigenvectors of `X · Xᵀ`, carried over by `Xᵀ`. */
  #fromGram(data: Float32Array, n: number): void {
    const d = this.dIn;
    const gram = multiply64(data, data, { m: n, n, k: d, transposeB: true, lowerOnly: true });
    const { values, vectors } = symmetricEigen(gram, n);
    const directions = multiply64(vectors, data, { m: n, n: d, k: n });
    this.#eigenvalues = new Float32Array(d);
    this.#eigenvalues.set(values);
    this.#pcaMat = new Float32Array(n * d);
    for (let i = 0; i < n; i++) {
      const row = directions.subarray(i * d, (i + 1) * d);
      const norm = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
      for (let j = 0; j < d; j++) this.#pcaMat[i * d + j] = norm > 0 ? row[j]! / norm : 0;
    }
  }

  #projection(rotationSeed: number): Float32Array {
    const { dIn, dOut } = this;
    const scales = this.#scales();
    const rotation = this.#parameters.randomRotation ? randomRotation(dOut, dOut, rotationSeed) : undefined;
    const A = this.#pcaMat.slice(0, dOut * dIn);
    for (let i = 0; i < dOut; i++) {
      for (let j = i * dIn; j < (i + 1) * dIn; j++) A[j] = A[j]! * scales[i]!;
    }
    return rotation === undefined ? A : multiply32(rotation, A, dOut, dIn, dOut, false);
  }

  /** A factor a component; all 1 without whitening. */
  #scales(): Float64Array {
    const { eigenPower, epsilon, randomRotation: rotated } = this.#parameters;
    const scales = new Float64Array(this.dOut).fill(1);
    if (eigenPower === 0) return scales;
    const rounding = this.dIn * EPSILON * Math.max(0, this.#eigenvalues[0]!);
    for (let i = 0; i < this.dOut; i++) {
      // faiss leaves epsilon out when it rotates.
      const variance = this.#eigenvalues[i]! + (rotated ? 0 : epsilon);
      if (variance <= rounding) {
        const message = `pca: whitening ${this.dOut} components wants as many directions with variance, found ${i}`;
        throw new LutraError('ARGUMENT', message, { argument: 'x', value: i, expected: `rank ${this.dOut}` });
      }
      scales[i] = variance ** eigenPower;
    }
    return scales;
  }

  #bias(A: Float32Array): Float32Array {
    const b = new Float32Array(this.dOut);
    for (let i = 0; i < this.dOut; i++) {
      let sum = 0;
      for (let j = 0; j < this.dIn; j++) sum -= this.#mean[j]! * A[i * this.dIn + j]!;
      b[i] = sum;
    }
    return b;
  }
}
