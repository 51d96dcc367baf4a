import type { FastScanFields, Metric, PqFastScanData } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { type RowView, viewRows } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import type { TableQuantizer } from '../fast-scan/table-quantizer.js';
import { assertSameQuantizer } from '../invariants.js';
import type { ProductQuantizer } from '../quantizers/product-quantizer.js';
import type { Task } from '../task.js';
import { type FastScanClass, FastScanNode } from './fast-scan.js';

/** The tables of a product quantizer of 4 bits. */
class PqTables implements TableQuantizer {
  readonly pq: ProductQuantizer;
  isTrained: boolean;

  constructor(pq: ProductQuantizer, isTrained: boolean) {
    this.pq = pq;
    this.isTrained = isTrained;
  }

  get d(): number {
    return this.pq.d;
  }

  get M(): number {
    return this.pq.M;
  }

  get codeSize(): number {
    return this.pq.codeSize;
  }

  async train(points: RowView, task: Task): Promise<void> {
    this.isTrained = false;
    await this.pq.train(points, task);
    this.isTrained = true;
  }

  encode(x: Float32Array, n: number): Uint8Array {
    const codes = new Uint8Array(n * this.codeSize);
    this.pq.encode(viewRows(x, n, this.d), codes);
    return codes;
  }

  decode(codes: Uint8Array, at: number, out: Float32Array): void {
    this.pq.decode(codes, at, out);
  }

  fillLut(metric: Metric, x: Ptr, lut: Ptr): void {
    this.pq.fillLut(metric, x, lut);
  }
}

/** IndexPQFastScan, in the state of `data` if there is any. @see faiss/IndexPQFastScan.cpp */
export function pqFastScan(
  engine: Engine,
  pq: ProductQuantizer,
  metric: Metric,
  options: Pick<FastScanFields, 'bbs'> | PqFastScanData,
): FastScanNode<PqFastScanData> {
  const data = 'kind' in options ? options : undefined;
  const own: FastScanClass<PqFastScanData> = {
    kind: 'PqFastScan',
    quantizer: new PqTables(pq, data?.isTrained ?? false),
    assertMergeable: (other) => assertSameQuantizer(pq.toData(), other.pq),
    toData: (header, fields) => ({ kind: 'PqFastScan', ...header, ...fields, pq: pq.toData() }),
  };
  return new FastScanNode(engine, own, metric, options, data);
}
