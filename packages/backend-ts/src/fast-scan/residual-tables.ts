import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import type { CoarseQuantizer } from '../nodes/coarse-quantizer.js';
import type { Probes } from '../nodes/list-codec.js';
import type { ProductQuantizer } from '../quantizers/product-quantizer.js';

/** Above this many bytes the per-list parts are made anew for each query, as faiss does without its tables. */
const MAX_TABLE_BYTES = 2 ** 31;

/**
 * Tables of residual codes under l2: `‖q - C - r‖² = ‖q - C‖² + (‖r‖² + 2 <C, r>) - 2 <q, r>`. The bracket depends on
 * the list and the code alone and is kept from its first use; sums are in faiss's order.
 * @see faiss/IndexIVFPQ.cpp, initialize_IVFPQ_precomputed_table
 */
export class ResidualTables {
  readonly #engine: Engine;
  readonly #pq: ProductQuantizer;
  readonly #quantizer: CoarseQuantizer;
  #perList: (Float32Array | undefined)[] = [];
  #norms: Float32Array | undefined;

  constructor(engine: Engine, pq: ProductQuantizer, quantizer: CoarseQuantizer) {
    this.#engine = engine;
    this.#pq = pq;
    this.#quantizer = quantizer;
  }

  /** Forgets everything; the centroids have changed. */
  clear(): void {
    this.#perList = [];
    this.#norms = undefined;
  }

  /** The float tables of a query, `(probes.count, M, ksub)` in scratch memory, without the coarse term. */
  forQuery(query: Ptr, probes: Probes): Ptr {
    const size = this.#pq.M * this.#pq.ksub;
    const products = this.#products(query);
    const parts = Array.from({ length: probes.count }, (_, j) => this.#ofList(probes.lists[j]!));
    const at = this.#engine.scratch('fs.luts', Math.max(1, probes.count) * size * 4);
    const out = this.#engine.memory.f32(at, probes.count * size);
    for (let j = 0; j < probes.count; j++) {
      const part = parts[j]!;
      for (let i = 0; i < size; i++) out[j * size + i] = part[i]! - 2 * products[i]!;
    }
    return at;
  }

  #products(x: Ptr): Float32Array {
    const size = this.#pq.M * this.#pq.ksub;
    const lut = this.#engine.scratch('fs.products', size * 4);
    this.#pq.fillLut('ip', x, lut);
    return this.#engine.memory.f32(lut, size).slice();
  }

  #ofList(list: number): Float32Array {
    const known = this.#perList[list];
    if (known) return known;
    const { M, ksub } = this.#pq;
    const centroid = this.#quantizer.centroid(list).slice();
    const table = this.#products(this.#engine.scratchOf('fs.centroid', centroid));
    this.#norms ??= this.#centroidNorms();
    for (let i = 0; i < table.length; i++) table[i] = this.#norms[i]! + 2 * table[i]!;
    if (this.#quantizer.ntotal * M * ksub * 4 <= MAX_TABLE_BYTES) this.#perList[list] = table;
    return table;
  }

  /** Summed with fused multiply-adds, as faiss's AVX code does. */
  #centroidNorms(): Float32Array {
    const { M, ksub, dsub, centroids } = this.#pq;
    return Float32Array.from({ length: M * ksub }, (_, i) => {
      let sum = 0;
      for (let j = i * dsub; j < (i + 1) * dsub; j++) sum = Math.fround(sum + centroids[j]! * centroids[j]!);
      return sum;
    });
  }
}
