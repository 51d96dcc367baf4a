import type { IndexData, LoadContext, LoadTarget, VectorIndex } from '@lutra/core';
import type { Engine } from './engine.js';

/** Arrays that parts of an index keep as they are in the data: vectors, codes, ids, centroids and links, by their paths. */
const KEPT = /(^|\.)(vectors|centroids|refineCodes|hnsw\.neighbors|(codes|ids)(\[\d+\])?)$/;

/**
 * Where the engine wants the arrays of an index: in the memory that the index will have. Only in shared memory, whose
 * growth moves nothing; elsewhere arrays are copied when the index is loaded.
 */
export function loadTarget(
  engine: Engine,
  load: (data: IndexData, context: LoadContext) => VectorIndex,
): LoadTarget {
  const { memory } = engine;
  const shared = engine.kernels.handle !== undefined;
  return {
    allocate(bytes, { path }): Uint8Array | undefined {
      if (!shared || bytes === 0 || !KEPT.test(path)) return undefined;
      const array = memory.u8(memory.alloc(bytes), bytes);
      engine.giveOver(array);
      return array;
    },
    async load(data, context = {}): Promise<VectorIndex> {
      const index = load(data, context);
      engine.freeGiven();
      return index;
    },
  };
}
