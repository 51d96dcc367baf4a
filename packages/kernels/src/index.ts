export type { KernelLevel, KernelMemory, KernelSet, Kernels, LoadKernelsOptions, Ptr } from './contract.js';
export { loadKernels } from './load-kernels.js';
