import { gatherRows, type RowView, viewRows } from '../clustering/row-view.js';
import { subsample } from '../clustering/subsample.js';
import type { CoarseQuantizer } from '../nodes/coarse-quantizer.js';
import { residualsOf } from '../nodes/residuals.js';
import type { Task } from '../task.js';
import { ListQuantizer } from './list-quantizer.js';
import type { ProductQuantizer } from './product-quantizer.js';
import { encodeRows } from './row-coder.js';

/** Rows a centroid that the second quantizer learns from, at most. */
const POINTS_PER_CENTROID = 1000;

/** Residual codes of inverted lists, and a second product quantizer of what they leave. @see faiss/IndexIVFPQR.cpp */
export class RefinedListQuantizer extends ListQuantizer {
  readonly refinePq: ProductQuantizer;

  constructor(
    coarse: CoarseQuantizer,
    pq: ProductQuantizer,
    refinePq: ProductQuantizer,
    options: { byResidual?: boolean; isTrained?: boolean } = {},
  ) {
    super(coarse, pq, { byResidual: true, ...options });
    this.refinePq = refinePq;
  }

  override async train(points: RowView, task: Task): Promise<void> {
    const { pq, refinePq } = this;
    this.isTrained = false;
    const most = Math.max(pq.maxTrainRows, POINTS_PER_CENTROID * refinePq.ksub);
    const sample = subsample(points, most, task.seed);
    const residuals = this.byResidual ? residualsOf(sample, this.coarse) : sample;
    await pq.train(residuals, task);
    const codes = new Uint8Array(sample.n * pq.codeSize);
    pq.encode(residuals, codes);
    const rows = new Float32Array(sample.n * pq.d);
    gatherRows(residuals, 0, sample.n, rows);
    this.#subtractCodes(rows, codes);
    const rest = viewRows(rows, sample.n, pq.d);
    await refinePq.train(rest, task, { maxPointsPerCentroid: POINTS_PER_CENTROID });
    this.isTrained = true;
  }

  /** Codes of what {@link encode}, which made `codes`, leaves of each row of x: `(n, refinePq.codeSize)` bytes. */
  encodeRest(x: Float32Array, assign: Uint32Array, codes: Uint8Array): Uint8Array {
    const rows = x.slice();
    if (this.byResidual) this.coarse.subtract(rows, assign);
    this.#subtractCodes(rows, codes);
    return encodeRows(this.refinePq, rows, assign.length);
  }

  #subtractCodes(rows: Float32Array, codes: Uint8Array): void {
    const { d, codeSize } = this.pq;
    const y = new Float32Array(d);
    for (let at = 0, row = 0; row < rows.length; at += codeSize, row += d) {
      this.pq.decode(codes, at, y);
      for (let j = 0; j < d; j++) rows[row + j]! -= y[j]!;
    }
  }
}
