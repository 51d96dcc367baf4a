import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import type { CoarseQuantizer } from '../nodes/coarse-quantizer.js';
import type { Probes } from '../nodes/list-codec.js';
import type { ProductQuantizer } from '../quantizers/product-quantizer.js';
import type { ResidualLuts } from './quantize-lut.js';

/** Above this many bytes, an eighth of what an index can have, the per-list parts are made anew for each query. */
const MAX_TABLE_BYTES = 2 ** 29;

/**
 * Tables of residual codes under l2: `‖q - C - r‖² = ‖q - C‖² + (‖r‖² + 2 <C, r>) - 2 <q, r>`. The bracket depends on
 * the list and the code alone and is kept from its first use; sums are in faiss's order.
 * @see faiss/IndexIVFPQ.cpp, initialize_IVFPQ_precomputed_table
 */
export class ResidualTables {
  readonly #engine: Engine;
  readonly #pq: ProductQuantizer;
  readonly #quantizer: CoarseQuantizer;
  /** The brackets, f32 `(nlist, M, ksub)` in kernel memory, and which lists have been asked for. */
  #perList: Ptr = 0;
  #made: Uint8Array = new Uint8Array(0);
  #norms: Float32Array | undefined;

  constructor(engine: Engine, pq: ProductQuantizer, quantizer: CoarseQuantizer) {
    this.#engine = engine;
    this.#pq = pq;
    this.#quantizer = quantizer;
  }

  /** Forgets everything; the centroids have changed. */
  clear(): void {
    this.#engine.memory.free(this.#perList);
    this.#perList = 0;
    this.#norms = undefined;
  }

  /** Whether the brackets are kept, by their size alone: rounding depends on it. */
  get kept(): boolean {
    return this.#quantizer.ntotal * this.#bytes <= MAX_TABLE_BYTES;
  }

  /** What the tables of a query to its probes are made of, without the coarse term; in scratch memory. */
  forQuery(query: Ptr, probes: Probes): ResidualLuts {
    const engine = this.#engine;
    const { count } = probes;
    const bytes = this.#bytes;
    const keep = this.kept;
    const anew = keep ? 0 : engine.scratch('fs.parts', count * bytes);
    const parts = engine.scratch('fs.partsOf', Math.max(1, count) * 4);
    const products = engine.scratch('fs.products', bytes);
    for (let j = 0; j < count; j++) {
      const list = probes.lists[j]!;
      const ptr = keep ? this.#ofList(list) : this.#fill(list, anew + j * bytes);
      engine.words[(parts >>> 2) + j] = ptr;
    }
    this.#pq.fillLut('ip', this.#twice(query), products);
    return { parts, products };
  }

  /** Twice the query, whose products are then twice its own, to the bit. */
  #twice(query: Ptr): Ptr {
    const engine = this.#engine;
    const { d } = this.#pq;
    const out = engine.scratch('fs.twice', d * 4);
    const { floats } = engine;
    for (let i = 0; i < d; i++) floats[(out >>> 2) + i] = 2 * floats[(query >>> 2) + i]!;
    return out;
  }

  get #bytes(): number {
    return this.#pq.M * this.#pq.ksub * 4;
  }

  #ofList(list: number): Ptr {
    const nlist = this.#quantizer.ntotal;
    if (this.#perList === 0) {
      this.#perList = this.#engine.memory.alloc(nlist * this.#bytes);
      this.#made = new Uint8Array(nlist);
    }
    const ptr = this.#perList + list * this.#bytes;
    if (this.#made[list] === 0) this.#fill(list, ptr);
    this.#made[list] = 1;
    return ptr;
  }

  /** Writes the bracket of a list to `out`. */
  #fill(list: number, out: Ptr): Ptr {
    const engine = this.#engine;
    const centroid = this.#quantizer.centroid(list).slice();
    this.#pq.fillLut('ip', engine.scratchOf('fs.centroid', centroid), out);
    this.#norms ??= this.#centroidNorms();
    const table = engine.memory.f32(out, this.#norms.length);
    for (let i = 0; i < table.length; i++) table[i] = this.#norms[i]! + 2 * table[i]!;
    return out;
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
