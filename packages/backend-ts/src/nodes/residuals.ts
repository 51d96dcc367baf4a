import { gatherRows, type RowView, viewRows } from '../clustering/row-view.js';
import type { CoarseQuantizer } from './coarse-quantizer.js';

/** The rows of `points` minus their nearest centroids: what an encoder by residual learns from. */
export function residualsOf(points: RowView, quantizer: CoarseQuantizer): RowView {
  const { n, d } = points;
  const x = new Float32Array(n * d);
  gatherRows(points, 0, n, x);
  const assign = new Uint32Array(n);
  quantizer.assign(x, n, assign);
  quantizer.subtract(x, assign);
  return viewRows(x, n, d);
}
