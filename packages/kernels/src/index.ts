export { attachKernels } from './attach-kernels.js';
export type {
  AttachedKernels,
  GraphKernels,
  KernelArena,
  KernelHandle,
  KernelLevel,
  KernelMemory,
  KernelSet,
  Kernels,
  LoadKernelsOptions,
  NodeDistance,
  Ptr,
} from './contract.js';
export {
  FLOAT_KEYS,
  HNSW_WORDS,
  hnswLinkBytes,
  hnswMergeBytes,
  hnswSearchBytes,
  reservoirBytes,
  reservoirKeys,
  reservoirPositions,
} from './contract.js';
export { loadKernels } from './load-kernels.js';
export { MEMORY_LIMIT } from './memory/memory-host.js';
export { SCRATCH_SKETCH_SELECT } from './sketch-contract.js';
export type { ScalarCode } from './sq-contract.js';
export { SCALAR_CODES } from './sq-contract.js';
