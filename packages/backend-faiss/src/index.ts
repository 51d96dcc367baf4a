import type { Backend } from '@lutra/core';
import { faiss } from './backend.js';

export { faiss } from './backend.js';
export type { FaissBackendOptions } from './options.js';

/** For whoever imports a backend by the name of its package: the command line. */
const backend: Backend = faiss();
export default backend;
