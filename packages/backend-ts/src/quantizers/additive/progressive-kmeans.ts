import { kmeans } from '../../clustering/kmeans.js';
import type { Engine } from '../../engine.js';
import { kernelMatmul } from '../../kernel-matmul.js';
import type { Task } from '../../task.js';
import { PcaTransform } from '../../transforms/pca.js';

const STEPS = 10;
const ITERATIONS = 10;

/**
 * `k` centroids of x, `(n, d)`, by a k-means in growing dimensions: in the first principal axis, then in more and more of
 * them, each starting from the centroids of the one before. Without `progressive` a plain k-means.
 * @see faiss/Clustering.cpp, ProgressiveDimClustering
 */
export async function progressiveKmeans(
  engine: Engine,
  x: Float32Array,
  shape: { n: number; d: number; k: number; progressive: boolean },
  task: Task,
): Promise<Float32Array> {
  const { n, d, k } = shape;
  const options = { k, niter: ITERATIONS, seed: task.seed, metric: 'l2' as const, spherical: false };
  const view = (data: Float32Array, columns: number) => ({ data, n, d: columns, stride: d, offset: 0 });
  if (!shape.progressive) return kmeans(engine, view(x, d), options, task);
  const parameters = { eigenPower: 0, randomRotation: false };
  const pca = new PcaTransform(d, d, parameters, { matmul: kernelMatmul(engine) });
  await pca.train(x, n, { seed: task.seed, ...(task.signal && { signal: task.signal }) });
  const y = pca.apply(x.subarray(0, n * d), n);
  let centroids = new Float32Array(0);
  for (let step = 0, before = 0; step < STEPS; step++) {
    const columns = Math.trunc(d ** ((1 + step) / STEPS));
    const initial = before > 0 ? widened(centroids, k, before, columns) : undefined;
    const how = { ...options, ...(initial && { initial }) };
    centroids = (await kmeans(engine, view(y, columns), how, task)) as Float32Array<ArrayBuffer>;
    before = columns;
  }
  engine.release('matmul.');
  return pca.reverse(centroids, k);
}

/** Rows of `from` columns as rows of `to`, zeros behind. */
function widened(rows: Float32Array, k: number, from: number, to: number): Float32Array {
  const out = new Float32Array(k * to);
  for (let i = 0; i < k; i++) out.set(rows.subarray(i * from, (i + 1) * from), i * to);
  return out;
}
