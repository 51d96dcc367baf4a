import { type ItqMatrixData, type ItqTransformData, LutraError } from '@lutra/core';
import { maybeSubsample } from '../clustering/subsample.js';
import { multiply32, polarRows } from '../linalg/index.js';
import { Task } from '../task.js';
import { normaliseRows } from './l2-norm.js';
import { LinearTransform } from './linear.js';
import { PcaTransform } from './pca.js';
import { randomRotation } from './random-rotation.js';
import { centred, crossProduct, meanRow, project, seedFor, transposed } from './training.js';
import { assertLength, assertRows, assertTrained, assertTrainingRows } from './transform-checks.js';
import type { TrainContext, TransformOptions, VectorTransform } from './vector-transform.js';

const MAX_ITER = 50;
const FAISS_SEED = 123;
const MAX_TRAIN_PER_D = 10;
const MIN_TRAIN_LIMIT = 32768;

/** The rotation inside ITQ, `y = A · x`: rounds of taking signs and of turning the vectors towards them. */
export class ItqMatrix extends LinearTransform {
  #maxIter = MAX_ITER;
  #seed = FAISS_SEED;

  constructor(d: number, options?: TransformOptions) {
    super(d, d, options);
  }

  override get trains(): boolean {
    return true;
  }

  protected override get who(): string {
    return 'itq';
  }

  override async train(x: Float32Array, n: number, context: TrainContext): Promise<void> {
    const d = this.dIn;
    assertTrainingRows(this.who, x, n, d, 1);
    this.forget();
    this.#seed = seedFor(FAISS_SEED, context.seed);
    const task = new Task(context);
    let A = transposed(randomRotation(d, d, this.#seed), d, d);
    for (let iter = 0; iter < this.#maxIter; iter++) {
      const signs = await project(x, A, { n, d, m: d }, this.matmul, task);
      for (let i = 0; i < signs.length; i++) signs[i] = signs[i]! < 0 ? -1 : 1;
      const cross = await crossProduct(signs, x, { n, da: d, db: d }, this.fastMatmul, task);
      A = Float32Array.from(polarRows(cross, d, d));
      context.onProgress?.({ stage: 'itq', done: iter + 1, total: this.#maxIter });
      await task.breathe();
    }
    this.setMatrix(A);
  }

  override toData(): ItqMatrixData {
    return { ...this.linearData(), kind: 'ItqMatrix', maxIter: this.#maxIter, seed: this.#seed };
  }

  override load(data: ItqMatrixData): this {
    this.#maxIter = data.maxIter;
    this.#seed = data.seed;
    return super.load(data);
  }
}

/**
 * `ITQ`: centres, normalises, projects (with `doPca`) and rotates vectors so that taking the signs of the components
 * loses least.
 *
 * The rotation is updated as in the paper. faiss multiplies the two factors of its singular value decomposition the
 * other way round, and its rotation hardly betters the random one that it starts from.
 * @see Gong et al. 2013, "Iterative quantization", §2.2; `faiss/VectorTransform.cpp`, ITQTransform
 */
export class ItqTransform implements VectorTransform {
  readonly dIn: number;
  readonly dOut: number;
  readonly doPca: boolean;
  readonly trains = true;
  isTrained = false;
  readonly #options: TransformOptions;
  readonly #itq: ItqMatrix;
  readonly #projection: LinearTransform;
  #mean: Float32Array = new Float32Array(0);

  constructor(dIn: number, dOut: number, doPca: boolean, options: TransformOptions = {}) {
    this.dIn = dIn;
    this.dOut = dOut;
    this.doPca = doPca;
    this.#options = options;
    this.#itq = new ItqMatrix(dOut, options);
    this.#projection = new LinearTransform(dIn, dOut, options);
  }

  async train(x: Float32Array, n: number, context: TrainContext): Promise<void> {
    assertTrainingRows('itq', x, n, this.dIn, this.doPca ? this.dOut : 1);
    this.isTrained = false;
    const limit = Math.max(MAX_TRAIN_PER_D * this.dIn, MIN_TRAIN_LIMIT);
    const rows = maybeSubsample(x, this.dIn, limit, context.seed);
    const count = rows.length / this.dIn;
    this.#mean = meanRow(rows, count, this.dIn);
    const unit = normaliseRows(centred(rows, this.#mean, count), this.dIn);
    if (this.doPca) {
      const parameters = { eigenPower: 0, randomRotation: false, centre: false };
      const pca = new PcaTransform(this.dIn, this.dOut, parameters, this.#options);
      await pca.train(unit, count, context);
      await this.#itq.train(pca.apply(unit, count), count, context);
      const rotation = this.#itq.toData().A;
      const components = pca.toData().A;
      this.#projection.setMatrix(multiply32(rotation, components, this.dOut, this.dIn, this.dOut, false));
    } else {
      await this.#itq.train(unit, count, context);
      this.#projection.setMatrix(this.#itq.toData().A.slice());
    }
    this.isTrained = true;
  }

  apply(x: Float32Array, n: number): Float32Array {
    assertTrained('itq', this.isTrained);
    assertRows('itq', x, n, this.dIn);
    return this.#projection.apply(normaliseRows(centred(x, this.#mean, n), this.dIn), n);
  }

  /** @throws LutraError `UNSUPPORTED` always: the lengths of the vectors are gone, and faiss has no way back either */
  reverse(_y: Float32Array, _n: number): Float32Array {
    throw new LutraError('UNSUPPORTED', 'itq: has no way back', { feature: 'reverse of ITQ', by: 'faiss' });
  }

  toData(): ItqTransformData {
    return {
      kind: 'Itq',
      dIn: this.dIn,
      dOut: this.dOut,
      isTrained: this.isTrained,
      mean: this.#mean,
      doPca: this.doPca,
      itq: this.#itq.toData(),
      pcaThenItq: this.#projection.linearData(),
    };
  }

  /** Takes copies of what a file holds. @throws LutraError `SHAPE` */
  load(data: ItqTransformData): this {
    if (data.isTrained) assertLength('itq', 'mean', data.mean, this.dIn);
    this.#mean = data.mean.slice();
    this.#itq.load(data.itq);
    this.#projection.load(data.pcaThenItq);
    this.isTrained = data.isTrained;
    return this;
  }
}
