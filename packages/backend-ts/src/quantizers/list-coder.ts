import type { RowView } from '../clustering/row-view.js';
import { subsample } from '../clustering/subsample.js';
import type { Lists } from '../invlists/lists.js';
import type { CoarseQuantizer } from '../nodes/coarse-quantizer.js';
import { residualsOf } from '../nodes/residuals.js';
import type { Task } from '../task.js';
import { encodeRows, type RowQuantizer } from './row-coder.js';

/** The codes of the vectors in inverted lists, or of their residuals to the list's centroid. */
export class ListCoder<Q extends RowQuantizer> {
  readonly quantizer: Q;
  readonly coarse: CoarseQuantizer;
  readonly byResidual: boolean;
  isTrained: boolean;

  constructor(coarse: CoarseQuantizer, quantizer: Q, options: { byResidual: boolean; isTrained?: boolean }) {
    this.coarse = coarse;
    this.quantizer = quantizer;
    this.byResidual = options.byResidual;
    this.isTrained = options.isTrained ?? false;
  }

  /** Learns from a subsample of `points`, around the centroids that the coarse quantizer has by now. */
  async train(points: RowView, task: Task): Promise<void> {
    this.isTrained = false;
    const { maxTrainRows } = this.quantizer;
    if (maxTrainRows > 0) {
      const sample = subsample(points, maxTrainRows, task.seed);
      await this.quantizer.train(this.byResidual ? residualsOf(sample, this.coarse) : sample, task);
    }
    this.isTrained = true;
  }

  /** Codes of x, `(n, d)`, where row i goes to list `assign[i]`: `(n, codeSize)` bytes. */
  encode(x: Float32Array, assign: Uint32Array): Uint8Array {
    let rows = x;
    if (this.byResidual) {
      rows = x.slice();
      this.coarse.subtract(rows, assign);
    }
    return encodeRows(this.quantizer, rows, assign.length);
  }

  /** The residual of one query, `(d)`, to the centroid of `list`. */
  residual(x: Float32Array, list: number): Float32Array {
    const out = x.slice();
    this.coarse.subtract(out, Uint32Array.of(list));
    return out;
  }

  /** Writes the vector that entry `offset` of `list` stands for, `(d)`, into `out`. */
  decode(lists: Lists, list: number, offset: number, out: Float32Array): void {
    const { d, codeSize } = this.quantizer;
    const code = new Uint8Array(codeSize);
    lists.readCode(list, offset, code);
    this.quantizer.decode(code, 0, out);
    if (!this.byResidual) return;
    const centroid = this.coarse.centroid(list);
    for (let j = 0; j < d; j++) out[j]! += centroid[j]!;
  }
}
