export type { TsBackendOptions } from './backend.js';
export { ts } from './backend.js';
export type { MiniBatchKmeansOptions } from './clustering/mini-batch-kmeans.js';
export { miniBatchKmeans } from './clustering/mini-batch-kmeans.js';
export { randPerm } from './random/rand-perm.js';
export type { WorkerLike } from './threads/node-threads.js';
