import type { ProductQuantizerData } from '@lutra/core';
import { assertSame, assertSameQuantizer } from '../invariants.js';
import { ListCoder } from './list-coder.js';
import type { ProductQuantizer } from './product-quantizer.js';

/** Product quantizer codes of the vectors in inverted lists, or of their residuals to the list's centroid. */
export class ListQuantizer extends ListCoder<ProductQuantizer> {
  get pq(): ProductQuantizer {
    return this.quantizer;
  }

  /** @throws LutraError `ARGUMENT` unless `data` was trained alike */
  assertMergeable(data: { byResidual: boolean; pq: ProductQuantizerData }): void {
    assertSame('by_residual', this.byResidual, data.byResidual);
    assertSameQuantizer(this.pq.toData(), data.pq);
  }
}
