export { attachKernels } from './attach-kernels.js';
export type {
  AttachedKernels,
  KernelArena,
  KernelHandle,
  KernelLevel,
  KernelMemory,
  KernelSet,
  Kernels,
  LoadKernelsOptions,
  Ptr,
  ScalarCode,
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
  SCALAR_CODES,
} from './contract.js';
export { loadKernels } from './load-kernels.js';
export { MEMORY_LIMIT } from './memory/memory-host.js';
