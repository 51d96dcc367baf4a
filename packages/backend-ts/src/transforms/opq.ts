import { LutraError, type ProductQuantizerData } from '@lutra/core';
import { maybeSubsample } from '../clustering/subsample.js';
import { polarRows } from '../linalg/index.js';
import { Task } from '../task.js';
import { LinearTransform } from './linear.js';
import { randomRotation } from './random-rotation.js';
import { centred, crossProduct, meanRow, project } from './training.js';
import { assertTrainingRows } from './transform-checks.js';
import type { PqTools, TrainContext, TransformOptions } from './vector-transform.js';

const NITER = 50;
/** k-means iterations of the first round, and of each later one, which starts from the centroids before. */
const NITER_PQ_FIRST = 40;
const NITER_PQ = 4;
const NBITS = 8;
const MAX_TRAIN_POINTS = 65536;
const MAX_POINTS_PER_CENTROID = 1000;

/**
 * `OPQ`: the rotation (and projection) under which a product quantizer with `M` parts loses least. Rounds of: rotate,
 * train the quantizer, find the rotation that brings the vectors nearest to what it remembers of them.
 *
 * Without its non-parametric start from PCA: it begins, as faiss does, with a random rotation.
 * @see Ge et al. 2013, "Optimized product quantization", §3.1; `faiss/VectorTransform.cpp`, OPQMatrix::train
 */
export class OpqTransform extends LinearTransform {
  readonly M: number;

  constructor(dIn: number, dOut: number, M: number, options?: TransformOptions) {
    super(dIn, dOut, options);
    this.M = M;
  }

  override get trains(): boolean {
    return true;
  }

  protected override get who(): string {
    return 'opq';
  }

  override async train(x: Float32Array, n: number, context: TrainContext): Promise<void> {
    assertTrainingRows(this.who, x, n, this.dIn, 2 ** NBITS);
    const pq = context.pq;
    if (pq === undefined) {
      throw new LutraError('ARGUMENT', 'opq: training wants a product quantizer in its context', {
        argument: 'context.pq',
      });
    }
    this.forget();
    const { seed } = context;
    const rows = maybeSubsample(x, this.dIn, MAX_TRAIN_POINTS, seed);
    // A wider output pads the vectors with zeros; the columns that meet them are dropped at the end.
    const d = Math.max(this.dIn, this.dOut);
    const count = rows.length / this.dIn;
    const data = centred(rows, meanRow(rows, count, this.dIn), count, d);
    const rotation = await this.#fit(
      data,
      d,
      randomRotation(d, d, seed).subarray(0, this.dOut * d),
      pq,
      context,
    );
    this.setMatrix(firstColumns(rotation, this.dOut, d, this.dIn));
  }

  async #fit(
    data: Float32Array,
    d: number,
    start: Float32Array,
    tools: PqTools,
    context: TrainContext,
  ): Promise<Float32Array> {
    const { dOut, M } = this;
    const n = data.length / d;
    const task = new Task(context);
    let rotation = start;
    let centroids: Float32Array | undefined;
    for (let iter = 0; iter < NITER; iter++) {
      const projected = await project(data, rotation, { n, d, m: dOut }, this.matmul, task);
      centroids = await tools.train(projected, n, {
        d: dOut,
        M,
        nbits: NBITS,
        niter: iter === 0 ? NITER_PQ_FIRST : NITER_PQ,
        seed: context.seed,
        maxPointsPerCentroid: MAX_POINTS_PER_CENTROID,
        initialCentroids: centroids,
        signal: context.signal,
      });
      const pq: ProductQuantizerData = { d: dOut, M, nbits: NBITS, centroids };
      const remembered = await tools.decode(pq, await tools.encode(pq, projected, n), n);
      const cross = await crossProduct(remembered, data, { n, da: dOut, db: d }, this.fastMatmul, task);
      rotation = Float32Array.from(polarRows(cross, dOut, d));
      context.onProgress?.({ stage: 'opq', done: iter + 1, total: NITER });
      await task.breathe();
    }
    return rotation;
  }
}

function firstColumns(a: Float32Array, rows: number, columns: number, kept: number): Float32Array {
  const out = new Float32Array(rows * kept);
  for (let i = 0; i < rows; i++) out.set(a.subarray(i * columns, i * columns + kept), i * kept);
  return out;
}
