// What the benchmarks take from the packages of a checkout; bundle.mjs makes one module of it.
export { exactSearch, latencyPercentiles, recallAtK } from '@lutra/metrics';
export { readRows } from '@lutra/npy';
export { openNpyFile, openNpyFolder, readNpyFile, writeNpyFile } from '@lutra/npy/node';
export { formatFactory, indexFactory, ts } from 'lutra';
export { readIndexFile, writeIndexFile } from 'lutra/node';
