import type { ProductQuantizerData } from '@lutra/core';
import { type RowView, viewRows } from '../clustering/row-view.js';
import { subsample } from '../clustering/subsample.js';
import { assertSame, assertSameQuantizer } from '../invariants.js';
import type { Lists } from '../invlists/lists.js';
import type { CoarseQuantizer } from '../nodes/coarse-quantizer.js';
import { residualsOf } from '../nodes/residuals.js';
import type { Task } from '../task.js';
import type { ProductQuantizer } from './product-quantizer.js';

/** Product quantizer codes of the vectors in inverted lists, or of their residuals to the list's centroid. */
export class ListQuantizer {
  readonly pq: ProductQuantizer;
  readonly coarse: CoarseQuantizer;
  readonly byResidual: boolean;
  isTrained: boolean;

  constructor(
    coarse: CoarseQuantizer,
    pq: ProductQuantizer,
    options: { byResidual: boolean; isTrained?: boolean },
  ) {
    this.coarse = coarse;
    this.pq = pq;
    this.byResidual = options.byResidual;
    this.isTrained = options.isTrained ?? false;
  }

  /** Learns from a subsample of `points`, around the centroids that the coarse quantizer has by now. */
  async train(points: RowView, task: Task): Promise<void> {
    this.isTrained = false;
    const sample = subsample(points, this.pq.maxTrainRows, task.seed);
    await this.pq.train(this.byResidual ? residualsOf(sample, this.coarse) : sample, task);
    this.isTrained = true;
  }

  /** Codes of x, `(n, d)`, where row i goes to list `assign[i]`: `(n, codeSize)` bytes. */
  encode(x: Float32Array, assign: Uint32Array): Uint8Array {
    const { d, codeSize } = this.pq;
    let rows = x;
    if (this.byResidual) {
      rows = x.slice();
      this.coarse.subtract(rows, assign);
    }
    const codes = new Uint8Array(assign.length * codeSize);
    this.pq.encode(viewRows(rows, assign.length, d), codes);
    return codes;
  }

  /** The residual of one query, `(d)`, to the centroid of `list`. */
  residual(x: Float32Array, list: number): Float32Array {
    const out = x.slice();
    this.coarse.subtract(out, Uint32Array.of(list));
    return out;
  }

  /** Writes the vector that entry `offset` of `list` stands for, `(d)`, into `out`. */
  decode(lists: Lists, list: number, offset: number, out: Float32Array): void {
    const { d, codeSize } = this.pq;
    const code = new Uint8Array(codeSize);
    lists.readCode(list, offset, code);
    this.pq.decode(code, 0, out);
    if (!this.byResidual) return;
    const centroid = this.coarse.centroid(list);
    for (let j = 0; j < d; j++) out[j]! += centroid[j]!;
  }

  /** @throws LutraError `ARGUMENT` unless `data` was trained alike */
  assertMergeable(data: { byResidual: boolean; pq: ProductQuantizerData }): void {
    assertSame('by_residual', this.byResidual, data.byResidual);
    assertSameQuantizer(this.pq.toData(), data.pq);
  }
}
