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
} from './contract.js';
export { FLOAT_KEYS, reservoirBytes, reservoirKeys, reservoirPositions } from './contract.js';
export { loadKernels } from './load-kernels.js';
