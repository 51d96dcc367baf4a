import { gatherRows, type RowView, viewRows } from '../clustering/row-view.js';
import type { FlatNode } from './flat.js';

/** Subtracts from each row of x, `(n, d)`, the centroid `assign[i]`, in float32 and in place. */
export function subtractCentroids(
  x: Float32Array,
  assign: Uint32Array,
  centroids: Float32Array,
  d: number,
): void {
  for (let i = 0; i < assign.length; i++) {
    const c = assign[i]! * d;
    for (let j = 0; j < d; j++) x[i * d + j]! -= centroids[c + j]!;
  }
}

/** The rows of `points` minus their nearest centroids: what an encoder by residual learns from. */
export function residualsOf(points: RowView, quantizer: FlatNode): RowView {
  const { n, d } = points;
  const x = new Float32Array(n * d);
  gatherRows(points, 0, n, x);
  const assign = new Uint32Array(n);
  quantizer.assign(x, n, assign);
  subtractCentroids(x, assign, quantizer.vectors, d);
  return viewRows(x, n, d);
}
