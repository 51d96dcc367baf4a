import type { GraphKernels, NodeDistance } from '../contract.js';
import type { LinearMemory } from '../memory/linear-memory.js';
import { hnswLink, hnswMerge } from './hnsw-build.js';
import { hnswRange, hnswSearch } from './hnsw-search.js';

/** @see Kernels.graphBy */
export function graphKernels(memory: LinearMemory, distance: NodeDistance): GraphKernels {
  return {
    hnswSearch: (...a) => hnswSearch(memory, ...a, distance),
    hnswRange: (...a) => hnswRange(memory, ...a, distance),
    hnswLink: (g, x, id, level) => hnswLink(memory, g, x, id, level, distance),
    hnswMerge: (g, node, level, incoming, n) => hnswMerge(memory, g, node, level, incoming, n, distance),
  };
}
