import type { FastScanFields, Metric, PqFastScanData } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import type { TableQuantizer } from '../fast-scan/table-quantizer.js';
import { assertSameQuantizer } from '../invariants.js';
import type { ProductQuantizer } from '../quantizers/product-quantizer.js';
import { QuantizerCoder } from '../quantizers/row-coder.js';
import { type FastScanClass, FastScanNode } from './fast-scan.js';

/** The tables of a product quantizer of 4 bits. */
class PqTables extends QuantizerCoder<ProductQuantizer> implements TableQuantizer {
  get M(): number {
    return this.quantizer.M;
  }

  fillLut(metric: Metric, x: Ptr, lut: Ptr): void {
    this.quantizer.fillLut(metric, x, lut);
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
